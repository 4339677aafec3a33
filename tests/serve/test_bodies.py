"""Reading bodies, without HTTP around it: what goes in comes out, and noise is refused in an orderly way."""

import asyncio
import base64
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from hazardlens.serve.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    JsonInvalidError,
    OverloadedError,
    RequestError,
)
from hazardlens.serve.json_body import parse_json_body
from hazardlens.serve.multipart import Part, parse_multipart
from hazardlens.serve.names import MAX_NAME_CHARS, clean_name
from hazardlens.serve.received import BodyMemory, Pace, receive_body
from hazardlens.serve.settings import load_settings
from hazardlens.serve.uploads import Received, Submission, UploadLimits, read_min_confidence, read_submission

FORM: Final = "multipart/form-data; boundary=XX"
PACE: Final = Pace(idle_timeout_s=0.05, min_bytes_per_s=1, timeout_s=5)
LIMITS: Final = UploadLimits(max_files=8, max_file_bytes=10_000, max_text_chars=1000, max_video_bytes=20_000)

printable = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), min_size=1, max_size=30)
contents = st.binary(max_size=300) | st.sampled_from([b"", b"\r\n", b"\r\n--", b"--", b"\r\n--X", b"\r\n--XY\r\n"])


def encode(parts: list[Part]) -> bytes:
    body = b""
    for part in parts:
        name = f'; filename="{part.filename}"' if part.filename is not None else ""
        body += f'--XX\r\nContent-Disposition: form-data; name="{part.field}"{name}\r\n\r\n'.encode()
        body += part.data + b"\r\n"
    return body + b"--XX--\r\n"


@given(st.lists(st.builds(Part, printable, st.none() | printable, contents), min_size=1, max_size=5))
def test_parts_come_out_as_they_went_in(parts: list[Part]) -> None:
    if any(b"\r\n--XX" in b"\r\n" + part.data for part in parts):
        return  # a boundary that occurs in the data is the sender's fault
    expected = [Part(part.field, part.filename, part.data) for part in parts]
    assert [strip_drive(part) for part in parse_multipart(FORM, encode(parts), max_parts=9, file_field="file")] == [
        strip_drive(part) for part in expected
    ]


def read_or_refuse(received: Received) -> Submission | None:
    """What a request says; None where it is refused in an orderly way."""
    try:
        return read_submission(received, LIMITS)
    except RequestError as refusal:
        if "\n" in refusal.detail or type(refusal) is RequestError:
            raise AssertionError(f"not one line of a kind of its own: {refusal!r}") from refusal
        return None


def strip_drive(part: Part) -> Part:
    """The parser cuts "C:" and what precedes it off names, as of a browser long gone."""
    return Part(part.field, None if part.filename is None else part.filename.split("\\")[-1], part.data)


@given(st.binary(max_size=400))
def test_noise_in_a_form_is_refused(noise: bytes) -> None:
    for body in (noise, b"--XX\r\n" + noise, encode([Part("file", "a", b"x")])[:-8] + noise):
        read_or_refuse(Received(FORM, b"", body))


@given(st.integers(0, 120))
def test_a_form_cut_off_anywhere_is_refused(cut: int) -> None:
    whole = encode([Part("file", "a.jpg", b"x" * 20), Part("text", None, b"hello")])
    if cut < len(whole) - 4:  # the last two hyphens and the line's end may be missing
        with pytest.raises(RequestError):
            read_submission(Received(FORM, b"", whole[:cut]), LIMITS)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), st.binary(max_size=200), st.floats(0, 1))
def test_json_comes_out_as_it_went_in(text: str, data: bytes, min_confidence: float) -> None:
    media = [{"name": text, "data": base64.b64encode(data).decode()}]
    body = json.dumps({"media": media, "text": text, "min_confidence": min_confidence}).encode()
    files, fields = parse_json_body(body)
    assert files == [(text, data)]
    values = dict(fields)
    assert values["text"] == text
    assert read_min_confidence(values["min_confidence"]) == min_confidence


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["media", "data", "name", "x"]), inner),
    max_leaves=20,
)


@given(json_values)
def test_other_json_is_refused(value: object) -> None:
    read_or_refuse(Received("application/json", b"", json.dumps(value).encode()))


def test_a_large_photo_whose_encoder_escapes_plus_signs_is_read() -> None:
    photo = random.Random(1).randbytes(12 * 1024 * 1024)  # noqa: S311 - chance, not secrets
    encoded = base64.b64encode(photo).replace(b"+", rb"\u002B")
    files, _ = parse_json_body(b'{"media": [{"data": "' + encoded + b'"}]}')
    assert files[0][1] == photo


