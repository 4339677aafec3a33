"""Every way in which `/v1/classify` refuses, with its status and its code."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from hazardlens.serve.catalogue import CATALOGUE
from hazardlens.serve.documents import CLASSIFY_CODES
from support import broken_pictures, huge_pictures, pictures
from support.serving import CLASSIFY, problem_of, serving

MAX_BODY_BYTES: Final = 600_000


MAX_FILE_BYTES: Final = 300_000


MAX_TEXT_CHARS: Final = 50


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(max_body_bytes=MAX_BODY_BYTES, max_file_bytes=MAX_FILE_BYTES, max_text_chars=MAX_TEXT_CHARS) as client:
        yield client


def send(client: TestClient, *, query: str = "", **request: Any) -> Response:  # noqa: ANN401 - what httpx takes
    return client.post(CLASSIFY + query, **request)


def photos(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (f"{index}.jpg", content)) for index, content in enumerate(contents)]


def form(body: bytes, content_type: str = "multipart/form-data; boundary=XX") -> dict[str, Any]:
    return {"content": body, "headers": {"Content-Type": content_type}}


def field(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    return b'--XX\r\nContent-Disposition: form-data; name="' + name + b'"' + more + b"\r\n\r\n" + value + b"\r\n"


def chunked(size: int) -> Iterator[bytes]:
    yield b"--XX\r\n"
    for _ in range(size // 1000):
        yield b"x" * 1000


def json_media(data: str, **more: object) -> dict[str, Any]:
    return {"json": {"media": [{"name": "a.jpg", "data": data}], **more}}


FILE: Final = field(b"file", pictures.jpeg(), b'; filename="a.jpg"')


END: Final = b"--XX--\r\n"


# name: (status, code, the request)
REFUSED: Final[dict[str, tuple[int, str, Callable[[], dict[str, Any]]]]] = {
    # The list
    "no file": (422, "no_file", lambda: form(field(b"text", b"hello") + END)),
    "nine files": (413, "too_many_files", lambda: {"files": photos(*[pictures.jpeg()] * 9)}),
    "0 bytes": (422, "image_empty", lambda: {"files": photos(b"")}),
    "text named .jpg": (415, "image_format_unsupported", lambda: {"files": photos(broken_pictures.text_named_jpg())}),
    "truncated JPEG": (422, "image_broken", lambda: {"files": photos(broken_pictures.truncated_jpeg())}),
    "PNG of 16384x16384": (413, "image_too_large", lambda: {"files": photos(huge_pictures.png_bomb())}),
    "body over the limit": (413, "body_too_large", lambda: {"files": photos(bytes(MAX_BODY_BYTES))}),
    "body over the limit, in chunks": (413, "body_too_large", lambda: form(chunked(MAX_BODY_BYTES + 9000))),  # type: ignore[arg-type]
    "GIF": (415, "image_format_unsupported", lambda: {"files": photos(broken_pictures.gif())}),
    "broken HEIC": (422, "image_broken", lambda: {"files": photos(broken_pictures.broken_heic())}),
    "wrong multipart: no boundary": (400, "multipart_invalid", lambda: form(FILE + END, "multipart/form-data")),
    "wrong multipart: other boundary": (
        *(400, "multipart_invalid"),
        lambda: form(FILE + END, "multipart/form-data; boundary=YY"),
    ),
    "wrong multipart: cut off": (400, "multipart_invalid", lambda: form(FILE)),
    "wrong multipart: empty": (400, "multipart_invalid", lambda: form(b"")),
    "wrong multipart: nameless part": (
        *(400, "multipart_invalid"),
        lambda: form(b"--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END),
    ),
    "wrong multipart: hundreds of parts": (
        *(400, "multipart_invalid"),
        lambda: form(field(b"text", b"") * 500 + END),
    ),
    "wrong multipart: endless boundary": (
        *(400, "multipart_invalid"),
        lambda: form(FILE + END, "multipart/form-data; boundary=" + "X" * 500),
    ),
    "query value not a number": (
        *(422, "field_invalid"),
        lambda: {"files": photos(pictures.jpeg()), "params": {"min_confidence": "high"}},
    ),
    "unknown query parameter": (
        *(422, "field_unknown"),
        lambda: {"files": photos(pictures.jpeg()), "params": {"unknown": "x"}},
    ),
    "text not UTF-8": (400, "text_not_utf8", lambda: form(FILE + field(b"text", b"\xb2\xbb\xca\xc7") + END)),
    # The same in the other forms, and what else can be wrong
    "query not UTF-8": (400, "text_not_utf8", lambda: {**form(b"x", "image/jpeg"), "query": "?text=%b2%bb"}),
    "field's name not UTF-8": (400, "text_not_utf8", lambda: form(FILE + field(b"\xff", b"x") + END)),
    "JSON not UTF-8": (
        *(400, "text_not_utf8"),
        lambda: form(b'{"media": [], "text": "\xb2\xbb"}', "application/json"),
    ),
    "JSON broken": (400, "json_invalid", lambda: form(b'{"media": [', "application/json")),
    "JSON empty": (400, "json_invalid", lambda: form(b"", "application/json")),
    "JSON with half a character": (
        *(400, "json_invalid"),
        lambda: form(b'{"media": [], "text": "\\ud83d"}', "application/json"),
    ),
    "JSON of a hundred thousand lists": (400, "json_invalid", lambda: form(b"[" * 100_000, "application/json")),
    "JSON of many nothings": (
        *(400, "json_invalid"),
        lambda: form(b'{"media": [' + b"{}," * 100_000 + b"{}]}", "application/json"),
    ),
    "JSON list": (422, "field_invalid", lambda: form(b"[]", "application/json")),
    "JSON without media": (422, "field_invalid", lambda: {"json": {"text": "x"}}),
    "JSON with another key": (422, "field_unknown", lambda: {"json": {"media": [], "url": "http://example.org/a.jpg"}}),
    "JSON with no media": (422, "no_file", lambda: {"json": {"media": []}}),
    "JSON with nine media": (413, "too_many_files", lambda: {"json": {"media": [{"data": ""}] * 9}}),
    "JSON media not base64": (422, "base64_invalid", lambda: json_media("not base64!")),
    "JSON media in Chinese": (422, "base64_invalid", lambda: json_media("照片")),
    "JSON media empty": (422, "image_empty", lambda: json_media("")),
    "JSON media a GIF": (
        *(415, "image_format_unsupported"),
        lambda: json_media(base64.b64encode(broken_pictures.gif()).decode()),
    ),
    "JSON min_confidence 2": (422, "field_invalid", lambda: json_media("", min_confidence=2)),
    "JSON min_confidence NaN": (
        *(422, "field_invalid"),
        lambda: form(b'{"media": [], "min_confidence": NaN}', "application/json"),
    ),
    "raw body empty": (422, "image_empty", lambda: form(b"", "image/jpeg")),
    "raw body not a photo": (415, "image_format_unsupported", lambda: form(b"hello", "image/jpeg")),
    "raw body with unknown parameter": (
        *(422, "field_unknown"),
        lambda: {**form(pictures.jpeg(), "image/jpeg"), "params": {"lang": "zh"}},
    ),
    "raw body with a parameter twice": (
        *(422, "field_invalid"),
        lambda: {**form(pictures.jpeg(), "image/jpeg"), "params": [("text", "a"), ("text", "b")]},
    ),
    "hundreds of parameters": (
        *(422, "field_invalid"),
        lambda: {**form(pictures.jpeg(), "image/jpeg"), "params": [("text", "a")] * 300},
    ),
    "name beside a form": (
        *(422, "field_unknown"),
        lambda: {"files": photos(pictures.jpeg()), "params": {"name": "a.jpg"}},
    ),
    "unknown form field": (422, "field_unknown", lambda: {"files": [("image", ("a.jpg", pictures.jpeg()))]}),
    "text twice": (422, "field_invalid", lambda: form(FILE + field(b"text", b"a") * 2 + END)),
    "text in form and query": (
        *(422, "field_invalid"),
        lambda: {"files": photos(pictures.jpeg()), "data": {"text": "a"}, "params": {"text": "a"}},
    ),
    "min_confidence with unit": (422, "field_invalid", lambda: form(FILE + field(b"min_confidence", b"50%") + END)),
    "min_confidence nan": (422, "field_invalid", lambda: form(FILE + field(b"min_confidence", b"nan") + END)),
    "min_confidence -0.1": (422, "field_invalid", lambda: form(FILE + field(b"min_confidence", b"-0.1") + END)),
    "min_confidence of a mile": (
        *(422, "field_invalid"),
        lambda: form(FILE + field(b"min_confidence", b"1" * 100_000) + END),
    ),
    "file field of a form without files": (422, "no_file", lambda: form(field(b"file", b"", b'; filename=""') + END)),
    "text too long": (413, "text_too_long", lambda: form(FILE + field(b"text", b"x" * (MAX_TEXT_CHARS + 1)) + END)),
    "file too large": (413, "file_too_large", lambda: {"files": photos(pictures.jpeg(), bytes(MAX_FILE_BYTES + 1))}),
    "no body, no type": (415, "content_type_unsupported", dict),
    "urlencoded form": (415, "content_type_unsupported", lambda: {"data": {"text": "x"}}),
    "audio": (415, "content_type_unsupported", lambda: form(b"x", "audio/mpeg")),
    "video in name only": (415, "image_format_unsupported", lambda: form(b"x", "video/mp4")),
    "strange type": (415, "content_type_unsupported", lambda: form(b"x", ";;=")),
    "second of two broken": (
        *(422, "image_broken"),
        lambda: {"files": photos(pictures.jpeg(), broken_pictures.truncated_jpeg())},
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(client: TestClient, name: str) -> None:
    status, code, request = REFUSED[name]
    problem = problem_of(send(client, **request()), status, code)
    assert problem.instance == CLASSIFY
    assert problem.title == CATALOGUE[code].title


def test_a_jpeg_of_a_hundred_megapixels_is_refused_before_decoding() -> None:
    with serving() as client:
        problem = problem_of(send(client, files=photos(huge_pictures.huge_jpeg())), 413, "image_too_large")
    assert "9643x10328" in problem.detail


def test_the_photo_at_fault_is_named(client: TestClient) -> None:
    response = send(client, files=photos(pictures.jpeg(), broken_pictures.truncated_jpeg()))
    problem = problem_of(response, 422, "image_broken")
    assert (problem.media_index, problem.media_name) == (1, "1.jpg")


@pytest.mark.parametrize("code", ["too_many_files", "text_too_long", "no_file", "body_too_large"])
def test_no_photo_is_named_where_none_is_at_fault(client: TestClient, code: str) -> None:
    request = next(request for _, found, request in REFUSED.values() if found == code)
    assert "media" not in send(client, **request()).text.replace("urn:", "").replace("multipart", "").split('"code"')[1]


def test_refusals_repeat_nothing_of_the_content(client: TestClient) -> None:
    number = "13800138000"
    for request in (
        form(FILE + field(b"text", number.encode() * 9) + END),
        form(json.dumps({"media": number, "text": 5}).encode(), "application/json"),
        json_media(f"!{number}"),
    ):
        assert number not in send(client, **request).text


def test_all_codes_that_a_request_can_cause_are_documented_for_the_route() -> None:
    caused = {code for _, code, _ in REFUSED.values()}
    assert caused <= set(CLASSIFY_CODES)
