"""Photos, tiny models, an installation, and the command line: in this process, or as users start it."""

import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hazardlens.cli.main import app
from support.command_line import Invoke, Result, Run, command, write_photo
from support.models import Models
from support.promoting import write_report
from support.tiny_bundle import make_tiny_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that finds stacked clutter on every photo."""
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny").path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """One photo in a folder of its own."""
    return write_photo(tmp_path / "photos" / "one.jpg")


@pytest.fixture
def invoke() -> Invoke:
    """Run a command in this process."""

    def invoke(*args: str | Path) -> Result:
        result = CliRunner().invoke(app, [str(arg) for arg in args])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr)

    return invoke


@pytest.fixture
def run() -> Run:
    """Run the command as a process of its own, as users do."""

    def run(*args: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*args),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env={**os.environ, **environ},
        )

    return run


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """An installation whose default model is tiny@1."""
    models = Models(tmp_path)
    monkeypatch.setenv("HAZARDLENS_DATA_PATH", str(tmp_path / "var"))
    monkeypatch.setenv("HAZARDLENS_BUNDLE_PATH", str(models.default))
    return models


@pytest.fixture
def retrained(tmp_path: Path) -> Path:
    """What a retraining left that the gate let pass: tiny@2."""
    folder = tmp_path / "retrained"
    make_tiny_bundle(folder / "bundle", version="2", boxes=[("manhole_open", 0.8, (0.2, 0.3, 0.7, 0.6))])
    write_report(folder)
    return folder
