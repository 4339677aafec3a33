"""constraints.txt pins all that is installed, and pyproject declares all that is imported."""

import ast
import functools
import re
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.project import PACKAGE_FOLDERS, REPO, SCRIPT_FOLDERS, files_below, pyproject

PIN = re.compile(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*")
OURS = {
    "conftest",
    "fuzz",
    "hazardlens",
    "support",
    *(path.stem for folder in SCRIPT_FOLDERS for path in files_below(folder, "*.py")),
}
# What a CUDA build of torch brings is not ours to pin, so the walk stops there.
WALK_STOPS = {"torch", "torchvision"}


@functools.cache
def _pins() -> dict[str, str]:
    lines = (REPO / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def _declared(*extras: str) -> list[Requirement]:
    project = pyproject()["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return [Requirement(text) for group in lists for text in group]


def _installed_by(requirements: list[Requirement]) -> set[str]:
    """The names of all packages that the requirements bring, by what is installed here."""
    names: set[str] = set()
    todo = [(canonicalize_name(item.name), frozenset(item.extras)) for item in requirements]
    while todo:
        name, extras = todo.pop()
        if name in names:
            continue
        names.add(name)
        try:
            needs = [] if name in WALK_STOPS else [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue
        wanted = (need for need in needs if any(_holds(need, extra) for extra in extras | {""}))
        todo.extend((canonicalize_name(need.name), frozenset(need.extras)) for need in wanted)
    return names


def _holds(need: Requirement, extra: str) -> bool:
    return need.marker is None or need.marker.evaluate({"extra": extra})


def _imported(folder: str) -> set[str]:
    """The top names of all that a folder imports from elsewhere, also inside functions."""
    names: set[str] = set()
    for path in files_below(folder, "*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "importorskip":
                names |= {str(item.value) for item in node.args[:1] if isinstance(item, ast.Constant)}
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - OURS


def test_every_line_is_an_exact_pin_from_no_particular_place() -> None:
    lines = [line for line in (REPO / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert len(lines) == len(_pins())


@pytest.mark.parametrize(
    "extras",
    [(), ("training",), ("test",), ("fuzz",), ("fuzz-api",)],
    ids=["serving", "training", "tests", "fuzz", "fuzz-api"],
)
def test_all_that_gets_installed_is_pinned(extras: tuple[str, ...]) -> None:
    assert _installed_by(_declared(*extras)) - set(_pins()) == set()


def test_the_pins_are_within_what_is_declared() -> None:
    outside = [
        item
        for item in _declared("training", "test", "fuzz", "fuzz-api")
        if _pins()[canonicalize_name(item.name)] not in item.specifier
    ]
    assert outside == []


STUDIO = REPO / "training" / "rendering" / "studio"
BLENDER = {"bmesh", "bpy", "mathutils"}
"""Modules of the distribution bpy, which is installed in an environment of its own."""


def test_the_studio_needs_what_its_own_environment_pins() -> None:
    lines = (STUDIO / "requirements.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    pinned = {line.partition("==")[0].lower() for line in lines}
    own = {
        "bpy" if name in BLENDER else {"PIL": "pillow"}.get(name, name)
        for name in _imported("training/rendering/studio")
    }
    assert own - pinned == set()


def test_only_the_studio_needs_blender() -> None:
    imports = re.compile(r"^\s*(?:import|from) (?:bpy|bmesh|mathutils)", re.MULTILINE)
    paths = [path for name in PACKAGE_FOLDERS for path in files_below(name, "*.py") if not path.is_relative_to(STUDIO)]
    assert [path for path in paths if imports.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("model", ()),
        ("serve", ("postgres", "s3", "otel")),
        ("cli", ("training",)),
        ("training", ("training",)),
        ("benchmarks", ("training", "test")),
        ("scripts", ("training", "test")),
        ("tests", ("training", "test", "fuzz", "fuzz-api")),
    ],
)
def test_all_that_is_imported_is_declared(folder: str, extras: tuple[str, ...]) -> None:
    declared = {canonicalize_name(item.name) for item in _declared(*extras)}
    distributions = packages_distributions()
    undeclared = {
        name
        for name in _imported(folder) - BLENDER
        if declared.isdisjoint(canonicalize_name(item) for item in distributions.get(name, [name]))
    }
    assert undeclared == set()


def test_the_folders_above_are_all_there_are() -> None:
    """A new folder with Python has to be added to the table."""
    with_python = {path.relative_to(REPO).parts[0] for path in REPO.glob("*/*.py")}
    assert with_python <= {*PACKAGE_FOLDERS, *SCRIPT_FOLDERS, "tests"}


def test_serving_brings_no_training_package() -> None:
    assert _installed_by(_declared()).isdisjoint({"torch", "torchvision", "ultralytics", "opencv-python", "matplotlib"})
