"""A real Label Studio on SQLite, in a process of its own, that talks to this machine only."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from support.project import REPO
from support.serving import wait_until

PROGRAM: Final = REPO / ".venv-label-studio" / "bin" / "label-studio"
USER: Final = "reviewer@example.com"
PASSWORD: Final = "only-for-this-test"  # noqa: S105 - of a server that lives as long as its test
_TOKEN: Final = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - the same
_PATIENCE_S: Final = 240.0
_NOBODY: Final = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class LabelStudio:
    """A running server.

    Attributes:
        address: without a path.
        client: its API, signed in.
        photos: its document root: tasks may show what is below.
    """

    address: str
    client: httpx2.Client
    photos: Path


@contextlib.contextmanager
def label_studio(folder: Path) -> Iterator[LabelStudio]:
    """Serve until the block ends; skips where it is not installed, but never in continuous integration.

    Args:
        folder: for its database and its log; photos go to `photos` there.
    """
    if not PROGRAM.exists():
        reason = "needs Label Studio in .venv-label-studio: `make test` brings it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    photos = folder / "photos"
    photos.mkdir()
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    options = ["--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), "--data-dir", str(folder / "data")]
    account = ["--username", USER, "--password", PASSWORD, "--user-token", _TOKEN, "--enable-legacy-api-token"]
    with (
        (folder / "label-studio.log").open("wb") as log,
        subprocess.Popen(
            [PROGRAM, "start", *options, *account],
            cwd=folder,
            env=_environment(folder, photos),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            wait_until(lambda: _answers(address, process, folder), _PATIENCE_S)
            with httpx2.Client(
                base_url=address, headers={"Authorization": f"Token {_TOKEN}"}, timeout=_PATIENCE_S
            ) as client:
                yield LabelStudio(address, client, photos)
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(process.pid, signal.SIGKILL)


def _environment(folder: Path, photos: Path) -> dict[str, str]:
    """It may serve photos from its folder, and tells nobody about itself: whoever it asks outside does not answer."""
    return {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "HTTP_PROXY": _NOBODY,
        "HTTPS_PROXY": _NOBODY,
        "NO_PROXY": "127.0.0.1",
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(photos),
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(address: str, process: subprocess.Popen[bytes], folder: Path) -> bool:
    if process.poll() is not None:
        raise AssertionError((folder / "label-studio.log").read_text())
    try:
        return httpx2.get(f"{address}/health").status_code == 200
    except httpx2.TransportError:
        return False
