"""From a received request to photos and words: a form, a raw picture, or JSON with base64. All three mean the same.

Pure functions on bytes: they run in a worker thread, because a large JSON body would hold up the event loop.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header

from hazardlens.model.pipeline import Upload
from hazardlens.serve.errors import (
    ContentTypeError,
    FieldInvalidError,
    FieldUnknownError,
    FileTooLargeError,
    NoFileError,
    TextNotUtf8Error,
    TextTooLongError,
    TooManyFilesError,
)
from hazardlens.serve.json_body import parse_json_body
from hazardlens.serve.multipart import Part, parse_multipart
from hazardlens.serve.names import clean_name

FILE_FIELD: Final = "file"
TEXT_FIELD: Final = "text"
MIN_CONFIDENCE_FIELD: Final = "min_confidence"
NAME_PARAMETER: Final = "name"
_SPARE_PARTS: Final = 8
"""Parts beyond the allowed ones that are still read, so that the answer can name what is wrong with them."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one request may hold."""

    max_files: int
    max_file_bytes: int
    max_text_chars: int


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came, nothing read yet.

    Attributes:
        content_type: the header's value, "" where there is none.
        query: the query string, still encoded.
        body: the whole body.
    """

    content_type: str
    query: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Submission:
    """What a request asks for, within all limits."""

    uploads: tuple[Upload, ...]
    text: str = ""
    min_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class _Raw:
    """The same before the limits were checked."""

    files: list[tuple[str | None, bytes]]
    fields: list[tuple[str, str]]


def check_content_type(content_type: str) -> str:
    """The media type without parameters, lower case.

    Raises:
        ContentTypeError: it is none of those that `read_submission` can read.
    """
    media_type = parse_options_header(content_type)[0].decode("latin-1")
    if media_type in {"multipart/form-data", "application/json"} or media_type.startswith("image/"):
        return media_type
    found = f"found {media_type[:80]!r}" if media_type else "the request has none"
    raise ContentTypeError(f"send multipart/form-data, application/json or image/* as Content-Type; {found}")


def read_submission(received: Received, limits: UploadLimits) -> Submission:
    """Read and check a whole request.

    Raises:
        RequestError: it cannot be read or breaks a limit; each way to fail has its own class and code.
    """
    media_type = check_content_type(received.content_type)
    parameters = _read_query(received.query)
    if media_type == "multipart/form-data":
        parts = parse_multipart(received.content_type, received.body, max_parts=limits.max_files + _SPARE_PARTS)
        raw = _sort_parts(parts)
    elif media_type == "application/json":
        raw = _Raw(*parse_json_body(received.body))
    else:
        raw = _Raw([(parameters.pop(NAME_PARAMETER, None), received.body)], [])
    fields = _fields_once([*raw.fields, *parameters.items()])
    return Submission(
        uploads=_check_files(raw.files, limits),
        text=_check_text(fields.get(TEXT_FIELD, ""), limits),
        min_confidence=read_min_confidence(fields.get(MIN_CONFIDENCE_FIELD)),
    )


def read_min_confidence(value: str | None) -> float | None:
    """A share in 0..1; None and "" mean that none was given, as an empty form field does.

    Raises:
        FieldInvalidError: anything else.
    """
    if value is None or value == "":
        return None
    try:
        # Python reads more as a number than JSON does: "1_0", "１", and digits by the million.
        number = float(value) if re.fullmatch(r"[0-9.eE+-]{1,40}", value) else math.nan
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise FieldInvalidError(f"{MIN_CONFIDENCE_FIELD}: expected a number from 0 to 1, found {value[:40]!r}")
    return number


def _read_query(query: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_SPARE_PARTS)
    except UnicodeDecodeError as error:
        raise TextNotUtf8Error("a query parameter is not UTF-8") from error
    except ValueError as error:
        raise FieldInvalidError(f"more than {_SPARE_PARTS} query parameters") from error
    return _fields_once(pairs, known=(TEXT_FIELD, MIN_CONFIDENCE_FIELD, NAME_PARAMETER))


def _fields_once(
    pairs: Iterable[tuple[str, str]], known: tuple[str, ...] = (TEXT_FIELD, MIN_CONFIDENCE_FIELD)
) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise FieldUnknownError(f"{_show(name)}: no such field or parameter here; known are {', '.join(known)}")
        if name in fields:
            raise FieldInvalidError(f"{name}: given more than once")
        fields[name] = value
    return fields


def _sort_parts(parts: list[Part]) -> _Raw:
    raw = _Raw([], [])
    for part in parts:
        if part.field == FILE_FIELD:
            # A browser sends an empty, nameless part for a file input that nobody used.
            if part.data or part.filename:
                raw.files.append((part.filename, part.data))
        elif part.field in {TEXT_FIELD, MIN_CONFIDENCE_FIELD}:
            raw.fields.append((part.field, _decode(part)))
        else:
            known = f"{FILE_FIELD}, {TEXT_FIELD}, {MIN_CONFIDENCE_FIELD}"
            raise FieldUnknownError(f"{_show(part.field)}: no such field in this form; known are {known}")
    return raw


def _decode(part: Part) -> str:
    try:
        return part.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TextNotUtf8Error(f"{part.field}: byte {error.start} is not UTF-8") from error


def _check_files(files: list[tuple[str | None, bytes]], limits: UploadLimits) -> tuple[Upload, ...]:
    if not files:
        raise NoFileError(f"send 1 to {limits.max_files} photos, each in a field named {FILE_FIELD!r}")
    if len(files) > limits.max_files:
        raise TooManyFilesError(f"found {len(files)} photos; the limit is {limits.max_files}")
    uploads = tuple(Upload(clean_name(name, index=index), data) for index, (name, data) in enumerate(files))
    for index, upload in enumerate(uploads):
        if len(upload.data) > limits.max_file_bytes:
            raise FileTooLargeError(
                f"{len(upload.data)} bytes; the limit for one photo is {limits.max_file_bytes}",
                media_index=index,
                media_name=upload.name,
            )
    return uploads


def _check_text(text: str, limits: UploadLimits) -> str:
    if len(text) > limits.max_text_chars:
        raise TextTooLongError(f"{len(text)} characters; the limit is {limits.max_text_chars}")
    return text


def _show(name: str) -> str:
    return repr(name if len(name) <= 40 else name[:39] + "…")
