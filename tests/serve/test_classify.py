import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest
from httpx2 import Response
from PIL import Image
from starlette.testclient import TestClient

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from hazardlens.model.images import Photo
from hazardlens.model.pipeline import Classification
from support import pictures
from support.serving import CLASSIFY, LABELS, found, serving

MANHOLE: Final = "manhole_open"


def _clutter_and_a_doubtful_manhole(_: Photo) -> Detections:
    both = (found("stacked_clutter", 0.9), found(MANHOLE, 0.2))
    return Detections(
        np.concatenate([one.boxes_xyxy for one in both]),
        np.concatenate([one.confidences for one in both]),
        np.concatenate([one.label_ids for one in both]),
        LABELS,
    )


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(ScriptedDetector(_clutter_and_a_doubtful_manhole)) as client:
        yield client


def answer_of(response: Response) -> Classification:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return Classification.model_validate_json(response.content)


def as_form(photo: bytes, text: str) -> dict[str, Any]:
    return {"files": {"file": ("a.jpg", photo)}, "data": {"text": text, "min_confidence": "0.1"}}


def as_raw(photo: bytes, text: str) -> dict[str, Any]:
    return {
        "content": photo,
        "headers": {"Content-Type": "image/jpeg"},
        "params": {"text": text, "min_confidence": "0.1", "name": "a.jpg"},
    }


def as_json(photo: bytes, text: str) -> dict[str, Any]:
    data = base64.b64encode(photo).decode()
    return {"json": {"media": [{"name": "a.jpg", "data": data}], "text": text, "min_confidence": 0.1}}


def as_data_url(photo: bytes, text: str) -> dict[str, Any]:
    body = as_json(photo, text)
    body["json"]["media"][0]["data"] = "data:image/jpeg;base64," + body["json"]["media"][0]["data"]
    return body


def as_broken_lines(photo: bytes, text: str) -> dict[str, Any]:
    body = as_json(photo, text)
    body["json"]["media"][0]["data"] = base64.encodebytes(photo).decode()
    return body


@pytest.mark.parametrize("form", [as_raw, as_json, as_data_url, as_broken_lines])
def test_all_forms_of_a_request_get_the_same_answer(
    client: TestClient, form: Callable[[bytes, str], dict[str, Any]]
) -> None:
    text = "井盖没了 🙏 manhole"
    expected, answer = (answer_of(client.post(CLASSIFY, **build(pictures.jpeg(), text))) for build in (as_form, form))
    for name in ("model", "policy", "prefill", "media"):
        assert getattr(answer, name) == getattr(expected, name)
    assert [item.label for item in answer.media[0].detections] == ["stacked_clutter", MANHOLE]


def test_the_answer_is_that_of_the_design(client: TestClient) -> None:
    answer = client.post(CLASSIFY, **as_form(pictures.jpeg(96, 64), "")).json()
    assert list(answer) == ["request_id", "model", "policy", "prefill", "media", "timing_ms"]
    assert answer["media"][0] | {"detections": []} == {
        "name": "a.jpg",
        "kind": "image",
        "width": 96,
        "height": 64,
        "detections": [],
    }
    assert answer["media"][0]["detections"][0] == {
        "label": "stacked_clutter",
        "hazard": "stacked_clutter",
        "confidence": 0.9,
        "box": {"x_min": 2, "y_min": 3, "x_max": 12, "y_max": 15},
    }
    assert answer["prefill"]["category"] == "stacked_clutter"


def test_text_joins_the_decision() -> None:
    with serving() as client:
        silent = answer_of(client.post(CLASSIFY, files={"file": pictures.jpeg()}))
        spoken = answer_of(client.post(CLASSIFY, files={"file": pictures.jpeg()}, data={"text": "电梯坏了，有人被困"}))
    assert silent.prefill.category != "elevator_fault"
    assert spoken.prefill.category == "elevator_fault"


@pytest.mark.parametrize(
    ("min_confidence", "labels"),
    [
        (None, ["stacked_clutter"]),
        ("", ["stacked_clutter"]),
        ("0", ["stacked_clutter", MANHOLE]),
        ("0.2", ["stacked_clutter", MANHOLE]),
        ("2e-1", ["stacked_clutter", MANHOLE]),
        ("0.95", []),
        ("1", []),
    ],
)
def test_min_confidence_filters_the_list_and_not_the_decision(
    client: TestClient, min_confidence: str | None, labels: list[str]
) -> None:
    data = {} if min_confidence is None else {"min_confidence": min_confidence}
    answer = answer_of(client.post(CLASSIFY, files={"file": pictures.jpeg()}, data=data))
    assert [item.label for item in answer.media[0].detections] == labels
    assert answer.prefill.category == "stacked_clutter"


def test_eight_photos_are_answered_in_order(client: TestClient) -> None:
    files = [("file", (f"{width}.jpg", pictures.jpeg(width, 32))) for width in range(40, 48)]
    answer = answer_of(client.post(CLASSIFY, files=files))
    assert [(item.name, item.width) for item in answer.media] == [(f"{width}.jpg", width) for width in range(40, 48)]


