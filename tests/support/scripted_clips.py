"""Clips in tests of serving without a decoder: a few bytes that say what they are, and a reader that believes them."""

import struct
import threading
from collections.abc import Callable, Sequence
from typing import Final

from hazardlens.model.errors import ClipStoppedError, MediaError, VideoBrokenError, VideoError
from hazardlens.model.pipeline import Box, Classifier, ClipDetection, ClipResult, DetectionResult, Upload
from hazardlens.model.taxonomy import Category
from hazardlens.model.video.classifying import ClipAnswer, EvidenceFrame
from hazardlens.model.video.clip import ClipInfo
from support.intake import photo_of
from support.serving import PATIENCE_S, wait_until

SIZE_WH: Final = (640, 360)
PREVIEW: Final = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 8


def clip_of(seed: int, *, size_bytes: int = 600) -> bytes:
    """What begins like an MP4; another one for each seed."""
    return struct.pack(">I", 24) + b"ftypisom" + struct.pack(">I", seed) + bytes(size_bytes)


class ScriptedClips:
    """A `ClipReader` that finds the photos of `frames` in every clip.

    Attributes:
        gate: work on a clip waits for it.
        worked: clips on which work has begun.
        broken: what clips cost instead of an answer.
        preview_broken: the same for their small copies.
        failing: raised once for each of these, then not any more: what is nobody's fault.
        previewing: where there is one, it is set when a small copy is begun, which then takes until somebody stops it.
    """

    def __init__(self, *, seeds: Sequence[int] = (101, 102)) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.worked: list[str] = []
        self.broken: VideoError | None = None
        self.preview_broken: VideoError | None = None
        self.failing: list[Exception] = []
        self.previewing: threading.Event | None = None
        self._frames = [photo_of(seed) for seed in seeds]

    def probe(self, clip: Upload, *, index: int = 0) -> ClipInfo:
        """Refuse what says that it is broken."""
        if b"broken" in clip.data:
            raise MediaError(index, clip.name, VideoBrokenError("it says so"))
        return ClipInfo("mp4", "h264", *SIZE_WH, 12.5, 30.0, 0)

    def classify(
        self,
        classifier: Classifier,
        clip: Upload,
        *,
        photos: Sequence[Upload] = (),
        text: str = "",
        min_confidence: float | None = None,
        request_id: str = "",
        progress: Callable[[float], None],
        stop: Callable[[], bool],
    ) -> ClipAnswer:
        """Say of the clip what the classifier says of its frames."""
        self.worked.append(clip.name)
        progress(0.5)
        for _ in range(int(PATIENCE_S * 20)):
            if stop():
                raise ClipStoppedError("nobody waits")
            if self.gate.wait(0.05):
                break
        if self.failing:
            raise self.failing.pop(0)
        if self.broken is not None:
            raise MediaError(len(photos), clip.name, self.broken)
        frames = [Upload("frame.jpg", frame) for frame in self._frames]
        answer = classifier.classify([*photos, *frames], text=text, request_id=request_id)
        progress(1.0)
        box = Box(x_min=2, y_min=3, x_max=12, y_max=15)
        hazard = Category.STACKED_CLUTTER
        seen = DetectionResult(label="stacked_clutter", hazard=hazard, confidence=0.9, box=box)
        track = ClipDetection(**seen.model_dump(), time_s=4.0, from_s=3.0, until_s=5.5)
        result = ClipResult(
            name=clip.name, width=SIZE_WH[0], height=SIZE_WH[1], duration_s=12.5, frames=13, detections=[track]
        )
        evidence = tuple(EvidenceFrame(4.0 * (n + 1), frame, 320, 240, (seen,)) for n, frame in enumerate(self._frames))
        media = [*answer.media[: len(photos)], result]
        return ClipAnswer(answer.model_copy(update={"media": media}), evidence)

    def preview(self, clip: Upload, *, stop: Callable[[], bool]) -> bytes:
        """Some bytes."""
        if self.previewing is not None:
            self.previewing.set()
            wait_until(stop)
            raise ClipStoppedError("nobody waits")
        if self.preview_broken is not None:
            raise MediaError(0, clip.name, self.preview_broken)
        return PREVIEW
