"""pyproject, the folders and the links of typings/ tell the same story."""

import os
import re
import subprocess
import sys

import pytest

from support.project import PACKAGE_FOLDERS, REPO, files_below, module_of, package_of, pyproject

HEAVY = ("cv2", "matplotlib", "onnx", "sklearn", "torch", "torchvision", "ultralytics")


def test_the_package_list_is_the_folders() -> None:
    folders = {package_of(path.parent) for name in PACKAGE_FOLDERS for path in files_below(name, "*.py")}
    assert sorted(folders) == sorted(pyproject()["tool"]["setuptools"]["packages"])


@pytest.mark.parametrize("name", PACKAGE_FOLDERS)
def test_a_package_is_mapped_linked_and_marked_as_typed(name: str) -> None:
    assert pyproject()["tool"]["setuptools"]["package-dir"][f"hazardlens.{name}"] == name
    assert (REPO / "typings" / "hazardlens" / name).readlink().as_posix() == f"../../{name}"
    assert (REPO / name / "py.typed").is_file()


@pytest.mark.parametrize("name", PACKAGE_FOLDERS)
def test_every_folder_with_python_is_a_package_that_says_what_it_is(name: str) -> None:
    for folder in {path.parent for path in files_below(name, "*.py")}:
        assert (folder / "__init__.py").read_text("utf-8").startswith('"""'), folder


def test_hazardlens_stays_a_namespace() -> None:
    assert not list((REPO / "typings" / "hazardlens").glob("*.py"))


def test_datasets_hold_no_python() -> None:
    assert files_below("datasets", "*.py") == []


def _modules_after_importing(modules: list[str]) -> set[str]:
    code = f"import importlib, sys; [importlib.import_module(name) for name in {modules}]; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("name", ["model", "serve"])
def test_importing_all_of_a_serving_package_loads_nothing_heavy(name: str) -> None:
    # Alembic runs env.py in a context of its own; nobody imports it.
    loaded = _modules_after_importing([module_of(path) for path in files_below(name, "*.py") if path.stem != "env"])
    assert loaded.isdisjoint(HEAVY)


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    """Whoever only classifies or serves has no training packages, and should not wait for them either."""
    loaded = _modules_after_importing([module_of(path) for path in files_below("cli", "*.py")])
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("name", ["cli", "model", "serve"])
def test_the_environment_is_read_by_the_settings_alone(name: str) -> None:
    readers = [
        path for path in files_below(name, "*.py") if re.search(r"os\.(environ|getenv)", path.read_text("utf-8"))
    ]
    assert readers == ([REPO / "serve" / "settings.py"] if name == "serve" else [])
