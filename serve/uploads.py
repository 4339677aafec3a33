"""From a received request to photos, a clip and words: a form, a raw file, or JSON with base64, all meaning the same.

Pure functions on bytes: they run in a worker thread, because a large JSON body would hold up the event loop.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header

from hazardlens.model.pipeline import Upload
from hazardlens.model.video.formats import HEAD_BYTES, video_format
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
from hazardlens.serve.json_body import JsonBody, MediaBody, parse_json_body
from hazardlens.serve.multipart import Part, parse_multipart
from hazardlens.serve.names import clean_name

FILE_FIELD: Final = "file"
TEXT_FIELD: Final = "text"
MIN_CONFIDENCE_FIELD: Final = "min_confidence"
NAME_PARAMETER: Final = "name"
_SPARE_PARTS: Final = 8
"""Parts beyond the allowed ones that are still read, so that the answer can name what is wrong with them."""
_MAX_PARAMETERS: Final = 16


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one request may hold."""

    max_files: int
    max_file_bytes: int
    max_text_chars: int
    max_video_bytes: int


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
class BodyKind:
    """What an endpoint takes beside photos.

    Attributes:
        fields: names of its form fields, which are query parameters for a raw body.
        json_model: the same as JSON; its other fields have the names of `fields`.
        photos_beside_clip: whether a clip may come with photos.
    """

    fields: tuple[str, ...]
    json_model: type[MediaBody]
    photos_beside_clip: bool


CLASSIFY_BODY: Final = BodyKind((TEXT_FIELD, MIN_CONFIDENCE_FIELD), JsonBody, photos_beside_clip=False)


@dataclass(frozen=True, slots=True)
class SentFiles:
    """The files of a request, within all limits.

    Attributes:
        photos: in the order sent.
        clip: at most one.
        clip_at: its place among all files.
    """

    photos: tuple[Upload, ...]
    clip: Upload | None = None
    clip_at: int = 0

    def place_of(self, photo: int) -> int:
        """The place among all files of a photo, counted among the photos."""
        return photo if self.clip is None or photo < self.clip_at else photo + 1


@dataclass(frozen=True, slots=True)
class FilesAndFields:
    """Files within all limits, and the fields that were sent with them, each once, not looked at yet."""

    files: SentFiles
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Submission:
    """What a classify request asks for, within all limits."""

    files: SentFiles
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
    if media_type in {"multipart/form-data", "application/json"} or media_type.startswith(("image/", "video/")):
        return media_type
    found = f"found {media_type[:80]!r}" if media_type else "the request has none"
    raise ContentTypeError(f"send multipart/form-data, application/json, image/* or video/* as Content-Type; {found}")


def read_submission(received: Received, limits: UploadLimits) -> Submission:
    """Read and check a whole classify request.

    Raises:
        RequestError: it cannot be read or breaks a limit; each way to fail has its own class and code.
    """
    sent = read_files_and_fields(received, limits, CLASSIFY_BODY)
    return Submission(
        files=sent.files,
        text=check_chars(TEXT_FIELD, sent.fields.get(TEXT_FIELD, ""), limits.max_text_chars),
        min_confidence=read_min_confidence(sent.fields.get(MIN_CONFIDENCE_FIELD)),
    )


def read_files_and_fields(received: Received, limits: UploadLimits, kind: BodyKind) -> FilesAndFields:
    """Read a whole request of any form, and check its files' number and bytes.

    Raises:
        RequestError: it cannot be read, has an unknown field or breaks a limit.
    """
    media_type = check_content_type(received.content_type)
    parameters = read_query(received.query, (*kind.fields, NAME_PARAMETER))
    if media_type == "multipart/form-data":
        most = limits.max_files + _SPARE_PARTS
        parts = parse_multipart(received.content_type, received.body, max_parts=most, file_field=FILE_FIELD)
        raw = _sort_parts(parts, kind.fields)
    elif media_type == "application/json":
        raw = _Raw(*parse_json_body(received.body, kind.json_model))
    else:
        raw = _Raw([(parameters.pop(NAME_PARAMETER, None), received.body)], [])
    fields = _fields_once([*raw.fields, *parameters.items()], kind.fields)
    files = _check_files(raw.files, limits)
    if files.clip is not None and files.photos and not kind.photos_beside_clip:
        raise TooManyFilesError(f"found {len(files.photos)} photos beside a clip; send it alone")
    return FilesAndFields(files, fields)


