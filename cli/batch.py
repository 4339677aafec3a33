"""Many files through one classifier: several at a time, answered in order, a few in memory."""

import signal
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from hazardlens.cli.clips import Copy, classify_clip, draw_photo
from hazardlens.cli.photos import Candidate, read_file, read_head, translate
from hazardlens.cli.terminal import path_text
from hazardlens.model.errors import HazardlensError, MediaError
from hazardlens.model.pipeline import Classification, Classifier, Upload
from hazardlens.model.video.formats import HEAD_BYTES, video_format
from hazardlens.model.video.limits import VideoLimits

_WAITING_PER_WORKER: Final = 3


@dataclass(frozen=True, slots=True)
class Job:
    """How each photo or clip is classified.

    Attributes:
        classifier: shared by all threads.
        text: the reporter's words, the same for each photo.
        min_confidence: see `Classifier.classify`.
        draw: make copies with boxes too.
        limits: what a clip may cost.
        progress: told how far each clip is, 0..1, from any thread.
    """

    classifier: Classifier
    text: str = ""
    min_confidence: float | None = None
    draw: bool = False
    limits: VideoLimits = VideoLimits()  # noqa: RUF009 - frozen
    progress: Callable[[Path, float], None] = lambda _path, _done: None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file: a classification or an error, never both.

    Attributes:
        path: as found.
        classification: the endpoint's answer for this file alone.
        error: why there is none.
        copies: with the boxes, where they were asked for.
    """

    path: Path
    classification: Classification | None = None
    error: HazardlensError | None = None
    copies: tuple[Copy, ...] = ()


def classify_all(job: Job, candidates: Sequence[Candidate], workers: int) -> Iterator[Outcome]:
    """Classify files in `workers` threads and yield what came of each, in the order of `candidates`."""
    executor = ThreadPoolExecutor(workers, thread_name_prefix="classify")
    running: deque[Future[Outcome]] = deque()
    left = iter(candidates)
    interrupts, handler = _notice_interrupts()
    try:
        while True:
            if interrupts.is_set():
                raise KeyboardInterrupt
            while len(running) < workers * _WAITING_PER_WORKER and (candidate := next(left, None)) is not None:
                running.append(executor.submit(classify_one, job, candidate, interrupts.is_set))
            if not running:
                return
            yield running.popleft().result()
    finally:
        # After Ctrl-C only the photos in hand are finished; a clip in hand is given up.
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


def classify_one(job: Job, candidate: Candidate, stop: Callable[[], bool] = lambda: False) -> Outcome:
    """Classify one file by what it is; whatever is wrong with it becomes its outcome."""
    path = candidate.path
    if candidate.error is not None:
        return Outcome(path, error=candidate.error)
    try:
        head = read_head(path)
        if head is not None and video_format(head):
            return _clip(job, path, path, stop)
        data = read_file(path)
        return _clip(job, data, path, stop) if video_format(data[:HEAD_BYTES]) else _photo(job, data, path)
    except MediaError as error:
        return Outcome(path, error=error.reason)
    except HazardlensError as error:
        return Outcome(path, error=error)
    except OSError as error:
        return Outcome(path, error=translate(error))


def _photo(job: Job, data: bytes, path: Path) -> Outcome:
    classification = job.classifier.classify(
        [Upload(path_text(path.name), data)],
        text=job.text,
        min_confidence=job.min_confidence,
        request_id=uuid.uuid4().hex,
    )
    (seen,) = classification.media
    copies = (Copy("", ".jpg", draw_photo(data, seen.detections)),) if job.draw else ()
    return Outcome(path, classification, copies=copies)


def _clip(job: Job, source: bytes | Path, path: Path, stop: Callable[[], bool]) -> Outcome:
    classification, copies = classify_clip(
        job.classifier,
        source,
        path,
        text=job.text,
        min_confidence=job.min_confidence,
        limits=job.limits,
        draw=job.draw,
        progress=lambda done: job.progress(path, done),
        stop=stop,
    )
    return Outcome(path, classification, copies=copies)
