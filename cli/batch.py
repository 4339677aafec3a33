"""Many photos through one classifier: several at a time, answered in order, a few in memory."""

import io
import signal
import threading
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from hazardlens.cli.photos import Candidate, read_file
from hazardlens.cli.terminal import path_text
from hazardlens.model.annotate import annotate
from hazardlens.model.detections import Detection
from hazardlens.model.errors import HazardlensError, MediaError
from hazardlens.model.images import decode_photo
from hazardlens.model.pipeline import Classification, Classifier, MediaResult, Upload

_WAITING_PER_WORKER: Final = 3
_JPEG_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Job:
    """How each photo is classified.

    Attributes:
        classifier: shared by all threads.
        text: the reporter's words, the same for each photo.
        min_confidence: see `Classifier.classify`.
        draw: make an annotated copy too.
    """

    classifier: Classifier
    text: str = ""
    min_confidence: float | None = None
    draw: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one photo: a classification or an error, never both.

    Attributes:
        path: as found.
        classification: the endpoint's answer for this photo alone.
        error: why there is none.
        annotated: the annotated copy as JPEG bytes, where one was asked for.
    """

    path: Path
    classification: Classification | None = None
    error: HazardlensError | None = None
    annotated: bytes | None = None


def classify_all(job: Job, candidates: Sequence[Candidate], workers: int) -> Iterator[Outcome]:
    """Classify photos in `workers` threads and yield what came of each, in the order of `candidates`."""
    executor = ThreadPoolExecutor(workers, thread_name_prefix="classify")
    running: deque[Future[Outcome]] = deque()
    left = iter(candidates)
    interrupts, handler = _notice_interrupts()
    try:
        while True:
            if interrupts.is_set():
                raise KeyboardInterrupt
            while len(running) < workers * _WAITING_PER_WORKER and (candidate := next(left, None)) is not None:
                running.append(executor.submit(classify_one, job, candidate))
            if not running:
                return
            yield running.popleft().result()
    finally:
        # After Ctrl-C only the photos in hand are finished.
        executor.shutdown(wait=True, cancel_futures=True)
        if handler is not None:
            signal.signal(signal.SIGINT, handler)


def _notice_interrupts() -> tuple[threading.Event, Any]:
    """Remember Ctrl-C: Python drops the exception when it arrives inside a destructor or a callback.

    Returns the event that an interrupt sets, and the handler to put back; None outside the main thread.
    """
    seen = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        return seen, None

    def handle(number: int, frame: FrameType | None) -> None:
        seen.set()
        signal.default_int_handler(number, frame)

    return seen, signal.signal(signal.SIGINT, handle)


def classify_one(job: Job, candidate: Candidate) -> Outcome:
    """Classify one photo; whatever is wrong with it becomes its outcome."""
    path = candidate.path
    if candidate.error is not None:
        return Outcome(path, error=candidate.error)
    try:
        data = read_file(path)
        classification = job.classifier.classify(
            [Upload(path_text(path.name), data)],
            text=job.text,
            min_confidence=job.min_confidence,
            request_id=uuid.uuid4().hex,
        )
        (seen,) = classification.media
        annotated = _draw(data, seen) if job.draw and isinstance(seen, MediaResult) else None
    except MediaError as error:
        return Outcome(path, error=error.reason)
    except HazardlensError as error:
        return Outcome(path, error=error)
    return Outcome(path, classification, annotated=annotated)


def _draw(data: bytes, seen: MediaResult) -> bytes:
    """The photo at full size with its boxes, as a JPEG without the original's metadata."""
    boxes = [(found, found.box) for found in seen.detections]
    picture = annotate(
        decode_photo(data),
        [
            Detection(found.label, found.confidence, (box.x_min, box.y_min, box.x_max, box.y_max))
            for found, box in boxes
        ],
        hazards={found.label: found.hazard for found in seen.detections},
    )
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()
