"""A small copy of a clip that a page can play: made in a child, as all that decodes."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from hazardlens.model.errors import ClipStoppedError
from hazardlens.model.video import wire
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.marks import Mark
from hazardlens.model.video.talking import babble, talk

PREVIEW_SIDE_PX: Final = 640


def make_preview(
    source: bytes | Path,
    *,
    limits: VideoLimits = VideoLimits(),  # noqa: B008 - frozen
    max_side_px: int = PREVIEW_SIDE_PX,
    marks: tuple[Mark, ...] = (),
    stop: Callable[[], bool] = lambda: False,
) -> bytes:
    """An MP4 of a clip: H.264, upright, at most 15 frames a second, without sound and without what the clip said.

    Args:
        source: the clip's bytes, or where it is.
        limits: what it may cost.
        max_side_px: of the long side; nothing grows.
        marks: to be drawn on it; at most `MAX_MARKS` of at most `MAX_PLACES` each.
        stop: asked with each sign of life of the child whether to go on.

    Raises:
        OSError: the file is not there or may not be read, or no process can be started.
        VideoError: the clip cannot be used; as `open_clip`.
        ClipStoppedError: `stop` said so.
    """
    with talk("preview", source, limits, FrameChoice(), max_side_px, marks) as child:
        while True:
            kind, length = child.next()
            if stop():
                raise ClipStoppedError("nobody waits for its small copy any more")
            if kind == wire.MADE:
                return child.data(length, wire.MAX_MADE_BYTES)
            if kind not in {wire.INFO, wire.STEP}:
                raise babble()
            child.data(length, wire.MAX_TEXT_BYTES)
