"""What the service is made of: licences that fit, a bill of materials, and nothing without need."""

import ast
import copy
import functools
import json
import re
from collections.abc import Callable
from email.message import Message
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import licences
import sbom
from hazardlens.model.bundle import ONNX_FILE, SHIPPED_BUNDLE, read_bundle
from spdx import ACCEPTED, is_accepted, licence_said
from support.json_schema import Validator
from support.project import PACKAGE_FOLDERS, REPO, files_below, pyproject

SCHEMAS: Final = REPO / "tests" / "support" / "cyclonedx"
DECISION: Final = (REPO / "docs/adr/0004-dependencies-and-licences.md").read_text("utf-8")


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return sbom.bill()


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator(SCHEMAS, "bom-1.6.SNAPSHOT.schema.json")


def test_every_licence_fits() -> None:
    assert list(licences.complaints_about(licences.READ)) == []


def test_a_licence_that_does_not_fit_or_is_not_known_is_told() -> None:
    read = {**licences.READ, "numpy": ("SSPL-1.0", "nowhere"), "gone": ("MIT", "nowhere")}
    del read["torchvision"]
    assert [complaint.partition(":")[0] for complaint in licences.complaints_about(read)] == [
        "numpy",
        "torchvision",
        "gone",
    ]


def test_no_line_about_a_package_has_become_needless() -> None:
    """Such a package has since written an expression that says the same."""
    there = set(licences.pinned())  # a package of an extra that is not installed says nothing here
    said = {name: licences.licence_of(name, {}) for name in licences.READ if name in there}
    assert [name for name, expression in said.items() if expression == licences.READ[name][0]] == []


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True),
        ("SSPL-1.0", False),
        ("GPL-2.0-only", False),
        ("MIT OR SSPL-1.0", True),
        ("MIT AND SSPL-1.0", False),
        ("(SSPL-1.0 OR MIT) AND Apache-2.0", True),
        ("MIT OR SSPL-1.0 AND BUSL-1.1", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-or-later WITH Something-else", False),
    ],
)
def test_an_expression_fits_where_it_leaves_a_way(expression: str, fits: bool) -> None:
    assert is_accepted(expression) == fits


@pytest.mark.parametrize("text", ["", "MIT AND", "(MIT", "MIT)", "MIT Apache-2.0", "MIT, BSD", "OR MIT"])
def test_what_is_no_expression_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="no SPDX expression"):
        is_accepted(text)


@pytest.mark.parametrize(
    ("headers", "expression"),
    [
        ([("License-Expression", "MIT OR X")], "MIT OR X"),
        ([("License", "MIT License")], "MIT"),
        ([("License", "do what you like"), ("Classifier", "License :: OSI Approved :: MIT License")], "MIT"),
        ([("Classifier", "License :: OSI Approved :: BSD License")], None),
        ([("Classifier", f"License :: OSI Approved :: {name}") for name in ("MIT License", "ISC License")], None),
        ([], None),
    ],
)
def test_what_metadata_say(headers: list[tuple[str, str]], expression: str | None) -> None:
    metadata = Message()
    for name, value in headers:
        metadata[name] = value
    assert licence_said(metadata) == expression


def test_the_decision_names_what_is_accepted() -> None:
    families = {name.partition("-")[0] for name in ACCEPTED} - {"0BSD", "BSL", "CC0", "Unlicense", "Zlib"}
    assert {name for name in families if name not in DECISION} == set()


def test_the_bill_is_as_the_published_schema_says(bill: dict[str, Any], validator: Validator) -> None:
    assert validator.errors(bill) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda bill: bill.update(bomFormat="SPDX"), "bomFormat"),
        (lambda bill: bill["components"][0].pop("name"), "required"),
        (lambda bill: bill["components"][0].update(colour="red"), "unknown"),
        (lambda bill: bill["components"][0].update(licenses=[{"license": {"id": "NOPE"}}]), "licenses"),
        (lambda bill: bill["components"][-1]["hashes"][0].update(content="short"), "pattern"),
        (lambda bill: bill.update(serialNumber="7"), "pattern"),
        (lambda bill: bill["dependencies"].append(bill["dependencies"][0]), "uniqueItems"),
    ],
    ids=["format", "no name", "another field", "no such licence", "no hash", "no serial number", "twice"],
)
def test_the_validator_finds_what_is_wrong(
    bill: dict[str, Any], validator: Validator, spoil: Callable[[dict[str, Any]], Any], told: str
) -> None:
    spoilt = copy.deepcopy(bill)
    spoil(spoilt)
    assert any(told in error for error in validator.errors(spoilt))


