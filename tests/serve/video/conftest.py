"""A service whose clips are scripted, on each kind of database."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from support.people import authenticate_by_header
from support.scripted_clips import ScriptedClips
from support.serving import found, serving


@pytest.fixture
def clips() -> ScriptedClips:
    return ScriptedClips()


@pytest.fixture
def client(store_url: str, clips: ScriptedClips) -> Iterator[TestClient]:
    with serving(
        ScriptedDetector([found()]),
        clips=clips,
        authenticate=authenticate_by_header,
        database_url=store_url,
        draw=lambda: 0.99,
        sweep_interval_s=0.2,
        video_queue_length=3,
    ) as client:
        yield client
        clips.gate.set()
