"""Each bound of a clip, reached through HTTP with the real decoder: one within, one beyond."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from support.intake import services_behind
from support.scripted_clips import ScriptedClips, clip_of
from support.serving import CLASSIFY, problem_of, serving, wait_until
from support.video_files import Recipe, make_clip

SMALL: Final = Recipe(size_wh=(160, 96), count=30, fps=30)
MIB: Final = 1024 * 1024


def ask(client: TestClient, clip: bytes) -> Response:
    return client.post(CLASSIFY, files={"file": ("a.mp4", clip)})


@pytest.mark.parametrize(
    ("within", "beyond", "status", "code"),
    [
        pytest.param({"max_video_s": 2}, {"max_video_s": 0.2}, 413, "video_too_long", id="max_video_s"),
        pytest.param(
            {"max_video_pixels": 4 * 160 * 96}, {"max_video_pixels": 160 * 96 - 1}, 413, "video_too_large", id="pixels"
        ),
        pytest.param(
            {"max_video_frames": 30}, {"max_video_frames": 5}, 413, "video_limits_exceeded", id="max_video_frames"
        ),
        pytest.param({"video_wall_s": 60}, {"video_wall_s": 0.01}, 413, "video_limits_exceeded", id="video_wall_s"),
    ],
)
def test_a_clip(within: dict[str, Any], beyond: dict[str, Any], status: int, code: str) -> None:
    """max_video_s, max_video_pixels, max_video_frames, video_wall_s."""
    clip = make_clip(SMALL)
    with serving(**within) as client:
        response = ask(client, clip)
        assert response.status_code == 200, response.text
    with serving(**beyond) as client:
        problem_of(ask(client, clip), status, code)


def test_video_memory_bytes() -> None:
    large = make_clip(Recipe(count=8, size_wh=(4096, 2304), encoder={"preset": "ultrafast", "crf": "40"}))
    with serving(video_memory_bytes=256 * MIB, max_video_pixels=4096 * 2304) as client:
        assert ask(client, make_clip(SMALL)).status_code == 200
        problem_of(ask(client, large), 413, "video_limits_exceeded")


@pytest.mark.slow
def test_video_cpu_s() -> None:
    """About ten seconds of the processor: a long clip of large frames has to take more than one second to decode."""
    long = make_clip(Recipe(count=240, fps=12, size_wh=(1920, 1080), key_gap=240))
    with serving(video_cpu_s=1) as client:
        assert ask(client, make_clip(SMALL)).status_code == 200
        problem_of(ask(client, long), 413, "video_limits_exceeded")


def test_video_workers_bound_what_is_worked_on_at_once() -> None:
    clips = ScriptedClips()
    clips.gate.clear()
    with serving(clips=clips, video_workers=2, video_queue_length=5) as client, ThreadPoolExecutor(3) as threads:
        pool = services_behind(client).clip_pool
        try:
            asked = [threads.submit(ask, client, clip_of(seed)) for seed in range(3)]
            wait_until(lambda: (pool.running, pool.waiting) == (2, 1))
            assert len(clips.worked) == 2
        finally:
            clips.gate.set()
        assert [one.result().status_code for one in asked] == [200] * 3


def test_video_wall_s_is_also_how_long_a_request_waits_for_its_turn() -> None:
    clips = ScriptedClips()
    clips.gate.clear()
    with serving(clips=clips, video_wall_s=0.3) as client, ThreadPoolExecutor(1) as threads:
        pool = services_behind(client).clip_pool
        try:
            running = threads.submit(ask, client, clip_of(0))
            wait_until(lambda: pool.running == 1)
            problem_of(ask(client, clip_of(1)), 503, "overloaded")
            assert not running.done()
        finally:
            clips.gate.set()
        assert running.result().status_code == 200
