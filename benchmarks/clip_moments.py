"""How many looks a second find how many moments of known clips: `python benchmarks/clip_moments.py --clips 20`.

Validation photos and rendered scenes hang along walks (`clip_scenes.py`). Every second clip has hazards in view for one
to three seconds, harmless sights for longer, with swings of the camera, cuts and dark stretches between; the others are
long looks at harmless sights with one hazard for one second. Each way of looking is played against the same answers of
the network, with the same cuts.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from clip_scenes import ClipFrame, Sight, film
from hazardlens.model.boxes import iou_matrix
from hazardlens.model.bundle import SHIPPED_BUNDLE, read_bundle
from hazardlens.model.detections import Detections
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import Photo
from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.model.video.choosing import FrameChoice, FrameChooser
from hazardlens.model.video.clip import Frame
from hazardlens.model.video.tracking import Hit, Track, mean_of_best
from hazardlens.model.video.watching import Watcher
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.data.rendered import read_sets
from hazardlens.training.data.splits import read_split

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT.parent / "shared" / "data"
RATE: Final = 10
SIZE_WH: Final = (640, 360)
MIN_IOU: Final = 0.3
ONE_SECOND: Final = 1.0


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of looking: each so-manieth frame, or those that a chooser takes.

    Attributes:
        every: of the film's frames, which are ten a second; where there is no choice.
        choice: of the chooser.
        again: with second looks.
    """

    every: int = 1
    choice: FrameChoice | None = None
    again: bool = True


