"""A clip in, a pre-filled report out: the same policy as for photos, with each hazard as sure as its track."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from hazardlens.model.annotate import colour_of
from hazardlens.model.detections import Detections
from hazardlens.model.errors import ClipStoppedError, MediaError, VideoError
from hazardlens.model.pipeline import (
    Classification,
    Classifier,
    ClipDetection,
    ClipResult,
    DetectionResult,
    ModelRef,
    Upload,
    outer_box,
)
from hazardlens.model.stages import stage
from hazardlens.model.triage.decide import decide
from hazardlens.model.triage.values import Evidence
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.clip import ClipInfo, Frame
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.marks import MAX_MARKS, Mark, thinned
from hazardlens.model.video.reading import open_clip
from hazardlens.model.video.spans import with_span
from hazardlens.model.video.stills import Still
from hazardlens.model.video.tracking import BoxXyxy, Hit, Track
from hazardlens.model.video.watching import Watcher

MAX_EVIDENCE_FRAMES: Final = 8
"""Frames of one clip that people are shown."""

_MIN_EVIDENCE_FRAMES: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceFrame:
    """A frame for people: as a JPEG, with what was followed onto it.

    Attributes:
        time_s: after the clip's first frame.
        jpeg: upright, without metadata.
        width: of the JPEG, in pixels.
        height: of the JPEG, in pixels.
        detections: best first; boxes in pixels of the JPEG, scores of their tracks.
    """

    time_s: float
    jpeg: bytes
    width: int
    height: int
    detections: tuple[DetectionResult, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ClipAnswer:
    """What a clip came to.

    Attributes:
        classification: as for photos; the clip's entry is the last of `media`.
        frames: at most 8, in order of time: the best of each hazard first to get a place, and where there are fewer
            than 3, some that show how the clip goes. Never empty.
        marks: the surest tracks, to be drawn on a copy of the clip; the surest is drawn last.
    """

    classification: Classification
    frames: tuple[EvidenceFrame, ...]
    marks: tuple[Mark, ...] = ()


class OpenedClip(Protocol):
    """The part of `hazardlens.model.video.reading.Clip` that is needed here."""

    @property
    def info(self) -> ClipInfo:
        """What the clip is."""

    @property
    def progress(self) -> float:
        """Part of it that is decoded, 0..1."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time."""


class OpenClip(Protocol):
    """What `hazardlens.model.video.reading.open_clip` does; tests have their own."""

    def __call__(
        self, source: bytes | Path, *, limits: VideoLimits, choice: FrameChoice
    ) -> AbstractContextManager[OpenedClip]:
        """Frames of a clip, for as long as the block lasts."""


