"""`hazardlens admin backup | verify | restore`, as they are typed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hazardlens.cli.main import app
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from support.reports import add_report


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a backup goes of a service with one report, which is where the settings say."""
    settings = load_settings()
    store = Store(settings.store_url)
    store.migrate()
    add_report(store, FolderBlobs(settings.media_path))
    store.close()
    return tmp_path / "backup"


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["admin", *map(str, words)])
    return result.exit_code, result.output


def test_there_and_back(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("backup", "--out", out)[0] == 0
    code, told = run("verify", out)
    assert (code, "1 reports, " in told, "is whole" in told) == (0, True, True)
    monkeypatch.setenv("HAZARDLENS_DATA_PATH", str(tmp_path / "fresh"))
    code, told = run("restore", out, "--silent")
    assert (code, told.startswith("restored 1 reports")) == (0, True)
    code, told = run("restore", out)
    assert (code, "already" in told) == (2, True)


def test_a_mistake_is_one_line(out: Path, tmp_path: Path) -> None:
    run("backup", "--out", out)
    code, told = run("backup", "--out", out)
    assert (code, told) == (2, f"error: {out}: is there already\n")
    code, told = run("verify", tmp_path)
    assert (code, told.count("\n")) == (2, 1)


def test_lost_photos_are_an_exit_code_of_their_own(out: Path) -> None:
    for photo in load_settings().media_path.rglob("*"):
        if photo.is_file():
            photo.unlink()
    code, told = run("backup", "--out", out)
    assert (code, "is lost" in told) == (1, True)
