"""The service in a test: an app with a scripted detector behind a client, or a real process on a port of its own."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from httpx2 import Response
from starlette.testclient import TestClient

from hazardlens.model.detections import Detections
from hazardlens.model.detector import Detector, ScriptedDetector
from hazardlens.model.images import Photo
from hazardlens.serve.access.principals import Authenticate
from hazardlens.serve.app import create_app
from hazardlens.serve.clips import ClipReader
from hazardlens.serve.problems import MEDIA_TYPE, Problem
from hazardlens.serve.settings import load_settings
from support.tables import sqlite_tables

CLASSIFY: Final = "/v1/classify"
LABELS: Final = ScriptedDetector([]).labels
PATIENCE_S: Final = 60.0
_TEST_SETTINGS: Final = {"inference_threads": 1, "rate_limit_anonymous_per_minute": 0}
"""A test sends what it likes as fast as it can; what it says itself goes first."""


def found(label: str = "stacked_clutter", confidence: float = 0.9) -> Detections:
    """One box that fits on every photo of 20 x 20 pixels and more."""
    return Detections(
        np.array([[2, 3, 12, 15]], np.float32),
        np.array([confidence], np.float32),
        np.array([LABELS.index(label)], np.int64),
        LABELS,
    )


@contextlib.contextmanager
def serving(
    detector: Detector | None = None,
    *,
    clips: ClipReader | None = None,
    authenticate: Authenticate | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    draw: Callable[[], float] = random.random,
    **settings: Any,  # noqa: ANN401 - any setting
) -> Iterator[TestClient]:
    """A started app behind a client, ready to classify; without a detector it finds nothing."""
    app = create_app(
        load_settings(**{**_TEST_SETTINGS, **(_own_data() if "data_path" not in settings else {}), **settings}),
        detector=detector or ScriptedDetector([Detections.empty(LABELS)]),
        clips=clips,
        authenticate=authenticate,
        now=now,
        draw=draw,
    )
    with TestClient(app) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield client


def _own_data() -> dict[str, Path]:
    folder = Path(tempfile.mkdtemp())
    (folder / "hazardlens.sqlite3").write_bytes(sqlite_tables())
    return {"data_path": folder}


def wait_until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Return when `condition()` is true; fail when that takes unreasonably long."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.01)


def problem_of(response: Response, status: int, code: str) -> Problem:
    """Check that a response is a problem of this status and code, in every particular of its shape."""
    assert (response.status_code, response.headers["content-type"]) == (status, MEDIA_TYPE), response.text
    problem = Problem.model_validate_json(response.content)
    assert (problem.status, problem.code) == (status, code), problem
    assert problem.type == f"urn:hazardlens:problem:{code}"
    assert problem.request_id == response.headers["x-request-id"]
    assert "\n" not in problem.detail
    return problem


class GatedDetector:
    """Finds nothing, but only once its gate is open: for tests of what happens while photos are being classified."""

    def __init__(self) -> None:
        self._inner = ScriptedDetector([Detections.empty(LABELS)])
        self.info = self._inner.info
        self.name, self.version, self.labels = self._inner.name, self._inner.version, self._inner.labels
        self.input_size_px = self._inner.input_size_px
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        self.photos_seen = 0

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """Wait for the gate."""
        self.photos_seen += len(photos)
        self.entered.release()
        if not self.gate.wait(PATIENCE_S):
            raise AssertionError("nobody opened the gate")
        return self._inner.detect(photos)


@dataclass(frozen=True)
class ServerProcess:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    address: str
    port: int
    log: Path

    def stop(self) -> int:
        """Ask it to stop, and wait for its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@contextlib.contextmanager
def server_process(folder: Path, script: str, environ: Mapping[str, str]) -> Iterator[ServerProcess]:
    """Run a Python script that serves on a free port, until the block ends."""
    log = folder / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={
                **os.environ,
                "HAZARDLENS_PORT": "0",
                "HAZARDLENS_LOG_FORMAT": "json",
                "HAZARDLENS_DATA_PATH": str(folder / "var"),
                **environ,
            },
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("hazardlens listens on http://"), line + log.read_text()
            address = line.split()[-1]
            yield ServerProcess(process, address, int(address.rsplit(":", 1)[1]), log)
        finally:
            if process.poll() is None:
                process.kill()
