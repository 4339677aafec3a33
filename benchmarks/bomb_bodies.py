"""Requests that cost a careless reader seconds or gigabytes: JSON, forms and compressed bodies, one function each."""

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from bomb_photos import BOMBS

BODY_BYTES: Final = 60 * 1024 * 1024
_BOUNDARY: Final = b"bomb"
_FORM: Final = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
_JSON: Final = "application/json"
_PART: Final = b'--bomb\r\nContent-Disposition: form-data; name="text"\r\n'


@dataclass(frozen=True, slots=True)
class Body:
    """What to send.

    Attributes:
        content_type: the header's value.
        content: the body.
        coding: the Content-Encoding header's value; empty where there is none.
    """

    content_type: str
    content: bytes
    coding: str = ""


def photo(name: str) -> Body:
    """One of the photos, as a raw body."""
    return Body("image/jpeg", BOMBS[name]())


def gzip_of_nothing(content_type: str) -> Body:
    """A gigabyte of zeros, compressed."""
    return Body(content_type, _gzipped_gigabyte(), "gzip")


@cache
def _gzipped_gigabyte() -> bytes:
    return gzip.compress(bytes(1 << 20), 9) * 1024


def json_of_lists() -> Body:
    """Sixty million lists, one in the other."""
    return Body(_JSON, b"[" * BODY_BYTES)


def json_of_objects() -> Body:
    """Ten million objects, one in the other, where photos are expected."""
    return Body(_JSON, b'{"media":' + b'{"a":' * (BODY_BYTES // 5))


def json_of_one_number() -> Body:
    """A number of sixty million digits."""
    return Body(_JSON, b'{"media":[],"min_confidence":' + b"9" * BODY_BYTES + b"}")


def json_of_one_exponent() -> Body:
    """A number that would be larger than any memory, written out."""
    return Body(_JSON, b'{"media":[],"min_confidence":1e999999999}')


def json_of_values() -> Body:
    """Thirty million numbers."""
    return Body(_JSON, b'{"media":[' + b"0," * (BODY_BYTES // 2) + b"0]}")


def json_of_photos() -> Body:
    """Nineteen thousand empty photos."""
    return Body(_JSON, json.dumps({"media": [{"data": ""}] * 19_000}).encode())


def json_of_escapes() -> Body:
    """A text of ten million escaped characters."""
    return Body(_JSON, b'{"media":[],"text":"' + b"\\u4e95" * (BODY_BYTES // 6) + b'"}')


def json_of_spaces() -> Body:
    """Sixty million spaces."""
    return Body(_JSON, b" " * BODY_BYTES + b"{}")


def json_of_one_key() -> Body:
    """A key of sixty million letters."""
    return Body(_JSON, b'{"' + b"k" * BODY_BYTES + b'":1}')


def json_with_photo_bomb() -> Body:
    """A PNG of 60000 x 60000 in base64."""
    data = base64.b64encode(BOMBS["PNG 60000 x 60000"]()).decode()
    return Body(_JSON, json.dumps({"media": [{"data": data}]}).encode())


def form_of_parts() -> Body:
    """A hundred thousand parts."""
    return Body(_FORM, (_PART + b"\r\n\r\n") * 100_000 + b"--bomb--\r\n")


def form_of_headers() -> Body:
    """A part with millions of headers."""
    return Body(_FORM, _PART + b"A: b\r\n" * (BODY_BYTES // 6) + b"\r\n\r\n--bomb--\r\n")


def form_of_one_header() -> Body:
    """A part with a header of sixty million letters."""
    return Body(_FORM, _PART + b"A: " + b"b" * BODY_BYTES + b"\r\n\r\n\r\n--bomb--\r\n")


def form_of_parameters() -> Body:
    """A part whose disposition has millions of parameters."""
    head = b'--bomb\r\nContent-Disposition: form-data; name="text"' + b";a=b" * (BODY_BYTES // 4)
    return Body(_FORM, head + b"\r\n\r\n\r\n--bomb--\r\n")


def form_of_near_boundaries() -> Body:
    """A part full of what starts like its end."""
    return Body(_FORM, _PART + b"\r\n" + b"\r\n--bom" * (BODY_BYTES // 7) + b"\r\n--bomb--\r\n")


def form_of_line_ends() -> Body:
    """A part full of line ends."""
    return Body(_FORM, _PART + b"\r\n" + b"\r" * BODY_BYTES + b"\r\n--bomb--\r\n")


def form_with_a_preamble() -> Body:
    """Sixty million bytes before the first part."""
    return Body(_FORM, b"\r\n" * (BODY_BYTES // 2) + _PART + b"\r\n\r\n--bomb--\r\n")


def form_with_an_epilogue() -> Body:
    """Sixty million bytes behind the last part."""
    return Body(_FORM, _PART + b"\r\nx\r\n--bomb--\r\n" + b"\r\n" * (BODY_BYTES // 2))


BODY_BOMBS: Final[Mapping[str, Callable[[], Body]]] = {
    "gzip, as a photo": lambda: gzip_of_nothing("image/jpeg"),
    "gzip, as JSON": lambda: gzip_of_nothing(_JSON),
    "gzip, as a form": lambda: gzip_of_nothing(_FORM),
    "JSON lists": json_of_lists,
    "JSON objects": json_of_objects,
    "JSON one number": json_of_one_number,
    "JSON one exponent": json_of_one_exponent,
    "JSON values": json_of_values,
    "JSON photos": json_of_photos,
    "JSON escapes": json_of_escapes,
    "JSON spaces": json_of_spaces,
    "JSON one key": json_of_one_key,
    "JSON photo bomb": json_with_photo_bomb,
    "form parts": form_of_parts,
    "form headers": form_of_headers,
    "form one header": form_of_one_header,
    "form parameters": form_of_parameters,
    "form near boundaries": form_of_near_boundaries,
    "form line ends": form_of_line_ends,
    "form preamble": form_with_a_preamble,
    "form epilogue": form_with_an_epilogue,
}
