"""One clip through the classifier, and what is saved of it."""

import io
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hazardlens.cli.terminal import path_text
from hazardlens.model.annotate import annotate
from hazardlens.model.detections import Detection
from hazardlens.model.images import decode_photo
from hazardlens.model.pipeline import Classification, Classifier, DetectionResult
from hazardlens.model.video.classifying import ClipClassifier
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.preview import make_preview

JPEG_QUALITY: Final = 90

_COPY_SIDE_PX: Final = 1280


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy with boxes: what it is called after the file's own name, its suffix, and its bytes."""

    tag: str
    suffix: str
    content: bytes


def limits_for(max_seconds: float) -> VideoLimits:
    """The usual limits for a clip of the usual length, and in proportion more for a longer one."""
    usual = VideoLimits()
    times = max(1.0, max_seconds / usual.max_seconds)
    return VideoLimits(
        max_seconds=max_seconds,
        max_file_bytes=round(usual.max_file_bytes * times),
        max_frame_pixels=usual.max_frame_pixels,
        max_frames=round(usual.max_frames * times),
        max_cpu_s=usual.max_cpu_s * times,
        max_memory_bytes=usual.max_memory_bytes,
        max_wall_s=usual.max_wall_s,
    )


def classify_clip(
    classifier: Classifier,
    source: bytes | Path,
    path: Path,
    *,
    text: str,
    min_confidence: float | None,
    limits: VideoLimits,
    draw: bool,
    progress: Callable[[float], None],
    stop: Callable[[], bool],
) -> tuple[Classification, tuple[Copy, ...]]:
    """Classify one clip, and draw copies where they are asked for.

    Args:
        classifier: of photos.
        source: the clip's bytes, or where it lies.
        path: what it is called.
        text: the reporter's words.
        min_confidence: see `Classifier.classify`.
        limits: what it may cost.
        draw: make the copies: the evidence frames, then the clip.
        progress: told how far it is.
        stop: asked whether to go on.

    Raises:
        OSError: the file cannot be read.
        HazardlensError: as `ClipClassifier.classify_clip`.
    """
    answer = ClipClassifier(classifier).classify_clip(
        source,
        path_text(path.name),
        text=text,
        limits=limits,
        min_confidence=min_confidence,
        request_id=uuid.uuid4().hex,
        progress=progress,
        stop=stop,
    )
    if not draw:
        return answer.classification, ()
    frames = [
        Copy(f"-{frame.time_s:07.2f}s", ".jpg", draw_photo(frame.jpeg, frame.detections)) for frame in answer.frames
    ]
    clip = make_preview(source, limits=limits, max_side_px=_COPY_SIDE_PX, marks=answer.marks, stop=stop)
    return answer.classification, (*frames, Copy("", ".mp4", clip))


def draw_photo(data: bytes, detections: Sequence[DetectionResult]) -> bytes:
    """A photo at full size with its boxes, as a JPEG without the original's metadata."""
    boxes = [(found, found.box) for found in detections]
    picture = annotate(
        decode_photo(data),
        [
            Detection(found.label, found.confidence, (box.x_min, box.y_min, box.x_max, box.y_max))
            for found, box in boxes
        ],
        hazards={found.label: found.hazard for found in detections},
    )
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
