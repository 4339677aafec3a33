"""Photos, a tiny model, and the command line: in this process, or as users start it."""

import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hazardlens.cli.main import app
from support.command_line import Invoke, Result, Run, command, write_photo
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
