"""Starting and stopping all day long leaves nothing behind. In a file of its own, where no other app is running."""

import contextlib
import gc
import re
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.app import create_app
from hazardlens.serve.settings import load_settings
from support import pictures
from support.serving import CLASSIFY, PATIENCE_S, wait_until
from support.tiny_bundle import make_tiny_bundle

STARTS: Final = 50


def _open_things() -> Counter[str]:
    """Threads by name and open files by what they are of; numbers are left out of names."""
    gc.collect()  # what only a cycle still holds is not in use
    things = [f"thread {thread.name}" for thread in threading.enumerate()]
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the listing's own
            things.append(f"file {handle.readlink()}")
    return Counter(re.sub(r"\d+", "N", thing) for thing in things)


@pytest.mark.slow(reason="costs 10 s: fifty models are loaded")
def test_fifty_starts_and_stops_leave_no_threads_and_no_files_open(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")

    def live() -> None:
        with TestClient(create_app(load_settings(bundle_path=bundle.path, inference_threads=2))) as client:
            wait_until(lambda: client.get("/readyz").status_code == 200)
            assert client.post(CLASSIFY, files={"file": pictures.jpeg()}).status_code == 200

    live()  # what a process opens once is no leak
    before = _open_things()
    for _ in range(STARTS):
        live()
    # Not at once: the rate limiter's library clears its counters in a thread that lives for a hundredth of a second.
    deadline = time.monotonic() + PATIENCE_S
    while (left := _open_things() - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == Counter()


def test_an_app_that_is_never_started_opens_nothing() -> None:
    create_app(load_settings())
    before = _open_things()
    apps: list[Any] = [create_app(load_settings()) for _ in range(STARTS)]
    assert _open_things() - before == Counter()
    assert len(apps) == STARTS
