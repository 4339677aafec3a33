"""A machine that can start no process, or has no memory or file handle to spare: no fault of a clip."""

import errno
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from hazardlens.model.pipeline import Upload
from hazardlens.serve.errors import UnavailableError
from hazardlens.serve.work.worker import MAX_ATTEMPTS
from support.clip_reports import send_clip, sent_clip, when_worked
from support.intake import services_behind
from support.people import authenticate_by_header
from support.serving import CLASSIFY, problem_of, serving
from support.video_files import Recipe, make_clip

CLIP = make_clip(Recipe(size_wh=(160, 96), count=6))
WITHOUT = ["subprocess.Popen", "os.memfd_create"]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(authenticate=authenticate_by_header) as client:
        yield client


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


@pytest.mark.parametrize("without", WITHOUT)
def test_whoever_sends_a_clip_is_told_to_come_back(
    client: TestClient, without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"hazardlens.model.video.process.{without}", refuse)
        problem_of(client.post(CLASSIFY, files={"file": ("a.mp4", CLIP)}), 503, "unavailable")
        problem_of(send_clip(client, CLIP), 503, "unavailable")
    assert client.post(CLASSIFY, files={"file": ("a.mp4", CLIP)}).status_code == 200


def test_no_small_copy_can_be_made(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hazardlens.model.video.process.subprocess.Popen", refuse)
    with pytest.raises(UnavailableError, match="temporarily unavailable"):
        services_behind(client).clips.preview(Upload("a.mp4", CLIP), stop=lambda: False)


def test_a_report_waits_for_better_times_and_no_attempt_counts(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    popen: Callable[..., object] = subprocess.Popen
    started = 0

    def later(*args: object, **options: object) -> object:
        nonlocal started
        started += 1
        if 1 < started <= 2 * MAX_ATTEMPTS:  # the first looks at its head, while it is received
            refuse()
        return popen(*args, **options)

    monkeypatch.setattr("hazardlens.serve.work.worker._AWAY", timedelta(0))
    monkeypatch.setattr("hazardlens.model.video.process.subprocess.Popen", later)
    report = when_worked(client, sent_clip(client, CLIP)["id"])
    assert report["state"] == "prefilled"
    assert started > 2 * MAX_ATTEMPTS