ARMS: Final[dict[str, Arm]] = {
    "ten a second": Arm(),
    "chosen, 0.25 to 0.5 s": Arm(choice=FrameChoice(min_gap_s=0.25, max_gap_s=0.5)),
    "chosen, 0.5 to 1 s, the default": Arm(choice=FrameChoice()),
    "the default without second looks": Arm(choice=FrameChoice(), again=False),
    "one a second": Arm(every=RATE),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A hazard in view: which label, and from when to when."""

    label: str
    from_s: float
    until_s: float


@dataclass(slots=True)
class Score:
    """What one way of looking found, summed over clips.

    Attributes:
        seconds: of all clips.
        looks: runs of the network.
        moments: a hazard in view.
        found: those for which a track counts by what it saw within the moment.
        lucky: those with one frame that would count as a photo.
        alarms: tracks that count where nothing of their label is.
    """

    seconds: float = 0.0
    looks: int = 0
    moments: int = 0
    found: int = 0
    lucky: int = 0
    alarms: int = 0

    def add(self, other: "Score") -> None:
        """Add another clip's."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class Recorded:
    """A detector that knows the answer for each frame that was ever looked at."""

    def __init__(self, detector: OnnxDetector) -> None:
        self._detector = detector
        self._answers: dict[int, Detections] = {}
        self.info, self.name, self.version = detector.info, detector.name, detector.version
        self.labels, self.input_size_px = detector.labels, detector.input_size_px

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """The answers; pixels are told apart by where they lie in memory."""
        return [self._answer(photo) for photo in photos]

    def _answer(self, photo: Photo) -> Detections:
        key = photo.pixels.__array_interface__["data"][0]
        if key not in self._answers:
            (self._answers[key],) = self._detector.detect([photo])
        return self._answers[key]


def sight(record: PhotoRecord, seconds: float, *, dark: bool = False) -> Sight:
    """A labelled photo for the wall."""
    pixels = np.asarray(Image.open(record.path).convert("RGB"))
    centre, size = record.boxes_cxcywh[:, :2], record.boxes_cxcywh[:, 2:]
    corners = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    boxes = (corners * np.array([record.width, record.height] * 2)).astype(np.float32)
    return Sight(pixels, record.labels, boxes, seconds, dark, record.photo, record.looked_for)


def photos(data: Path) -> tuple[list[PhotoRecord], list[PhotoRecord]]:
    """Landscape photos that show a hazard, and some that do not: real ones that validate, and rendered ones."""
    split = read_split(ROOT / "datasets" / "split-v1.json")
    real = split.select(read_records(data), "val")
    names = (data / "labels.txt").read_text().split()
    rendered = [record for each in read_sets([ROOT / "datasets" / "rendered"], names) for record in each.records]
    by_group = {record.group: record for record in rendered}
    wide = [record for record in [*real, *by_group.values()] if record.width >= record.height]
    shows = [record for record in wide if any(LABEL_HAZARDS.get(label) for label in record.labels)]
    return shows, [record for record in wide if not any(LABEL_HAZARDS.get(label) for label in record.labels)]


def walks(
    hazards: Sequence[PhotoRecord], harmless: Sequence[PhotoRecord], seconds: float, rng: np.random.Generator
) -> list[list[Sight]]:
    """A clip's walks: every second sight is a hazard, in view for one to three seconds; one in eight is dark."""
    rows: list[list[Sight]] = []
    total = 0.0
    while total < seconds:
        row = []
        for _ in range(int(rng.integers(1, 6))):
            is_hazard = rng.random() < 0.5
            dwell = float(rng.choice([1.0, 1.0, 2.0, 3.0])) if is_hazard else float(rng.uniform(2, 7))
            row.append(sight(_any(hazards if is_hazard else harmless, rng), dwell, dark=rng.random() < 1 / 8))
            total += dwell
        rows.append(row)
    return rows


def one_second(
    hazards: Sequence[PhotoRecord], harmless: Sequence[PhotoRecord], seconds: float, rng: np.random.Generator
) -> list[list[Sight]]:
    """A hazard for one second between two long looks at harmless sights; the camera swings to it, or there is a cut."""
    before = float(rng.uniform(0.2, 0.8)) * (seconds - ONE_SECOND)
    row = [
        sight(_any(harmless, rng), before),
        sight(_any(hazards, rng), ONE_SECOND, dark=rng.random() < 1 / 8),
        sight(_any(harmless, rng), seconds - ONE_SECOND - before),
    ]
    return [row] if rng.random() < 0.5 else [[one] for one in row]


def _any(pool: Sequence[PhotoRecord], rng: np.random.Generator) -> PhotoRecord:
    return pool[int(rng.integers(len(pool)))]


def moments(frames: Sequence[ClipFrame]) -> Iterator[Moment]:
    """Each label of a hazard in each sight, from its first to its last frame in view."""
    times: dict[tuple[int, str], list[float]] = {}
    for frame in frames:
        for label in set(frame.labels) if frame.sight >= 0 else ():
            if LABEL_HAZARDS.get(label):
                times.setdefault((frame.sight, label), []).append(frame.time_s)
    for (_, label), seen in times.items():
        yield Moment(label, seen[0], seen[-1])


def looks_of(frames: Sequence[ClipFrame], arm: Arm) -> Iterator[Frame]:
    """The frames that an arm shows the watcher. All have the film's own cuts, so that no arm joins what others part."""
    if arm.choice is None:
        for one in frames[:: arm.every]:
            yield Frame(one.time_s, one.pixels, shot=one.walk)
        return
    chooser: FrameChooser[ClipFrame] = FrameChooser(arm.choice)
    chosen = [taken for one in frames for taken in chooser.offer(one.time_s, one.pixels[:, :, 1], one)]
    for taken in [*chosen, *chooser.finish()]:
        if arm.again or not taken.spare:
            yield Frame(taken.time_s, taken.frame.pixels, taken.spare, taken.frame.walk)


def play(frames: Sequence[ClipFrame], detector: Recorded, arm: Arm) -> tuple[int, list[Track]]:
    """Watch a film: how many looks it took, and what was followed."""
    watcher = Watcher(detector, SIZE_WH, {one.name: one.threshold for one in detector.info.labels if one.hazard})
    for frame in looks_of(frames, arm):
        watcher.see(frame)
    tracks = watcher.finish()
    return watcher.looks, [track for track in tracks if LABEL_HAZARDS.get(track.label)]


def judge(
    frames: Sequence[ClipFrame], sights: Sequence[Sight], tracks: Sequence[Track], thresholds: Mapping[str, float]
) -> Score:
    """Which moments a track was found for, and which tracks have nothing to do with any."""
    by_time = {frame.time_s: frame for frame in frames}
    counting = [track for track in tracks if track.score >= thresholds[track.label]]
    score = Score(seconds=len(frames) / RATE)
    for moment in moments(frames):
        least = thresholds[moment.label]
        within = [[hit.score for hit in _hits_within(track, moment, by_time)] for track in tracks]
        score.moments += 1
        score.lucky += any(max(scores, default=0.0) >= least for scores in within)
        # By what was seen of this moment alone: a track may go on to the next sight of the same.
        score.found += any(
            scores and track.score >= least and mean_of_best(scores, len(scores)) >= least
            for track, scores in zip(tracks, within, strict=True)
        )
    score.alarms = sum(_is_alarm(track, by_time, sights) for track in counting)
    return score


def _hits_within(track: Track, moment: Moment, frames: Mapping[float, ClipFrame]) -> list[Hit]:
    return [
        hit
        for hit in track.hits
        if track.label == moment.label
        and moment.from_s <= hit.time_s <= moment.until_s
        and _overlaps(hit.box_xyxy, frames[hit.time_s], track.label)
    ]


def _overlaps(box: tuple[float, float, float, float], frame: ClipFrame, label: str) -> bool:
    true = frame.boxes_xyxy[np.array([one == label for one in frame.labels], bool)]
    return bool(len(true)) and bool(iou_matrix(np.array([box], np.float32), true).max() >= MIN_IOU)


def _is_alarm(track: Track, frames: Mapping[float, ClipFrame], sights: Sequence[Sight]) -> bool:
    """A track on sights alone where its label was looked for and is not there."""
    shown = {frames[hit.time_s].sight for hit in track.hits} - {-1}
    return bool(shown) and all(
        track.label in sights[one].looked_for and track.label not in sights[one].labels for one in shown
    )


def study(clips: int, seconds: float, data: Path, seed: int) -> dict[str, dict[str, Score]]:
    """All arms on the same clips; by kind of clip, then by arm."""
    detector = OnnxDetector(read_bundle(SHIPPED_BUNDLE))
    thresholds = {label.name: label.threshold for label in detector.info.labels}
    hazards, harmless = photos(data)
    kinds = {"walks": walks, "one second": one_second}
    scores = {kind: {name: Score() for name in ARMS} for kind in kinds}
    for clip in range(clips):
        kind = list(kinds)[clip % len(kinds)]
        rows = kinds[kind](hazards, harmless, seconds, np.random.default_rng((seed, clip)))
        frames = list(film(rows, size_wh=SIZE_WH, rate=RATE, seed=clip))
        sights = [one for row in rows for one in row]
        recorded = Recorded(detector)
        for name, arm in ARMS.items():
            looks, tracks = play(frames, recorded, arm)
            score = judge(frames, sights, tracks, thresholds)
            score.looks = looks
            scores[kind][name].add(score)
        print(f"clip {clip + 1} of {clips}: {kind}, {len(frames)} frames", flush=True)
    return scores


def main() -> None:
    """Print a table for each kind of clip, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    scores = study(options.clips, options.seconds, options.data, options.seed)
    for kind, rows in scores.items():
        seconds, known = next((row.seconds, row.moments) for row in rows.values())
        print(f"\n{kind}: {known} moments in {seconds / 60:.1f} minutes\n")
        print("| frames | looks a second | found | by the luckiest frame | false tracks |")
        print("| --- | --- | --- | --- | --- |")
        for name, row in rows.items():
            per_second = row.looks / max(row.seconds, 1e-9)
            print(f"| {name} | {per_second:.2f} | {row.found} | {row.lucky} | {row.alarms} |")
    if options.out:
        figures = {kind: {name: asdict(row) for name, row in rows.items()} for kind, rows in scores.items()}
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
