"""Takes a clip's frames as they are decoded, runs the network on those that matter, and follows what it finds.

A frame on which something new shows asks for a second look: then the spare frames on both sides of it are looked at
too, so that a glimpse of one frame is either seen again or dies.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

from hazardlens.model.detections import Detections
from hazardlens.model.detector import Detector
from hazardlens.model.images import Photo
from hazardlens.model.stages import stage
from hazardlens.model.video.clip import Frame
from hazardlens.model.video.motion import CameraMotion
from hazardlens.model.video.stills import Stills
from hazardlens.model.video.tracking import Look, Track, Tracker

SECOND_LOOK_SHARE: Final = 0.5
"""At half of a label's threshold a detection asks for a second look."""

_FREE_SECOND_LOOKS: Final = 8
_SECOND_LOOKS_PER_LOOK: Final = 0.5
_MAX_SPARES: Final = 8
_STILL_SCORE: Final = 0.1


class Watcher:
    """Looks at one clip, frame by frame; not for several threads."""

    def __init__(self, detector: Detector, size_wh: tuple[int, int], thresholds: Mapping[str, float]) -> None:
        """Start before the first frame.

        Args:
            detector: finds boxes.
            size_wh: of the upright clip, in pixels.
            thresholds: of the labels that stand for a hazard; other labels ask for no second look and keep no still.
        """
        self.looks = 0
        self.stills = Stills()
        self._detector, self._size_wh, self._thresholds = detector, size_wh, thresholds
        self._tracker = Tracker()
        self._motion = CameraMotion()
        self._spares: deque[Frame] = deque(maxlen=_MAX_SPARES)
        self._asked_in: int | None = None
        self._second_looks = 0

    def see(self, frame: Frame) -> None:
        """Take the next frame, in order of time.

        Raises:
            InferenceError: the runtime failed.
        """
        if frame.spare:
            self._spares.append(frame)
            return
        found = self._detect(frame)
        asking = frame.shot if self._asks(frame, found) else None
        self._look_again({self._asked_in, asking})
        self._asked_in = asking
        self._note(frame, found)

    def finish(self) -> list[Track]:
        """Look at what still waits, and say what was followed, best first.

        Raises:
            InferenceError: the runtime failed.
        """
        self._look_again({self._asked_in})
        return self._tracker.finish()

    def _look_again(self, shots: set[int | None]) -> None:
        """Look at the spares of these shots; second looks are at most half as many as first ones, and a few."""
        waiting, self._spares = list(self._spares), deque(maxlen=_MAX_SPARES)
        for spare in waiting:
            allowed = _FREE_SECOND_LOOKS + _SECOND_LOOKS_PER_LOOK * self.looks
            if spare.shot in shots and self._second_looks < allowed:
                self._second_looks += 1
                self._note(spare, self._detect(spare))

    def _detect(self, frame: Frame) -> Detections:
        with stage("preprocess"):
            photo = Photo(frame.pixels, *self._size_wh, "video")
        (found,) = self._detector.detect([photo])
        return found

    def _asks(self, frame: Frame, found: Detections) -> bool:
        return any(
            one.label in self._thresholds
            and one.confidence >= SECOND_LOOK_SHARE * self._thresholds[one.label]
            and not self._tracker.confirmed(one.label, frame.shot, frame.time_s)
            for one in found
        )

    def _note(self, frame: Frame, found: Detections) -> None:
        index = self.looks
        across, down = self._motion.shift(frame.pixels)
        width, height = self._size_wh
        look = Look(frame.time_s, frame.shot, found, (across * width, down * height))
        self.looks += 1
        hit = self._tracker.add(look)
        self.stills.pass_by(index, frame.time_s, frame.pixels)
        worth = max((t.best.score for t in hit if t.label in self._thresholds and t.best.look == index), default=0.0)
        if worth >= _STILL_SCORE:
            self.stills.keep(index, frame.time_s, frame.pixels, worth)
