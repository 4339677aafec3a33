"""Takes a received multipart/form-data body apart, strictly.

Starlette's own form parser reads invalid UTF-8 as Latin-1, takes a body cut off before its end for a whole one, and
names no reason that a program could read; so this stands directly on the parser below it.
"""

import math
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from hazardlens.serve.errors import MultipartInvalidError, TextNotUtf8Error, TextTooLongError

MAX_WORDS_BYTES: Final = 1024 * 1024
"""Of a field that is no file: words are counted in characters later, but not copied by the megabyte first."""

_EXTENDED_FILE_NAME: Final = re.compile(r"filename\*\s*=\s*utf-8''([^;\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form.

    Attributes:
        field: the field's name.
        filename: as the client wrote it, for display only; None where it is no file.
        data: its content.
    """

    field: str
    filename: str | None
    data: bytes


def parse_multipart(content_type: str, body: bytes, *, max_parts: int, file_field: str) -> list[Part]:
    """The parts of a form, in order.

    Args:
        content_type: the header's value, with the boundary.
        body: the whole body.
        max_parts: stop after this many.
        file_field: the only field that may have more than `MAX_WORDS_BYTES`.

    Raises:
        MultipartInvalidError: no boundary, broken syntax, more than `max_parts`, or no closing boundary.
        TextTooLongError: a field has more bytes than words ever have.
        TextNotUtf8Error: a field's name is not UTF-8.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not boundary:
        raise MultipartInvalidError("the Content-Type header names no boundary")
    collector = _Collector(max_parts, file_field)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": collector.on_part_begin,
                "on_header_field": collector.on_header_field,
                "on_header_value": collector.on_header_value,
                "on_header_end": collector.on_header_end,
                "on_headers_finished": collector.on_headers_finished,
                "on_part_data": collector.on_part_data,
                "on_part_end": collector.on_part_end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise MultipartInvalidError(f"broken syntax after {len(collector.parts)} whole parts") from error
    if parser.state != MultipartState.END:
        raise MultipartInvalidError("the body ends before its closing boundary")
    return collector.parts


class _Collector:
    """Holds what the parser's callbacks hand over until a part is whole."""

    def __init__(self, max_parts: int, file_field: str) -> None:
        self.parts: list[Part] = []
        self._max_parts = max_parts
        self._file_field = file_field.encode()
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._chunks: list[bytes] = []
        self._bytes_left: float = MAX_WORDS_BYTES

    def on_part_begin(self) -> None:
        if len(self.parts) == self._max_parts:
            raise MultipartInvalidError(f"more than {self._max_parts} parts")
        self._disposition, self._chunks, self._bytes_left = b"", [], MAX_WORDS_BYTES

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def on_headers_finished(self) -> None:
        if parse_options_header(self._disposition)[1].get(b"name") == self._file_field:
            self._bytes_left = math.inf  # the body's own limit holds

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._bytes_left -= end - start
        if self._bytes_left < 0:
            raise TextTooLongError(f"part {len(self.parts) + 1}: more than {MAX_WORDS_BYTES} bytes, and no file")
        self._chunks.append(data[start:end])

    def on_part_end(self) -> None:
        options = parse_options_header(self._disposition)[1]
        if b"name" not in options:
            raise MultipartInvalidError(f"part {len(self.parts) + 1} has no name in its Content-Disposition header")
        try:
            field = options[b"name"].decode("utf-8")
        except UnicodeDecodeError as error:
            raise TextNotUtf8Error(f"the name of part {len(self.parts) + 1} is not UTF-8") from error
        self.parts.append(Part(field, _file_name(self._disposition, options), b"".join(self._chunks)))


def _file_name(disposition: bytes, options: dict[bytes, bytes]) -> str | None:
    """A name only to be shown: what cannot be read in it is replaced, not refused."""
    plain = options.get(b"filename")
    if plain is not None:
        return plain.decode("utf-8", errors="replace")
    # RFC 7578 forbids this form, and Python's urllib3 before 2.0 sends it for every name that is not ASCII.
    extended = _EXTENDED_FILE_NAME.search(disposition.decode("latin-1"))
    return unquote(extended[1], errors="replace") if extended else None