@pytest.mark.parametrize(("escapes", "filler_bytes"), [(200_001, 0), (320_000, 13_000_000)])
def test_more_escapes_than_a_photo_has_are_refused(escapes: int, filler_bytes: int) -> None:
    with pytest.raises(JsonInvalidError, match="more escaped characters"):
        parse_json_body(b'{"media": [], "text": "' + rb"\u0041" * escapes + b"A" * filler_bytes + b'"}')


@given(st.text(max_size=300) | st.none(), st.integers(0, 7))
def test_clean_names_are_short_plain_and_stable(name: str | None, index: int) -> None:
    shown = clean_name(name, index=index)
    assert 1 <= len(shown) <= MAX_NAME_CHARS
    assert not set(shown) & set("/\\\n\r\t\0")
    assert shown not in {".", ".."}
    shown.encode()
    assert clean_name(shown, index=index) == shown


@given(st.text(max_size=20) | st.floats().map(str))
def test_min_confidence_is_a_share_or_refused(value: str) -> None:
    try:
        number = read_min_confidence(value)
    except RequestError:
        return
    assert number is None or 0 <= number <= 1


@given(st.binary(max_size=60))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    submission = read_or_refuse(Received("image/jpeg", query, b"x"))
    assert submission is None or submission.text.encode().decode() == submission.text


def request_of(messages: Iterator[dict[str, Any]]) -> Request:
    async def receive() -> dict[str, Any]:
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()
        return message or {}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def chunk(data: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


def receive(memory: BodyMemory, *messages: dict[str, Any], max_bytes: int | None = None, pace: Pace = PACE) -> bytes:
    with memory.hold("a") as hold:
        request = request_of(iter(messages))
        return asyncio.run(receive_body(request, hold=hold, pace=pace, max_bytes=max_bytes))


def test_chunks_make_a_body() -> None:
    memory = BodyMemory(10)
    assert receive(memory, chunk(b"abc"), chunk(b""), chunk(b"de", more=False)) == b"abcde"
    assert memory.held_bytes == 0


def test_a_large_body_is_put_together_away_from_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    handed_over = []

    async def in_thread(function: Callable[..., bytes], *args: list[bytes]) -> bytes:
        handed_over.append(len(args[0]))
        return function(*args)

    monkeypatch.setattr(asyncio, "to_thread", in_thread)
    half = bytes(2_500_000)
    assert len(receive(BodyMemory(6_000_000), chunk(half), chunk(half, more=False))) == 5_000_000
    assert receive(BodyMemory(10), chunk(b"abc", more=False)) == b"abc"
    assert len(handed_over) == 1


def test_a_body_of_few_bytes_is_refused_as_soon_as_it_has_more() -> None:
    memory = BodyMemory(10)
    assert receive(memory, chunk(b"abc"), chunk(b"d", more=False), max_bytes=4) == b"abcd"
    with pytest.raises(BodyTooLargeError):
        receive(memory, chunk(b"abc"), chunk(b"de"), max_bytes=4)
    assert memory.held_bytes == 0


def test_a_pause_is_the_end() -> None:
    memory, pace = BodyMemory(10), Pace.from_settings(load_settings(body_idle_timeout_s=0.05))
    with pytest.raises(BodyTimeoutError):
        receive(memory, chunk(b"abc"), pace=pace)
    assert memory.held_bytes == 0
    assert pace.patience_s(1.0, 1_000_000) == 0.05  # however much came before
    assert receive(memory, chunk(b"abc"), chunk(b"de", more=False), pace=pace) == b"abcde"


def test_a_client_that_leaves_gives_its_memory_back() -> None:
    memory = BodyMemory(10)
    with pytest.raises(ClientDisconnect):
        receive(memory, chunk(b"abc"), {"type": "http.disconnect"})
    assert memory.held_bytes == 0


def test_bodies_share_one_memory() -> None:
    memory = BodyMemory(10)
    with memory.hold("b") as other:
        other.add(6)
        with pytest.raises(OverloadedError) as refusal:
            receive(memory, chunk(b"abc"), chunk(b"de", more=False))
        assert refusal.value.retry_after_s
        assert memory.held_bytes == 6
        assert receive(memory, chunk(b"abcd", more=False)) == b"abcd"
    assert memory.held_bytes == 0