@pytest.mark.parametrize(
    "make",
    [
        *(pytest.param(make, id=name) for name, make in pictures.MARKED.items()),
        pytest.param(pictures.grey_jpeg, id="grey JPEG"),
        pytest.param(pictures.grey_16_bit_png, id="16-bit grey PNG"),
        pytest.param(pictures.grey_transparent_png, id="grey PNG with transparency"),
        pytest.param(pictures.one_bit_png, id="1-bit PNG"),
    ],
)
@pytest.mark.parametrize("content_type", ["image/jpeg", "image/anything"])
def test_awkward_photos_work_whatever_they_are_called(
    client: TestClient, make: Callable[[], bytes], content_type: str
) -> None:
    response = client.post(CLASSIFY, content=make(), headers={"Content-Type": content_type})
    (media,) = answer_of(response).media
    # The one whose EXIF stands behind the pixels is stored turned as well.
    assert sorted((media.width, media.height)) == [64, 96]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_are_those_of_the_upright_photo(client: TestClient, orientation: int) -> None:
    (media,) = answer_of(client.post(CLASSIFY, files={"file": pictures.oriented(orientation)})).media
    assert (media.width, media.height) == (96, 64)


def test_a_pixel_and_a_panorama() -> None:
    with serving() as client:
        files = [("file", ("1.png", pictures.one_pixel())), ("file", ("2.jpg", pictures.panorama()))]
        sizes = [(item.width, item.height) for item in answer_of(client.post(CLASSIFY, files=files)).media]
    assert sizes == [(1, 1), (20000, 200)]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a.jpg", "a.jpg"),
        ("照片 😀👨‍👩‍👧.jpg", "照片 😀👨‍👩‍👧.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.jpg", "a.jpg"),
        ("..", "photo-1"),
        ("/", "photo-1"),
        (" ", "photo-1"),
        ("a\tb\x00.jpg", "ab.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 5000 + ".jpeg", "x" * 114 + "….jpeg"),
        ("<script>alert(1)</script>.png", "script>.png"),
    ],
)
def test_names_are_shown_again_and_harmless(client: TestClient, sent: str, shown: str) -> None:
    media = [{"name": sent, "data": base64.b64encode(pictures.jpeg()).decode()}]
    answer = answer_of(client.post(CLASSIFY, json={"media": media}))
    assert answer.media[0].name == shown


def _form_with_name(disposition: bytes) -> dict[str, Any]:
    head = b'--XX\r\nContent-Disposition: form-data; name="file"' + disposition + b"\r\n\r\n"
    return {
        "content": head + pictures.jpeg() + b"\r\n--XX--\r\n",
        "headers": {"Content-Type": 'multipart/form-data; boundary="XX"'},
    }


@pytest.mark.parametrize(
    ("disposition", "shown"),
    [
        (b"", "photo-1"),
        (b'; filename=""', "photo-1"),
        (b"; filename=plain.jpg", "plain.jpg"),
        ('; filename="井盖 😀.jpg"'.encode(), "井盖 😀.jpg"),
        (b'; filename="\xbe\xae\xb8\xc7.jpg"', "����.jpg"),
        (b"; filename*=UTF-8''%E4%BA%95%E7%9B%96.jpg", "井盖.jpg"),
        (b'; filename="a\\"b.jpg"', 'a"b.jpg'),
    ],
)
def test_names_in_a_form_come_in_many_spellings(client: TestClient, disposition: bytes, shown: str) -> None:
    assert answer_of(client.post(CLASSIFY, **_form_with_name(disposition))).media[0].name == shown


def test_a_file_input_that_nobody_used_is_no_photo(client: TestClient) -> None:
    empty = b'--XX\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n'
    request = _form_with_name(b'; filename="a.jpg"')
    request["content"] = empty + request["content"]
    assert [item.name for item in answer_of(client.post(CLASSIFY, **request)).media] == ["a.jpg"]


def test_an_empty_file_with_a_name_is_told_about(client: TestClient) -> None:
    response = client.post(CLASSIFY, files={"file": ("a.jpg", b"")})
    assert response.json()["code"] == "image_empty"


def test_content_types_are_read_without_regard_to_case_and_parameters(client: TestClient) -> None:
    body = json.dumps(as_json(pictures.jpeg(), "")["json"])
    response = client.post(CLASSIFY, content=body, headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert answer_of(response).media


@pytest.mark.parametrize("sent", ["abc-123", "a" * 100, "2026:01.02_x"])
def test_a_sane_request_id_is_kept(client: TestClient, sent: str) -> None:
    response = client.post(CLASSIFY, files={"file": pictures.jpeg()}, headers={"X-Request-ID": sent})
    assert response.headers["x-request-id"] == answer_of(response).request_id == sent


@pytest.mark.parametrize("sent", ["", "a" * 101, "a b", "<x>", "-", "a\tb"])
def test_another_request_id_is_replaced(client: TestClient, sent: str) -> None:
    response = client.post(CLASSIFY, files={"file": pictures.jpeg()}, headers={"X-Request-ID": sent})
    assert response.headers["x-request-id"] == answer_of(response).request_id != sent


def test_photos_are_decoded_no_larger_than_the_model_needs() -> None:
    detector = ScriptedDetector([Detections.empty(LABELS)], input_size_px=64)
    picture = io.BytesIO()
    Image.new("RGB", (800, 600), "grey").save(picture, "JPEG")
    with serving(detector) as client:
        (media,) = answer_of(client.post(CLASSIFY, files={"file": picture.getvalue()})).media
    assert (media.width, media.height) == (800, 600)
    assert detector.photos[0].pixels.shape == (75, 100, 3)
