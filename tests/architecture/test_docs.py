"""The documents say what is there."""

import re
from pathlib import Path

import pytest

from hazardlens.model.taxonomy import Category, Urgency
from support.project import PACKAGE_FOLDERS, REPO, files_below, package_of, pyproject

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
MAKE = re.compile(r"(?<![\w-])make ([a-z]+)(?![\w-])")
CODE = re.compile(r"(?ms)^```.*?^```|^    .+?$|`[^`\n]+`")
DOCUMENTS = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md"), *(REPO / "datasets").rglob("*.md")])
DECISIONS = sorted((REPO / "docs" / "adr").glob("[0-9]*.md"))


def _name(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = LINK.findall(path.read_text("utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", DECISIONS, ids=_name)
def test_a_decision_is_listed_and_has_its_parts(path: Path) -> None:
    text = path.read_text("utf-8")
    assert f"]({path.name})" in (REPO / "docs/adr/README.md").read_text("utf-8")
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"(?m)^## (.+)$", text)[:3] == ["Context", "Decision", "Status"]


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert numbers
    assert len(numbers) == len(set(numbers))


def _targets_of_the_makefile() -> set[str]:
    return set(re.findall(r"(?m)^([a-z-]+):", (REPO / "Makefile").read_text("utf-8")))


@pytest.mark.parametrize("path", [*DOCUMENTS, REPO / ".ci/run"], ids=_name)
def test_every_make_command_that_is_named_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    code = CODE.findall(text) if path.suffix == ".md" else [text]
    named = {target for block in code for target in MAKE.findall(block)}
    assert named <= _targets_of_the_makefile()


def test_continuous_integration_runs_what_the_readme_tells() -> None:
    runs = set(MAKE.findall((REPO / ".ci/run").read_text("utf-8")))
    told = (REPO / "README.md").read_text("utf-8") + (REPO / "CONTRIBUTING.md").read_text("utf-8")
    assert runs == {"check", "test"}
    assert runs <= set(MAKE.findall(told))
    assert {"run", "test"} <= set(MAKE.findall((REPO / "README.md").read_text("utf-8")))


def test_the_architecture_page_names_every_package() -> None:
    text = (REPO / "docs/architecture.md").read_text("utf-8")
    packages = {package_of(path.parent) for name in PACKAGE_FOLDERS for path in files_below(name, "*.py")}
    assert [package for package in sorted(packages) if f"`{package}`" not in text] == []


def test_the_changelog_tells_of_this_version() -> None:
    version = pyproject()["project"]["version"]
    assert f"## {version}" in (REPO / "CHANGELOG.md").read_text("utf-8")


def test_the_page_on_dependencies_names_each_one() -> None:
    project = pyproject()["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[~<>=\[]", need)[0] for group in groups for need in group}
    text = (REPO / "docs/adr/0004-dependencies-and-licences.md").read_text("utf-8")
    assert sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)) == []


def test_the_glossary_explains_every_category_and_urgency() -> None:
    text = (REPO / "docs/glossary.md").read_text("utf-8")
    assert [word.value for word in (*Category, *Urgency) if f"`{word.value}`" not in text] == []
