"""What every file of the project keeps to, whoever wrote it."""

import re
import subprocess
from pathlib import Path

import pytest

from support.project import PACKAGE_FOLDERS, REPO, SCRIPT_FOLDERS, files_below

MAX_MODULE_LINES = 300
MAX_FILE_BYTES = 12_000_000
MAX_GRAPH_BYTES = 25_000_000  # of the model that ships; hosts warn from 50 MB on
# Written so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.<])/(?:ro{2}t|ho[m]e|wo[r]k|Use[r]s)/\w")
INDEX_ADDRESS = re.compile(r"(?i)https?://[^\s\"'<>)]*(?:py[p]i|simp[l]e/|regist[r]y|mir[r]or|artifac[t])|fi[l]e:///")


def _tracked() -> list[Path]:
    """The files under version control, or all files where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone: which files belong to the project is unknown")
    names = listed.stdout.decode().split("\0")
    return [REPO / name for name in names if name and (REPO / name).is_file()]


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("pattern", [MACHINE_PATH, INDEX_ADDRESS], ids=["a path of one machine", "a package index"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    # What is vendored stays as its makers wrote it.
    ours = [path for path in _tracked() if "vendor" not in path.parts]
    named = {path.relative_to(REPO).as_posix(): pattern.search(_text_of(path)) for path in ours}
    assert {name: found[0] for name, found in named.items() if found} == {}


@pytest.mark.parametrize("text", ["cd /wo~rk/x", "see https://py~pi.example/simple", "fi~le:///opt"])
def test_the_patterns_find_what_they_are_for(text: str) -> None:
    told = text.replace("~", "")
    assert MACHINE_PATH.search(told) or INDEX_ADDRESS.search(told)


def test_every_file_is_small_enough_to_clone() -> None:
    graph = REPO / "model" / "shipped" / "model.onnx"
    limits = {path: MAX_GRAPH_BYTES if path == graph else MAX_FILE_BYTES for path in _tracked()}
    assert [path.name for path, limit in limits.items() if path.stat().st_size > limit] == []


@pytest.mark.parametrize("folder", [*PACKAGE_FOLDERS, *SCRIPT_FOLDERS])
def test_a_module_fits_in_one_reading(folder: str) -> None:
    lengths = {
        path.relative_to(REPO): len(path.read_text("utf-8").splitlines()) for path in files_below(folder, "*.py")
    }
    assert {path: lines for path, lines in lengths.items() if lines > MAX_MODULE_LINES} == {}


def test_what_starts_with_a_shebang_can_be_started() -> None:
    scripts = [path for path in _tracked() if _text_of(path).startswith("#!")]
    assert scripts
    assert [path.name for path in scripts if not path.stat().st_mode & 0o100] == []