class ClipClassifier:
    """Reads, watches and decides. One instance serves many threads."""

    def __init__(self, classifier: Classifier, *, opener: OpenClip = open_clip) -> None:
        """Put the parts together.

        Args:
            classifier: of photos; its detector, policy and clock.
            opener: reads clips.
        """
        self._photos = classifier
        self._open = opener
        self._hazard_thresholds = {
            label: threshold
            for label, threshold in classifier.thresholds.items()
            if classifier.hazards[label] is not None
        }

    def classify_clip(  # noqa: PLR0913 - all but two have defaults
        self,
        source: bytes | Path,
        name: str,
        *,
        text: str = "",
        photos: Sequence[Upload] = (),
        limits: VideoLimits | None = None,
        choice: FrameChoice | None = None,
        min_confidence: float | None = None,
        request_id: str = "",
        progress: Callable[[float], None] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> ClipAnswer:
        """Classify one clip, and the photos that came with it, as one report.

        Args:
            source: the clip's bytes, or where it lies.
            name: of the clip, for people.
            text: the reporter's words.
            photos: of the same hazard; they come before the clip in the answer.
            limits: what the clip may cost; None: the defaults.
            choice: how densely it is looked at; None: the defaults.
            min_confidence: list tracks and detections from this score on; see `Classifier.classify`.
            request_id: goes into the answer.
            progress: told how far the clip is, 0..1, after each frame.
            stop: asked after each frame whether to go on.

        Raises:
            MediaError: a photo or the clip cannot be used; it says which and why.
            ClipStoppedError: `stop` said so.
            InferenceError: the runtime failed.
        """
        watch = self._photos.watch()
        evidence = self._photos.look(photos, watch)
        media = [
            self._photos.describe(photo.name, seen, min_confidence)
            for photo, seen in zip(photos, evidence, strict=True)
        ]
        try:
            with self._open(source, limits=limits or VideoLimits(), choice=choice or FrameChoice()) as clip:
                info = clip.info
                watcher = Watcher(self._photos.detector, (info.width, info.height), self._hazard_thresholds)
                for frame in clip:
                    watch.lap("decode")
                    watcher.see(frame)
                    watch.lap("inference")
                    progress(clip.progress)
                    if stop():
                        raise ClipStoppedError(f"{name}: nobody waits for it any more")
        except VideoError as error:
            raise MediaError(len(photos), name, error) from error
        tracks = watcher.finish()
        watch.lap("inference")
        shown = _Shown(self._photos, watcher, tracks, info, min_confidence)
        with stage("triage"):
            seen = shown.evidence()
            decision = decide([*evidence, *seen], text, policy=self._photos.policy, model=self._photos.view)
            decision = with_span(decision, shown.counting, self._photos.hazards, self._photos.policy.data)
        classification = Classification(
            request_id=request_id,
            model=ModelRef(name=self._photos.detector.name, version=self._photos.detector.version),
            policy=self._photos.policy.id,
            prefill=decision,
            media=[*media, shown.clip_result(name)],
            timing_ms=watch.timing(),
        )
        return ClipAnswer(classification, shown.frames(), shown.marks())


class _Shown:
    """What is told of a clip that was watched to its end."""

    def __init__(
        self,
        classifier: Classifier,
        watcher: Watcher,
        tracks: Sequence[Track],
        info: ClipInfo,
        min_confidence: float | None,
    ) -> None:
        self._classifier, self._watcher, self._info = classifier, watcher, info
        self._tracks = tracks
        self.counting = [track for track in tracks if track.score >= classifier.thresholds[track.label]]
        self.listed = (
            self.counting if min_confidence is None else [track for track in tracks if track.score >= min_confidence]
        )

    def evidence(self) -> list[Evidence]:
        """The looks that show some track best, each with all that was followed there, as sure as its track."""
        labels = self._classifier.detector.labels
        ids = {label: number for number, label in enumerate(labels)}
        size_wh = self._info.width, self._info.height
        # A clip in which nothing was followed is one picture of nothing.
        looks = sorted({track.best.look for track in self._tracks}) or [0]
        evidence = []
        for look in looks:
            there = self._on(look, self._tracks)
            boxes = np.array([hit.box_xyxy for _, hit in there], np.float32).reshape(-1, 4)
            scores = np.array([track.score for track, _ in there], np.float32)
            label_ids = np.array([ids[track.label] for track, _ in there], np.int64)
            evidence.append(Evidence(Detections(boxes, scores, label_ids, labels), *size_wh, of_clip=True))
        return evidence

    def clip_result(self, name: str) -> ClipResult:
        """The clip's entry in the answer."""
        found = [
            ClipDetection(
                **self._detection(track, track.best.box_xyxy).model_dump(),
                time_s=round(track.best.time_s, 2),
                from_s=round(track.from_s, 2),
                until_s=round(track.until_s, 2),
            )
            for track in self.listed
        ]
        info = self._info
        return ClipResult(
            name=name,
            width=info.width,
            height=info.height,
            duration_s=round(info.duration_s, 2),
            frames=self._watcher.looks,
            detections=found,
        )

    def frames(self) -> tuple[EvidenceFrame, ...]:
        """The evidence frames; see `ClipAnswer`."""
        stills = self._watcher.stills.worthy()
        chosen: dict[int, Still] = {}
        for track in self._by_turns():
            still = stills.get(track.best.look)
            if still is not None and len(chosen) < MAX_EVIDENCE_FRAMES:
                chosen.setdefault(still.look, still)
        more = self._watcher.stills.overview(max(0, _MIN_EVIDENCE_FRAMES - len(chosen)), beside=chosen)
        stills_shown = sorted([*chosen.values(), *more], key=lambda still: still.time_s)
        return tuple(self._frame(still) for still in stills_shown)

    def marks(self) -> tuple[Mark, ...]:
        """The listed tracks as marks; see `ClipAnswer`."""
        return tuple(self._mark(track) for track in reversed(self.listed[:MAX_MARKS]))

    def _mark(self, track: Track) -> Mark:
        places = [track.hits[place] for place in thinned(len(track.hits))]
        return Mark(
            f"{track.label} {track.score:.0%}",
            colour_of(self._classifier.hazards[track.label]),
            tuple(round(hit.time_s, 3) for hit in places),
            tuple(hit.box_xyxy for hit in places),
        )

    def _by_turns(self) -> list[Track]:
        """Tracks that stand for a hazard, as they get a place: the best of each hazard, then the second of each."""
        turns: dict[object, int] = {}
        ranked = []
        for track in self.listed:
            hazard = self._classifier.hazards[track.label]
            if hazard is not None:
                turns[hazard] = turns.get(hazard, 0) + 1
                ranked.append((turns[hazard], -track.score, track))
        return [track for _, _, track in sorted(ranked, key=lambda row: row[:2])]

    def _frame(self, still: Still) -> EvidenceFrame:
        across, down = still.width / self._info.width, still.height / self._info.height
        found = tuple(
            self._detection(track, (box[0] * across, box[1] * down, box[2] * across, box[3] * down))
            for track, hit in self._on(still.look, self.listed)
            for box in (hit.box_xyxy,)
        )
        return EvidenceFrame(round(still.time_s, 2), still.jpeg, still.width, still.height, found)

    def _on(self, look: int, tracks: Sequence[Track]) -> list[tuple[Track, Hit]]:
        return [(track, hit) for track in tracks for hit in track.hits if hit.look == look]

    def _detection(self, track: Track, box: BoxXyxy) -> DetectionResult:
        hazard = self._classifier.hazards[track.label]
        return DetectionResult(label=track.label, hazard=hazard, confidence=round(track.score, 4), box=outer_box(box))
