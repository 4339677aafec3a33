"""Short clips of painted things: what is to be seen when, and where, is known to the pixel."""

import io
from collections.abc import Callable
from typing import Any, Final

import av
import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload

from support.painted import BoxXyxy, painted

RATE: Final = 10
HEAP_BOX: Final[BoxXyxy] = (60, 120, 260, 270)


def footage(
    seconds: float,
    scene: Callable[[float], Image.Image],
    *,
    codec: str = "libx264",
    kind: str = "mp4",
) -> bytes:
    """A clip of 10 pictures a second.

    Args:
        seconds: how long it is.
        scene: the picture at a time in seconds; all are of one size, both sides even.
        codec: the encoder's name.
        kind: the container's.
    """
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=RATE)
        stream.pix_fmt = "yuv420p"
        stream.width, stream.height = scene(0).size
        stream.options = {"g": str(RATE)}
        for n in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(np.asarray(scene(n / RATE)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def heap_from(start_s: float, until_s: float) -> Callable[[float], Image.Image]:
    """A yard of 400 x 300 pixels where a heap is to be seen for a while; its lamp moves, so that frames differ."""

    def scene(time_s: float) -> Image.Image:
        there = {"stacked_clutter": HEAP_BOX} if start_s <= time_s < until_s else {}
        picture = painted(400, 300, **there)
        lamp = round(time_s * 40) % 360
        picture.paste((250, 250, 250), (lamp, 10, lamp + 40, 50))
        return picture

    return scene


def clip_payload(content: bytes, name: str = "yard.mp4", kind: str = "video/mp4") -> FilePayload:
    """A clip as Playwright hands it to a browser."""
    return {"name": name, "mimeType": kind, "buffer": content}
