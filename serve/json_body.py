"""Reads photos and words from a JSON body, for clients that can send neither a form nor raw bytes."""

import base64
import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from hazardlens.serve.errors import (
    Base64InvalidError,
    FieldInvalidError,
    FieldUnknownError,
    JsonInvalidError,
    RequestError,
    TextNotUtf8Error,
)
from hazardlens.serve.names import clean_name

_DATA_URL: Final = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_MAX_COMMAS: Final = 20_000
_MAX_ESCAPES: Final = 200_000
_BYTES_PER_ESCAPE: Final = 48  # base64 of a photo has 69 where an encoder writes + as \u002B, as .NET's does
_MAX_QUOTES: Final = 100_000
_MAX_NO_VALUE_BYTES: Final = 1024 * 1024


class MediaItem(BaseModel):
    """One photo."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = Field(None, description="Shown again in the answer.", examples=["a.jpg"])
    data: str = Field(
        description="The file in base64 (RFC 4648, standard alphabet); a data URL is understood too.",
        examples=["/9j/4AAQSkZJRgABAQAAAQABAAD…"],
    )


class MediaBody(BaseModel):
    """What the JSON bodies of all endpoints have in common."""

    model_config = ConfigDict(extra="forbid", strict=True)

    media: list[MediaItem] = Field(description="Photos of one hazard.")
    text: str | None = Field(None, description="The reporter's words.", examples=["井盖没了，旁边是学校"])


class JsonBody(MediaBody):
    """A classify request as JSON."""

    min_confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = Field(
        None, description="List detections from this raw score on.", examples=[0.5]
    )


def parse_json_body(
    body: bytes, model: type[MediaBody] = JsonBody
) -> tuple[list[tuple[str | None, bytes]], list[tuple[str, str]]]:
    """The files, as pairs of name and content, and the other fields, as pairs of name and value as a form has it.

    Args:
        body: the whole body.
        model: what the endpoint takes; its other fields are words and numbers.

    Raises:
        JsonInvalidError: not JSON, or of a shape that no request has.
        TextNotUtf8Error: not UTF-8.
        FieldUnknownError: a key that is not in the schema.
        FieldInvalidError: a key with a value of the wrong type or out of range.
        Base64InvalidError: a photo that is not base64.
    """
    _check_shape(body)
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        raise explain_json_error(error.errors(include_input=False)[0], body) from error
    files = [(item.name, _decode(item, index)) for index, item in enumerate(parsed.media)]
    others = {name: value for name, value in parsed if name != "media" and value is not None}
    return files, [(name, value if isinstance(value, str) else repr(value)) for name, value in others.items()]


def _check_shape(body: bytes) -> None:
    """Refuse what takes a parser many times the time or memory of a photo in base64, which is one long value."""
    # A list of millions of nothings takes thirty times its size to parse. Base64 has no commas, and a text few.
    if body.count(b",") > _MAX_COMMAS:
        raise JsonInvalidError("more values than a request can have")
    if body.count(b"\\u") > max(_MAX_ESCAPES, len(body) // _BYTES_PER_ESCAPE):
        raise JsonInvalidError("more escaped characters than a request can have")
    start = body.find(b'"')
    for _ in range(_MAX_QUOTES):
        if start < 0:
            return
        end = body.find(b'"', start + 1)
        is_value = body[max(0, start - 80) : start].rstrip().endswith(b":")
        if (end if end >= 0 else len(body)) - start > _MAX_NO_VALUE_BYTES and not is_value:
            raise JsonInvalidError("a key, a number or a gap longer than any")
        start = end
    raise JsonInvalidError("more texts than a request can have")


def _decode(item: MediaItem, index: int) -> bytes:
    prefix = _DATA_URL.match(item.data)
    encoded = item.data[prefix.end() :] if prefix else item.data
    for candidate in (encoded, "".join(encoded.split())):  # many encoders break lines; most do not
        try:
            return base64.b64decode(candidate, validate=True)
        except ValueError:  # not ASCII, or not base64
            continue
    raise Base64InvalidError(
        f"media[{index}].data: not base64 in the standard alphabet with padding",
        media_index=index,
        media_name=clean_name(item.name, index=index),
    )


def explain_json_error(detail: ErrorDetails, body: bytes) -> RequestError:
    """What the caller is told about the first thing that is wrong with a JSON body."""
    if detail["type"] == "json_invalid":
        if not is_utf8(body):
            return TextNotUtf8Error("the JSON body is not UTF-8")
        # The parser's own words name a line and a column, and repeat nothing of the body.
        return JsonInvalidError(str(detail.get("ctx", {}).get("error", "not JSON")))
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:40]}" for part in detail["loc"]).lstrip(".")
    if detail["type"] == "extra_forbidden":
        return FieldUnknownError(f"{where}: no such key")
    return FieldInvalidError(f"{where or 'the body'}: {detail['msg']}")


def is_utf8(content: bytes) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
