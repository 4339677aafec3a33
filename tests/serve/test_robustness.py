"""What nobody planned: noise from strangers."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from support import broken_pictures, pictures
from support.serving import CLASSIFY, GatedDetector, problem_of, serving

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
photos = st.binary(max_size=100) | st.sampled_from(
    [
        pictures.jpeg(),
        pictures.jpeg()[:200],
        pictures.webp(),
        broken_pictures.gif(),
        b"\xff\xd8\xff",
        b"RIFF0000WEBP",
        b"",
    ]
)
headers = st.sampled_from(
    [
        "multipart/form-data; boundary=XX",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="X',
        "multipart/mixed; boundary=XX",
        "application/json",
        "image/jpeg",
        "image/",
        "text/plain",
        "",
        "\xff",
    ]
)
bodies = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.builds(
            lambda name, file, data: (
                b"--XX\r\nContent-Disposition: form-data; name=" + name + file + b"\r\n\r\n" + data + b"\r\n"
            ),
            st.sampled_from([b'"file"', b'"text"', b'"min_confidence"', b"file", b'"\xff"', b"", b'"x"']),
            st.sampled_from([b"", b'; filename="a.jpg"', b"; filename=", b"; filename*=UTF-8''%ff", b"\r\nX: \xff"]),
            photos,
        ),
        max_size=4,
    ).map(lambda parts: b"".join(parts) + b"--XX--"),
    st.builds(lambda text, data: f'{{"media":[{{"data":"{data}"}}],"text":"{text}"}}'.encode(), words, words),
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving() as client:
        yield client


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(headers, bodies, st.sampled_from(["", "?text=%ff", "?min_confidence=x", "?a", "?text=a"]))
def test_noise_is_never_an_error_of_ours(client: TestClient, content_type: str, body: bytes, query: str) -> None:
    sent = {"Content-Type": content_type.encode("latin-1")}
    response = client.post(CLASSIFY + query, content=body, headers=sent)  # type: ignore[arg-type]
    if response.status_code != 200:
        assert 400 <= response.status_code < 500, response.text
        problem_of(response, response.status_code, response.json()["code"])


@settings(max_examples=40, deadline=None)
@given(names=st.lists(words, min_size=1, max_size=3), text=words, data=st.lists(photos, min_size=1, max_size=3))
def test_well_formed_requests_with_odd_content_are_answered(
    client: TestClient, names: list[str], text: str, data: list[bytes]
) -> None:
    files = [("file", (name or "a", content)) for name, content in zip(names, data, strict=False)]
    response = client.post(CLASSIFY, files=files, data={"text": text})
    assert response.status_code < 500, response.text


def test_one_client_s_broken_photos_do_not_hold_up_another_s(client: TestClient) -> None:
    for _ in range(40):
        problem_of(client.post(CLASSIFY, files={"file": broken_pictures.truncated_jpeg()}), 422, "image_broken")
    assert client.post(CLASSIFY, files={"file": pictures.jpeg()}).status_code == 200
    metrics = client.get("/metrics").text
    assert "\nhazardlens_queue_length 0.0\n" in metrics
    assert "\nhazardlens_received_bytes 0.0\n" in metrics


def test_a_stop_while_photos_are_waiting_ends() -> None:
    detector = GatedDetector()
    with serving(detector, inference_threads=1, queue_length=4) as client:
        asked = [
            threading.Thread(target=lambda: client.post(CLASSIFY, files={"file": pictures.jpeg()})) for _ in range(3)
        ]
        for thread in asked:
            thread.start()
        assert detector.entered.acquire(timeout=10)
        detector.gate.set()
        for thread in asked:
            thread.join()
    assert detector.photos_seen == 3
