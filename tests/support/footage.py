"""Short clips of painted things: what is to be seen when, and where, is known to the pixel."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import av
import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload

from hazardlens.model.pipeline import Box, ClipDetection, ClipResult, DetectionResult, Upload
from hazardlens.model.taxonomy import Category
from hazardlens.model.video.classifying import ClipAnswer, EvidenceFrame
from hazardlens.model.video.clip import ClipInfo
from support.painted import BoxXyxy, painted
from support.pictures import saved
from support.scripted_clips import ScriptedClips

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


class FilmedClips(ScriptedClips):
    """Says of every clip that it is six seconds of a yard with a heap, and shows the clip itself as its preview.

    Attributes:
        seconds: how long clips are.
        moments_s: of the frames; the heap is on those in its span.
        span_s: when the heap is to be seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 6.0
        self.moments_s = (0.5, 2.5, 3.5, 5.5)
        self.span_s = (2.0, 4.0)
        self._frames = [saved(heap_from(*self.span_s)(self.moments_s[1]), "JPEG")]

    def probe(self, clip: Upload, *, index: int = 0) -> ClipInfo:
        """See `ClipReader`."""
        return replace(super().probe(clip, index=index), width=400, height=300, duration_s=self.seconds)

    def classify(self, *args: Any, **options: Any) -> ClipAnswer:  # noqa: ANN401 - as the parent's
        """See `ClipReader`."""
        answer = super().classify(*args, **options).classification
        box = Box(**dict(zip(("x_min", "y_min", "x_max", "y_max"), HEAP_BOX, strict=True)))
        heap = DetectionResult(label="stacked_clutter", hazard=Category.STACKED_CLUTTER, confidence=0.9, box=box)
        start_s, until_s = self.span_s
        track = ClipDetection(**heap.model_dump(), time_s=self.moments_s[1], from_s=start_s, until_s=until_s)
        *photos, clip = answer.media
        seen = ClipResult(name=clip.name, width=400, height=300, duration_s=self.seconds, frames=13, detections=[track])
        scene = heap_from(start_s, until_s)
        frames = tuple(
            EvidenceFrame(at, saved(scene(at), "JPEG"), 400, 300, (heap,) if start_s <= at < until_s else ())
            for at in self.moments_s
        )
        return ClipAnswer(answer.model_copy(update={"media": [*photos, seen]}), frames)

    def preview(self, clip: Upload, *, stop: Callable[[], bool]) -> bytes:
        """See `ClipReader`."""
        return clip.data
