"""Each bound of one request, reached through HTTP: what lies within is answered, and what lies beyond is refused."""

import contextlib
import io
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx2
import pytest
from httpx2 import Response
from PIL import Image

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from support import pictures
from support.intake import photo_of, send, services_behind
from support.live import live_server
from support.people import authenticate_by_header, headers_of
from support.serving import CLASSIFY, LABELS, GatedDetector, problem_of, serving, wait_until

JPEG: Final = {"Content-Type": "image/jpeg"}


def form(*contents: bytes) -> dict[str, Any]:
    return {"files": [("file", (f"{index}.jpg", content)) for index, content in enumerate(contents)]}


def test_max_body_bytes_counts_what_is_announced_and_what_comes() -> None:
    photo = pictures.jpeg()
    with serving(max_body_bytes=len(photo)) as client:
        assert client.post(CLASSIFY, content=photo, headers=JPEG).status_code == 200
        problem_of(client.post(CLASSIFY, content=photo + b"x", headers=JPEG), 413, "body_too_large")
        problem_of(client.post(CLASSIFY, content=iter((photo, b"x")), headers=JPEG), 413, "body_too_large")


def test_max_files() -> None:
    with serving(max_files=2) as client:
        assert client.post(CLASSIFY, **form(*[pictures.jpeg()] * 2)).status_code == 200
        problem_of(client.post(CLASSIFY, **form(*[pictures.jpeg()] * 3)), 413, "too_many_files")


def test_max_file_bytes() -> None:
    small, large = pictures.jpeg(), pictures.jpeg() + b"x"
    with serving(max_file_bytes=len(small)) as client:
        assert client.post(CLASSIFY, **form(small, small)).status_code == 200
        problem = problem_of(client.post(CLASSIFY, **form(small, large)), 413, "file_too_large")
    assert problem.media_index == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda width: pictures.jpeg(width, 60),
        lambda width: pictures.saved(pictures.marked(width, 60), "PNG"),
        lambda width: pictures.saved(pictures.marked(width, 60), "WEBP"),
        lambda width: pictures.heic(width, 60),
        lambda width: pictures.avif(width, 60),
    ],
    ids=["JPEG", "PNG", "WebP", "HEIC", "AVIF"],
)
def test_max_pixels(make: Any) -> None:  # noqa: ANN401 - a width makes a photo
    with serving(max_pixels=100 * 60) as client:
        assert client.post(CLASSIFY, **form(make(100))).status_code == 200
        problem_of(client.post(CLASSIFY, **form(make(102))), 413, "image_too_large")


def test_max_text_chars_counts_characters_and_not_bytes() -> None:
    with serving(max_text_chars=4) as client:
        assert client.post(CLASSIFY, **form(pictures.jpeg()), data={"text": "井盖缺失"}).status_code == 200
        problem_of(client.post(CLASSIFY, **form(pictures.jpeg()), data={"text": "井盖缺失。"}), 413, "text_too_long")


@pytest.mark.parametrize("field", ["address", "reporter", "external_id"])
def test_max_chars_of_the_words_beside(field: str) -> None:
    """max_address_chars, max_reporter_chars, max_external_id_chars."""
    limits: dict[str, Any] = {f"max_{field}_chars": 4}
    within: dict[str, Any] = {field: "四个字吧"}
    beyond: dict[str, Any] = {field: "四个字吧。"}
    with serving(authenticate=authenticate_by_header, **limits) as client:
        assert send(client, **within).status_code == 201
        problem_of(send(client, **beyond), 413, "text_too_long")


def test_max_received_bytes_is_one_memory_for_all() -> None:
    """One sender waits in the middle of a body that fills most of it; another one is told to come back."""
    photo = pictures.jpeg(800, 600)
    detector = ScriptedDetector([Detections.empty(LABELS)])
    with live_server(detector, max_received_bytes=len(photo) + 1000) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(_head(len(photo)) + photo[:-1])
            held = f"hazardlens_received_bytes {len(photo) - 1:.1f}"
            wait_until(lambda: held in httpx2.get(f"{address}/metrics").text)
            refused = httpx2.post(f"{address}{CLASSIFY}", content=photo, headers={"Content-Type": "image/jpeg"})
            slow.sendall(photo[-1:])
            answered = slow.recv(65536)
    problem_of(refused, 503, "overloaded")
    assert "retry-after" in refused.headers
    assert answered.startswith(b"HTTP/1.1 200")


def _head(length: int) -> bytes:
    lines = (f"POST {CLASSIFY} HTTP/1.1", "Host: x", "Content-Type: image/jpeg", f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def test_inference_threads_and_queue_length_bound_what_is_under_way() -> None:
    gated = GatedDetector()
    with serving(gated, inference_threads=1, queue_length=1) as client, ThreadPoolExecutor(3) as threads:
        gated.gate.set()
        assert client.post(CLASSIFY, **form(pictures.jpeg())).status_code == 200
        gated.gate.clear()
        pool = services_behind(client).pool
        with contextlib.ExitStack() as stack:
            stack.callback(gated.gate.set)
            first = threads.submit(client.post, CLASSIFY, **form(pictures.jpeg()))
            wait_until(lambda: pool.running == 1)
            second = threads.submit(client.post, CLASSIFY, **form(pictures.jpeg()))
            wait_until(lambda: pool.waiting == 1)
            assert pool.running == 1
            problem_of(client.post(CLASSIFY, **form(pictures.jpeg())), 503, "overloaded")
        answers: list[Response] = [first.result(), second.result()]
    assert [answer.status_code for answer in answers] == [200, 200]


def test_preview_side_px_bounds_what_everybody_sees() -> None:
    with serving(authenticate=authenticate_by_header, preview_side_px=64) as client:
        report = send(client, photo_of(1)).json()
        preview = client.get(report["media"][0]["urls"]["preview"], headers=headers_of("li"))
    assert preview.status_code == 200, preview.text
    assert Image.open(io.BytesIO(preview.content)).size == (64, 48)
