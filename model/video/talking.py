"""The parent's end of the wire: messages of a child, and none believed that has another form than it should."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from hazardlens.model import errors
from hazardlens.model.errors import VideoDecoderError, VideoError
from hazardlens.model.video import wire
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.marks import Mark
from hazardlens.model.video.process import Child, open_source
from hazardlens.model.video.wire import Job, Kind

_ERRORS: Final = {
    kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VideoError)
}
_MAX_MESSAGE_CHARS: Final = 300


class Talk:
    """What a child says, message by message."""

    def __init__(self, child: Child) -> None:
        """Listen to a child."""
        self._child = child

    def next(self) -> tuple[bytes, int]:
        """Kind and length of the next message.

        Raises:
            VideoError: the child says that the clip cannot be used, or does not survive it.
        """
        kind, length = wire.HEADER.unpack(self._child.read(wire.HEADER.size))
        if kind == wire.PROBLEM:
            raise _error(self.text(length))
        return kind, length

    def text(self, length: int) -> Any:  # noqa: ANN401 - JSON
        """The values of a message of text."""
        if length > wire.MAX_TEXT_BYTES:
            raise babble()
        try:
            return json.loads(self._child.read(length))
        except ValueError as error:
            raise babble() from error

    def data(self, length: int, most: int) -> bytes:
        """The bytes of a message that has at most so many."""
        if length > most:
            raise babble()
        return self._child.read(length)

    def data_into(self, target: memoryview) -> None:
        """Bytes of a message, to where they belong."""
        self._child.read_into(target)


@contextmanager
def talk(
    kind: Kind,
    source: bytes | Path,
    limits: VideoLimits,
    choice: FrameChoice,
    max_side_px: int,
    marks: tuple[Mark, ...] = (),
) -> Iterator[Talk]:
    """Start a child on a clip; leaving the block ends it.

    Raises:
        OSError: the file is not there or may not be read, or no process can be started.
        VideoFormatError: it is no clip.
        VideoTooLargeError: it has more bytes than the limit.
    """
    opened, container = open_source(source, limits)
    try:
        child = Child(opened, Job(kind, container, limits, choice, max_side_px, os.getpid(), marks))
    finally:
        os.close(opened)
    with child:
        yield Talk(child)


def babble() -> VideoDecoderError:
    """A child that says what nobody asked for is one that a file has taken over."""
    return VideoDecoderError("the decoder answers what nobody asked for")


def _error(values: Any) -> VideoError:  # noqa: ANN401 - JSON
    if not isinstance(values, dict) or values.get("code") not in _ERRORS:
        return babble()
    message = "".join(letter for letter in str(values.get("message")) if letter.isprintable())
    return _ERRORS[values["code"]](message[:_MAX_MESSAGE_CHARS])
