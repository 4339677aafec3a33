"""The wheel, built once, does all that the source folders do, with those folders gone.

A package that pyproject forgets imports well in development and is missing from the wheel; so is a data file.
"""

import email
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.project import PACKAGE_FOLDERS, REPO, files_below, module_of, pyproject

pytestmark = pytest.mark.slow  # 15 s: pip builds a wheel, and a new Python imports it

# Everything that leads to the source folders is taken away first.
ONLY_THE_WHEEL = """
import importlib, json, sys
sys.meta_path[:] = [finder for finder in sys.meta_path if "__editable__" not in getattr(finder, "__module__", "")]
sys.path_hooks[:] = [hook for hook in sys.path_hooks if "__editable__" not in getattr(hook, "__module__", "")]
sys.path[:] = [WHEEL, *(entry for entry in sys.path if "__editable__" not in entry)]
sys.path_importer_cache.clear()
"""
IMPORT_ALL = """
print(json.dumps({name: importlib.import_module(name).__file__ for name in NAMES}))
"""
USE_DATA = """
import time
from fastapi.testclient import TestClient
from hazardlens.model.triage import load_policy
from hazardlens.serve.app import create_app
from hazardlens.serve.settings import Settings
load_policy()
with TestClient(create_app(Settings())) as client:
    for _ in range(600):
        if client.get("/readyz").status_code == 200:
            break
        time.sleep(0.05)
    statuses = {path: client.get(path).status_code for path in ("/", "/healthz", "/readyz", "/docs")}
print(json.dumps(statuses))  # after the server's last log line
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel file; building leaves nothing in the source folders."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (copy / name).write_bytes((REPO / name).read_bytes())
    for path in (path for folder in PACKAGE_FOLDERS for path in files_below(folder)):
        target = copy / path.relative_to(REPO)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        "dist",
        ".",
    ]
    subprocess.run(build, cwd=copy, check=True, stdin=subprocess.DEVNULL)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _run(code: str, unpacked: Path, **names: object) -> dict[str, object]:
    """Run code in a new Python that sees the wheel and its dependencies only, and return the JSON it prints last."""
    given = "".join(f"{name} = {value!r}\n" for name, value in {"WHEEL": str(unpacked), **names}.items())
    command = [sys.executable, "-I", "-c", given + ONLY_THE_WHEEL + code]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("name", PACKAGE_FOLDERS)
def test_every_file_of_the_source_is_in_the_wheel(name: str, unpacked: Path) -> None:
    different = []
    for path in files_below(name):
        packed = unpacked / "hazardlens" / path.relative_to(REPO)
        if not packed.is_file() or packed.read_bytes() != path.read_bytes():
            different.append(path.relative_to(REPO).as_posix())
    assert different == []


def test_the_wheel_holds_nothing_else(unpacked: Path) -> None:
    packed = {
        path.relative_to(unpacked / "hazardlens") for path in (unpacked / "hazardlens").rglob("*") if path.is_file()
    }
    assert packed == {path.relative_to(REPO) for name in PACKAGE_FOLDERS for path in files_below(name)}


@pytest.mark.parametrize("name", [name for name in PACKAGE_FOLDERS if name != "training"])
def test_all_modules_import_with_the_source_folders_gone(name: str, unpacked: Path) -> None:
    # Alembic runs env.py in a context of its own; nobody imports it.
    names = [module_of(path) for path in files_below(name, "*.py") if path.stem != "env"]
    for module, file in _run(IMPORT_ALL, unpacked, NAMES=names).items():
        assert str(file).startswith(str(unpacked)), module


def test_training_imports_with_the_source_folders_gone(unpacked: Path) -> None:
    """10 s more: torch and ultralytics load. The studio is left out: it runs in Blender's environment only."""
    studio = REPO / "training" / "rendering" / "studio"
    paths = [path for path in files_below("training", "*.py") if not path.is_relative_to(studio)]
    names = [module_of(path) for path in paths]
    for module, file in _run(IMPORT_ALL, unpacked, NAMES=names).items():
        assert str(file).startswith(str(unpacked)), module


def test_the_policy_the_pages_and_the_shipped_model_are_found(unpacked: Path) -> None:
    """3 s more: the model loads and warms up."""
    statuses = _run(USE_DATA, unpacked)
    if not (REPO / "model" / "shipped").is_dir():
        pytest.skip("no bundle ships yet")
    assert statuses == dict.fromkeys(("/", "/healthz", "/readyz", "/docs"), 200)


def test_the_metadata_names_command_licence_and_needs(unpacked: Path) -> None:
    (info,) = unpacked.glob("*.dist-info")
    assert "hazardlens = hazardlens.cli.main:main" in (info / "entry_points.txt").read_text("utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in (info / "licenses" / "LICENSE").read_text("utf-8")
    metadata = email.message_from_string((info / "METADATA").read_text("utf-8"))
    needs = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    assert len(needs) == len(pyproject()["project"]["dependencies"])
