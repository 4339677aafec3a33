"""The one use case: photos and words in, a pre-filled report out. The endpoint and the command line both call it."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from hazardlens.model.detections import Detection, Detections
from hazardlens.model.detector import Detector
from hazardlens.model.errors import ImageError, MediaError
from hazardlens.model.images import DEFAULT_MAX_PIXELS, Photo, decode_photo
from hazardlens.model.stages import stage
from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.decide import decide
from hazardlens.model.triage.policy import Policy
from hazardlens.model.triage.values import Answer, Decision, Evidence


@dataclass(frozen=True, slots=True)
class Upload:
    """One photo as it came: its name for people, and its bytes."""

    name: str
    data: bytes


class Box(Answer):
    """Corners in pixels of the upright original."""

    x_min: int = Field(ge=0, examples=[812])
    y_min: int = Field(ge=0, examples=[1404])
    x_max: int = Field(ge=0, examples=[1630])
    y_max: int = Field(ge=0, examples=[2011])


class DetectionResult(Answer):
    """One thing that the detector saw."""

    label: str = Field(description="What the detector drew; a model's labels are its own.", examples=["manhole_open"])
    hazard: Category | None = Field(description="The hazard that the label stands for; null for context only.")
    confidence: float = Field(ge=0, le=1, description="The detector's raw score.", examples=[0.93])
    box: Box


class MediaResult(Answer):
    """What was seen on one photo."""

    name: str = Field(description="As sent.", examples=["a.jpg"])
    kind: Literal["image"] = "image"
    width: int = Field(ge=1, description="Of the upright original, in pixels.", examples=[4032])
    height: int = Field(ge=1, description="Of the upright original, in pixels.", examples=[3024])
    detections: list[DetectionResult] = Field(description="Best first.")


class ClipDetection(DetectionResult):
    """One thing that was followed through a clip: its box on the frame where it shows best."""

    confidence: float = Field(ge=0, le=1, description="The score of the whole track, not of its luckiest frame.")
    time_s: float = Field(ge=0, description="Of the frame with the box.", examples=[13.4])
    from_s: float = Field(ge=0, description="Seen from here.", examples=[12.9])
    until_s: float = Field(ge=0, description="Seen until here.", examples=[14.1])


class ClipResult(Answer):
    """What was seen in one clip."""

    name: str = Field(description="As sent.", examples=["clip.mp4"])
    kind: Literal["video"] = "video"
    width: int = Field(ge=1, description="Of the upright clip, in pixels.", examples=[1920])
    height: int = Field(ge=1, description="Of the upright clip, in pixels.", examples=[1080])
    duration_s: float = Field(ge=0, examples=[31.2])
    frames: int = Field(ge=0, description="How many frames went through the model.", examples=[41])
    detections: list[ClipDetection] = Field(description="One per track, best first; boxes in pixels of the clip.")


class ModelRef(Answer):
    """The model that answered."""

    name: str = Field(examples=["hazardlens-yolo11n"])
    version: str = Field(examples=["2026.1"])


class Timing(Answer):
    """Where the time went, in milliseconds, over all photos of the request."""

    decode: float = Field(ge=0, examples=[31.0])
    inference: float = Field(ge=0, description="With the model's pre- and post-processing.", examples=[40.1])
    total: float = Field(ge=0, description="Decoding, inference and triage.", examples=[74.9])


class Classification(Answer):
    """The answer to a classify request."""

    request_id: str = Field(description="For support; also in the log.", examples=["3f8e2b6c9d1a4f70"])
    model: ModelRef
    policy: str = Field(description="Version and hash of the triage policy.", examples=["2026.1+0a1b2c3d4e5f"])
    prefill: Decision = Field(description="The pre-filled report, for a person to confirm or correct.")
    media: list[MediaResult | ClipResult] = Field(
        description="One entry per photo, in the order sent; a clip comes last."
    )
    timing_ms: Timing


class Classifier:
    """Decodes, detects and decides. One instance serves many threads."""

    def __init__(
        self,
        detector: Detector,
        policy: Policy,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Put the parts together.

        Args:
            detector: finds boxes.
            policy: turns them into a decision.
            max_pixels: a photo with more is refused before it is decoded.
            clock: seconds from any start, never going back.
        """
        self.detector = detector
        self.policy = policy
        self._max_pixels = max_pixels
        self._clock = clock
        self.view = detector.info.view
        self.hazards = {label.name: label.hazard for label in detector.info.labels}
        self.thresholds = {label.name: label.threshold for label in detector.info.labels}

    def classify(
        self,
        uploads: Sequence[Upload],
        *,
        text: str = "",
        min_confidence: float | None = None,
        request_id: str = "",
    ) -> Classification:
        """Classify the photos of one report.

        Args:
            uploads: the photos, all of the same hazard.
            text: the reporter's words.
            min_confidence: list detections from this raw score on; None: from each label's own threshold. The decision
                sees everything that the model reports, either way.
            request_id: goes into the answer.

        Raises:
            MediaError: a photo cannot be used; it says which and why.
            InferenceError: the runtime failed.
        """
        watch = self.watch()
        evidence = self.look(uploads, watch)
        with stage("triage"):
            decision = decide(evidence, text, policy=self.policy, model=self.view)
        media: list[MediaResult | ClipResult] = [
            self.describe(upload.name, seen, min_confidence) for upload, seen in zip(uploads, evidence, strict=True)
        ]
        return Classification(
            request_id=request_id,
            model=ModelRef(name=self.detector.name, version=self.detector.version),
            policy=self.policy.id,
            prefill=decision,
            media=media,
            timing_ms=watch.timing(),
        )

    def watch(self) -> "Watch":
        """A watch by this classifier's clock, started now."""
        return Watch(self._clock)

    def look(self, uploads: Sequence[Upload], watch: "Watch") -> list[Evidence]:
        """What each photo shows; see `classify`."""
        evidence: list[Evidence] = []
        # One after the other, so that one photo's pixels are in memory at a time.
        for index, upload in enumerate(uploads):
            with stage("decode"):
                photo = self._decode(index, upload)
            watch.lap("decode")
            (detections,) = self.detector.detect([photo])
            watch.lap("inference")
            evidence.append(Evidence(detections, photo.width, photo.height))
        return evidence

    def listed(self, detections: Detections, min_confidence: float | None = None) -> list[Detection]:
        """The detections that are shown to people; see `classify`."""
        return [
            found
            for found in detections
            if found.confidence >= (self.thresholds[found.label] if min_confidence is None else min_confidence)
        ]

    def _decode(self, index: int, upload: Upload) -> Photo:
        try:
            return decode_photo(upload.data, min_side_px=self.detector.input_size_px, max_pixels=self._max_pixels)
        except ImageError as error:
            raise MediaError(index, upload.name, error) from error

    def describe(self, name: str, seen: Evidence, min_confidence: float | None) -> MediaResult:
        """What is told of one photo; see `classify`."""
        results = [
            DetectionResult(
                label=found.label,
                hazard=self.hazards[found.label],
                confidence=round(found.confidence, 4),
                box=outer_box(found.box_xyxy),
            )
            for found in self.listed(seen.detections, min_confidence)
        ]
        return MediaResult(name=name, width=seen.width, height=seen.height, detections=results)


def outer_box(box_xyxy: tuple[float, float, float, float]) -> Box:
    """Whole pixels around a box: rounded to the nearest, but never without area."""
    x_min, y_min, x_max, y_max = (math.floor(value + 0.5) for value in box_xyxy)
    if x_min == x_max:
        x_min, x_max = math.floor(box_xyxy[0]), math.ceil(box_xyxy[2])
    if y_min == y_max:
        y_min, y_max = math.floor(box_xyxy[1]), math.ceil(box_xyxy[3])
    return Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)


class Watch:
    """Sums up the time between laps, by name."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = self._last = clock()
        self._sums = {"decode": 0.0, "inference": 0.0}

    def lap(self, name: Literal["decode", "inference"]) -> None:
        """The time since the last lap went into this."""
        now = self._clock()
        self._sums[name] += now - self._last
        self._last = now

    def timing(self) -> Timing:
        """The sums so far, and all of the time."""
        total = self._clock() - self._start
        decode, inference = self._sums["decode"], self._sums["inference"]
        return Timing(decode=_ms(decode), inference=_ms(inference), total=_ms(total))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