def test_the_bill_has_all_that_serving_installs_and_nothing_of_training(bill: dict[str, Any]) -> None:
    names = {part["name"]: part["scope"] for part in bill["components"]}
    project = pyproject()["project"]
    for texts, scopes in (
        (project["dependencies"], {"required"}),
        (project["optional-dependencies"]["postgres"], {"optional"}),
        (project["optional-dependencies"]["s3"], {"optional"}),
    ):
        declared = {canonicalize_name(Requirement(text).name) for text in texts}
        assert {name for name in declared if names.get(name) not in scopes} == set()
    assert names.keys().isdisjoint({"torch", "ultralytics", "opencv-python", "matplotlib", "pytest", "ruff"})
    assert {"swagger-ui-dist", "uplot", "@annotorious/annotorious"} <= names.keys()


def test_the_bill_names_the_model_by_its_content(bill: dict[str, Any]) -> None:
    manifest = read_bundle(SHIPPED_BUNDLE).manifest
    (model,) = [part for part in bill["components"] if part["type"] == "machine-learning-model"]
    assert (model["name"], model["version"]) == (manifest.name, manifest.version)
    assert model["hashes"][0]["content"] == manifest.files[ONNX_FILE]
    assert model["licenses"] == [{"license": {"id": "AGPL-3.0-only"}}]


def test_every_file_in_the_bill_is_there_with_this_content(bill: dict[str, Any]) -> None:
    files = [file for part in bill["components"] for file in part.get("components", [])]
    assert len(files) > 10
    for file in files:
        assert sha256((REPO / file["name"]).read_bytes()).hexdigest() == file["hashes"][0]["content"]


def test_every_part_is_reached_from_the_top(bill: dict[str, Any]) -> None:
    links = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    waiting, seen = [bill["metadata"]["component"]["bom-ref"]], set()
    while waiting:
        ref = waiting.pop()
        if ref not in seen:
            seen.add(ref)
            waiting += links.get(ref, [])
    assert {part["bom-ref"] for part in bill["components"]} - seen == set()


def test_the_same_installation_gives_the_same_bill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sbom.main(str(tmp_path / "new" / "bill.json")) == 0
    capsys.readouterr()
    assert sbom.main("-") == 0
    written = (tmp_path / "new" / "bill.json").read_text("utf-8")
    assert capsys.readouterr().out == written
    assert str(REPO) not in written
    json.loads(written)


# Modules whose names are not those of their packages, and packages that others import for us.
LOADED: Final = {
    "argon2-cffi": "argon2",
    "pillow": "PIL",
    "prometheus-client": "prometheus_client",
    "python-multipart": "python_multipart",
    "opencv-python": "cv2",
    "scikit-learn": "sklearn",
}
BY_NAME: Final = {
    "httptools": "the parser that serve.server chooses",
    "uvloop": "the loop that serve.server chooses",
    "psycopg": "SQLAlchemy's driver for PostgreSQL",
    "torchvision": "ultralytics imports it",
}


@functools.cache
def _imported() -> set[str]:
    """The top names of all that the packages import."""
    imported: set[str] = set()
    for path in (path for folder in PACKAGE_FOLDERS for path in files_below(folder, "*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    return imported


@pytest.mark.parametrize("group", ["dependencies", "postgres", "s3", "training"])
def test_every_dependency_is_used(group: str) -> None:
    """One that nothing imports any more goes."""
    project = pyproject()["project"]
    texts = project[group] if group == "dependencies" else project["optional-dependencies"][group]
    imported = _imported()
    for name in (canonicalize_name(Requirement(text).name) for text in texts):
        module = LOADED.get(name, name.replace("-", "_"))
        assert module in imported or name in BY_NAME, name


def test_no_secret_is_compared_with_an_ordinary_comparison() -> None:
    """`==` stops at the first difference, and so tells how much was right; rows of the database are found by a hash."""
    secret = re.compile(r"secret|token|password|signature|csrf|sha256|hash", re.IGNORECASE)
    harmless = re.compile(r"\.c\.|is_outdated|sha256_of|found|wanted|None|purpose|PASSWORD")
    suspicious = []
    for path in [*files_below("serve/access", "*.py"), REPO / "serve/dispatch/signing.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                text = ast.unparse(node)
                if secret.search(text) and not harmless.search(text):
                    suspicious.append(f"{path.name}: {text}")
    assert suspicious == []