def read_min_confidence(value: str | None) -> float | None:
    """A share in 0..1; None and "" mean that none was given, as an empty form field does.

    Raises:
        FieldInvalidError: anything else.
    """
    return read_number(MIN_CONFIDENCE_FIELD, value, 0, 1)


def read_number(name: str, value: str | None, least: float, most: float) -> float | None:
    """A field's number within bounds; None and "" mean that none was given, as an empty form field does.

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
    if not least <= number <= most:
        raise FieldInvalidError(f"{name}: expected a number from {least:g} to {most:g}, found {value[:40]!r}")
    return number


def check_chars(name: str, value: str, max_chars: int) -> str:
    """The value, if it is not too long.

    Raises:
        TextTooLongError: it is.
    """
    if len(value) > max_chars:
        raise TextTooLongError(f"{name}: {len(value)} characters; the limit is {max_chars}")
    return value


def read_query(query: bytes, known: tuple[str, ...]) -> dict[str, str]:
    """The parameters of a query string, each at most once.

    Args:
        query: still encoded.
        known: the names that there are.

    Raises:
        TextNotUtf8Error: not UTF-8 once decoded.
        FieldUnknownError: another name.
        FieldInvalidError: a parameter given twice or with U+0000 in it, or far too many.
    """
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except UnicodeDecodeError as error:
        raise TextNotUtf8Error("a query parameter is not UTF-8") from error
    except ValueError as error:
        raise FieldInvalidError(f"more than {_MAX_PARAMETERS} query parameters") from error
    fields = _fields_once(pairs, known)
    for name, value in fields.items():
        if "\0" in value:  # PostgreSQL takes every character but this one
            raise FieldInvalidError(f"{name}: contains the character U+0000")
    return fields


def _fields_once(pairs: Iterable[tuple[str, str]], known: tuple[str, ...]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise FieldUnknownError(
                f"{_show(name)}: no such field or parameter here; known are {', '.join(known) or 'none'}"
            )
        if name in fields:
            raise FieldInvalidError(f"{name}: given more than once")
        fields[name] = value
    return fields


def _sort_parts(parts: list[Part], fields: tuple[str, ...]) -> _Raw:
    raw = _Raw([], [])
    for part in parts:
        if part.field == FILE_FIELD:
            # A browser sends an empty, nameless part for a file input that nobody used.
            if part.data or part.filename:
                raw.files.append((part.filename, part.data))
        elif part.field in fields:
            raw.fields.append((part.field, _decode(part)))
        else:
            known = ", ".join((FILE_FIELD, *fields))
            raise FieldUnknownError(f"{_show(part.field)}: no such field in this form; known are {known}")
    return raw


def _decode(part: Part) -> str:
    try:
        return part.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TextNotUtf8Error(f"{part.field}: byte {error.start} is not UTF-8") from error


def _check_files(files: list[tuple[str | None, bytes]], limits: UploadLimits) -> SentFiles:
    if not files:
        raise NoFileError(f"send 1 to {limits.max_files} photos, or a clip, each in a field named {FILE_FIELD!r}")
    if len(files) > limits.max_files:
        raise TooManyFilesError(f"found {len(files)} files; the limit is {limits.max_files}")
    uploads = [Upload(clean_name(name, index=index), data) for index, (name, data) in enumerate(files)]
    clips = [index for index, one in enumerate(uploads) if video_format(one.data[:HEAD_BYTES]) is not None]
    for index, upload in enumerate(uploads):
        kind, most = ("clip", limits.max_video_bytes) if index in clips else ("photo", limits.max_file_bytes)
        if len(upload.data) > most:
            raise FileTooLargeError(
                f"{len(upload.data)} bytes; the limit for one {kind} is {most}",
                media_index=index,
                media_name=upload.name,
            )
    if len(clips) > 1:
        raise TooManyFilesError(f"found {len(clips)} clips; the limit is 1")
    photos = tuple(one for index, one in enumerate(uploads) if index not in clips)
    return SentFiles(photos, uploads[clips[0]], clips[0]) if clips else SentFiles(photos)


def _show(name: str) -> str:
    return repr(name if len(name) <= 40 else name[:39] + "…")
