"""One range of bytes out of a file, as players of clips ask for it (RFC 9110, section 14)."""

import re
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range within a file.

    Attributes:
        first: its first byte.
        last: its last one.
        size: bytes of the whole file.
    """

    first: int
    last: int
    size: int

    @property
    def content_range(self) -> str:
        """The header's value."""
        return f"bytes {self.first}-{self.last}/{self.size}"

    def cut(self, content: bytes) -> bytes:
        """The range of a file's bytes."""
        return content[self.first : self.last + 1]


def read_range(header: str | None, size: int, *, if_range: str | None = None, etag: str = "") -> ByteRange | None:
    """What a request asks for.

    Args:
        header: of the request, `Range`.
        size: bytes of the file.
        if_range: `If-Range`: another version of the file is sent whole.
        etag: of the file.

    Returns:
        None where all of it is to be sent: also for several ranges at once and for what cannot be met, which a server
        may answer so.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or (if_range is not None and if_range != etag):
        return None
    first, last = found.groups()
    if first == "":
        if last == "" or int(last) == 0:
            return None
        return ByteRange(max(0, size - int(last)), size - 1, size)
    begin, end = int(first), min(int(last or size), size - 1)
    return ByteRange(begin, end, size) if begin <= end else None
