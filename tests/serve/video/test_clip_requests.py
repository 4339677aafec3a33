"""`POST /v1/classify` with a clip: one answer in one go, and photos never wait behind it."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from hazardlens.model.errors import ClipStoppedError, VideoDecoderError
from hazardlens.model.pipeline import Upload
from hazardlens.serve.classifying import _ClipJob
from hazardlens.serve.store.tables import reports
from hazardlens.serve.uploads import SentFiles, Submission
from support.intake import photo_of, services_behind
from support.scripted_clips import ScriptedClips, clip_of
from support.serving import CLASSIFY, found, problem_of, serving, wait_until

CLIP = clip_of(0)


@pytest.fixture(scope="module")
def clips() -> ScriptedClips:
    return ScriptedClips()


@pytest.fixture(scope="module")
def client(clips: ScriptedClips) -> Iterator[TestClient]:
    limits: dict[str, Any] = {"max_file_bytes": 50_000, "max_video_bytes": 60_000, "video_queue_length": 1}
    with serving(ScriptedDetector([found()]), clips=clips, **limits) as client:
        yield client


def ask(client: TestClient, *files: tuple[str, bytes], **fields: str) -> Response:
    return client.post(CLASSIFY, files=[("file", one) for one in files], data=fields)


FORMS: dict[str, dict[str, Any]] = {
    "form": {"files": {"file": ("yard.mp4", CLIP)}, "data": {"text": "堆满了"}},
    "raw": {
        "content": CLIP,
        "headers": {"Content-Type": "video/mp4"},
        "params": {"text": "堆满了", "name": "yard.mp4"},
    },
    "json": {"json": {"media": [{"name": "yard.mp4", "data": base64.b64encode(CLIP).decode()}], "text": "堆满了"}},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_clip_is_answered_in_one_go_however_it_is_sent(client: TestClient, form: str) -> None:
    response = client.post(CLASSIFY, **FORMS[form])
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["prefill"]["category"] == "stacked_clutter"
    (clip,) = answer["media"]
    assert (clip["name"], clip["kind"], clip["duration_s"], clip["frames"]) == ("yard.mp4", "video", 12.5, 13)
    assert {"time_s", "from_s", "until_s", "box", "label"} <= clip["detections"][0].keys()
    with services_behind(client).store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(reports)) == 0


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([("a.jpg", photo_of(1)), ("b.mp4", CLIP)], "too_many_files"),
        ([("a.mp4", CLIP), ("b.mp4", clip_of(1))], "too_many_files"),
    ],
)
def test_a_clip_comes_alone(client: TestClient, files: list[tuple[str, bytes]], code: str) -> None:
    problem_of(ask(client, *files), 413, code)


def test_a_clip_may_be_larger_than_a_photo_and_no_larger_than_it_may(client: TestClient) -> None:
    assert ask(client, ("a.mp4", clip_of(0, size_bytes=60_000 - 16))).status_code == 200
    problem = problem_of(ask(client, ("a.mp4", clip_of(0, size_bytes=60_000 - 15))), 413, "file_too_large")
    assert "clip" in problem.detail
    problem_of(ask(client, ("a.jpg", photo_of(1) + bytes(60_000))), 413, "file_too_large")


def test_a_clip_that_breaks_the_decoder_is_a_problem_of_its_own(client: TestClient, clips: ScriptedClips) -> None:
    clips.broken = VideoDecoderError("it ended without an answer")
    try:
        problem = problem_of(ask(client, ("a.mp4", CLIP)), 422, "video_decoder_failed")
    finally:
        clips.broken = None
    assert (problem.media_index, problem.media_name) == (0, "a.mp4")
    assert ask(client, ("a.mp4", CLIP)).status_code == 200


def test_photos_are_answered_while_clips_are_worked_on_and_wait(client: TestClient, clips: ScriptedClips) -> None:
    clips.gate.clear()
    pool = services_behind(client).clip_pool
    with ThreadPoolExecutor(2) as threads:
        try:
            running = threads.submit(ask, client, ("a.mp4", CLIP))
            wait_until(lambda: pool.running == 1)
            waiting = threads.submit(ask, client, ("b.mp4", CLIP))
            wait_until(lambda: pool.waiting == 1)
            problem_of(ask(client, ("c.mp4", CLIP)), 503, "overloaded")
            assert ask(client, ("a.jpg", photo_of(1))).status_code == 200
        finally:
            clips.gate.set()
        assert [one.result().status_code for one in (running, waiting)] == [200, 200]


def test_a_clip_for_which_nobody_waits_any_more_is_left(clips: ScriptedClips) -> None:
    with serving(ScriptedDetector([found()]), clips=clips) as client, ThreadPoolExecutor(1) as threads:
        clips.gate.clear()
        submission = Submission(SentFiles((), Upload("gone.mp4", CLIP), 0))
        with _ClipJob(submission, services_behind(client), "r1") as job:
            running = threads.submit(job)
            wait_until(lambda: clips.worked[-1:] == ["gone.mp4"])
        assert isinstance(running.exception(), ClipStoppedError)
        clips.gate.set()
