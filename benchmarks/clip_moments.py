"""What looking at fewer frames costs and finds, on clips with known moments: `python benchmarks/clip_moments.py`.

Validation photos and rendered scenes hang along walks (`clip_scenes.py`); a hazard is in view for one to three seconds,
harmless sights for longer, with swings of the camera, cuts and dark stretches between. The network looks at ten frames
a second once; then each setting is played against these answers.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
from hazardlens.model.video.tracking import Track
from hazardlens.model.video.watching import Watcher
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.data.rendered import read_sets
from hazardlens.training.data.splits import read_split

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT.parent / "shared" / "data"
RATE: Final = 10.0
SIZE_WH: Final = (640, 360)
MIN_IOU: Final = 0.3

SETTINGS: Final[dict[str, FrameChoice]] = {
    "0.1-0.25 s": FrameChoice(min_gap_s=0.1, max_gap_s=0.25),
    "0.25-0.5 s": FrameChoice(min_gap_s=0.25, max_gap_s=0.5),
    "0.35-0.75 s": FrameChoice(min_gap_s=0.35, max_gap_s=0.75),
    "0.5-1 s": FrameChoice(),
    "0.75-1 s": FrameChoice(min_gap_s=0.75, max_gap_s=1.0),
    "0.75-1.5 s": FrameChoice(min_gap_s=0.75, max_gap_s=1.5),
    "1-2 s": FrameChoice(min_gap_s=1.0, max_gap_s=2.0),
    "2-3 s": FrameChoice(min_gap_s=2.0, max_gap_s=3.0),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A hazard in view: which label, from when to when, and which sight it belongs to."""

    label: str
    from_s: float
    until_s: float
    sight: int


@dataclass(slots=True)
class Score:
    """What one way of looking found, summed over clips."""

    seconds: float = 0.0
    looks: int = 0
    moments: int = 0
    found: int = 0
    seen: int = 0
    alarms: int = 0
    glimpses: int = 0


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
            pool = hazards if is_hazard else harmless
            record = pool[int(rng.integers(len(pool)))]
            dwell = float(rng.choice([1.0, 1.0, 2.0, 3.0])) if is_hazard else float(rng.uniform(2, 7))
            row.append(sight(record, dwell, dark=rng.random() < 1 / 8))
            total += dwell
        rows.append(row)
    return rows


def moments(frames: Sequence[ClipFrame]) -> Iterator[Moment]:
    """Each label of a hazard in each sight, from its first to its last frame in view."""
    times: dict[tuple[int, str], list[float]] = {}
    for frame in frames:
        for label in set(frame.labels) if frame.sight >= 0 else ():
            if LABEL_HAZARDS.get(label):
                times.setdefault((frame.sight, label), []).append(frame.time_s)
    for (number, label), seen in times.items():
        yield Moment(label, seen[0], seen[-1], number)


def play(
    frames: Sequence[ClipFrame], detector: Recorded, choice: FrameChoice | None, *, first_only: bool = False
) -> tuple[Watcher, list[Track]]:
    """Watch a film by a setting; None: each frame. `first_only`: without second looks."""
    hazards = {one.name: one.threshold for one in detector.info.labels if one.hazard}
    watcher = Watcher(detector, SIZE_WH, hazards)
    chooser: FrameChooser[ClipFrame] = FrameChooser(choice or FrameChoice())
    if choice is None:
        for index, one in enumerate(frames):
            watcher.see(Frame(index, one.time_s, one.pixels))
        return watcher, watcher.finish()
    chosen = [one for frame in frames for one in chooser.offer(frame.time_s, frame.pixels[:, :, 1], frame)]
    for index, taken in enumerate([*chosen, *chooser.finish()]):
        if not (taken.spare and first_only):
            watcher.see(Frame(index, taken.time_s, taken.frame.pixels, taken.spare, taken.shot, taken.sharpness))
    return watcher, watcher.finish()


def judge(
    frames: Sequence[ClipFrame],
    sights: Sequence[Sight],
    watched: tuple[Watcher, list[Track]],
    thresholds: dict[str, float],
) -> Score:
    """Which moments a track was found for, and which tracks have nothing to do with any."""
    watcher, tracks = watched
    by_time = {frame.time_s: frame for frame in frames}
    listed = [t for t in tracks if LABEL_HAZARDS.get(t.label) and t.score >= thresholds[t.label]]
    lucky = [t for t in tracks if LABEL_HAZARDS.get(t.label) and t.best.score >= thresholds[t.label]]
    known = list(moments(frames))
    score = Score(frames[-1].time_s + 1 / RATE, len(watcher.looks), len(known))
    score.found = sum(any(_shows(track, moment, by_time) for track in listed) for moment in known)
    score.seen = sum(any(_shows(track, moment, by_time) for track in lucky) for moment in known)
    score.alarms = sum(_is_alarm(track, by_time, sights) for track in listed)
    score.glimpses = sum(_is_alarm(track, by_time, sights) for track in lucky)
    return score


def _shows(track: Track, moment: Moment, frames: dict[float, ClipFrame]) -> bool:
    return track.label == moment.label and any(
        moment.from_s <= hit.time_s <= moment.until_s and _overlaps(hit.box_xyxy, frames[hit.time_s], track.label)
        for hit in track.hits
    )


def _overlaps(box: tuple[float, float, float, float], frame: ClipFrame, label: str) -> bool:
    true = frame.boxes_xyxy[np.array([one == label for one in frame.labels], bool)]
    return bool(len(true)) and bool(iou_matrix(np.array([box], np.float32), true).max() >= MIN_IOU)


def _is_alarm(track: Track, frames: dict[float, ClipFrame], sights: Sequence[Sight]) -> bool:
    """A track without any hit near a box of its label, on sights where that label was looked for and is not there."""
    shown = {frames[hit.time_s].sight for hit in track.hits} - {-1}
    return bool(shown) and all(
        track.label in sights[one].looked_for and track.label not in sights[one].labels for one in shown
    )


def study(clips: int, seconds: float, data: Path, seed: int) -> dict[str, Any]:
    """All settings on the same clips."""
    detector = OnnxDetector(read_bundle(SHIPPED_BUNDLE))
    thresholds = {label.name: label.threshold for label in detector.info.labels}
    hazards, harmless = photos(data)
    trials: dict[str, tuple[FrameChoice | None, bool]] = {"each frame (10/s)": (None, False)}
    trials |= {name: (choice, False) for name, choice in SETTINGS.items()}
    trials |= {f"{name}, no second look": (SETTINGS[name], True) for name in ("0.5-1 s", "1-2 s")}
    scores = {name: Score() for name in trials}
    for clip in range(clips):
        rng = np.random.default_rng((seed, clip))
        rows = walks(hazards, harmless, seconds, rng)
        sights = [one for row in rows for one in row]
        frames = list(film(rows, size_wh=SIZE_WH, rate=RATE, seed=clip))
        recorded = Recorded(detector)
        for name, (choice, first_only) in trials.items():
            one = judge(frames, sights, play(frames, recorded, choice, first_only=first_only), thresholds)
            for field in Score.__slots__:
                setattr(scores[name], field, getattr(scores[name], field) + getattr(one, field))
        print(f"clip {clip + 1} of {clips}: {len(frames)} frames", flush=True)
    return {name: {field: getattr(score, field) for field in Score.__slots__} for name, score in scores.items()}


def main() -> None:
    """Print the curve as a table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = study(options.clips, options.seconds, options.data, options.seed)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1) + "\n")
    print("| frames at | looks a minute | moments | found | luckiest frame | false tracks | luckiest frame |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, row in rows.items():
        minute = row["looks"] / row["seconds"] * 60
        print(
            f"| {name} | {minute:.0f} | {row['moments']} | {row['found']} | {row['seen']} "
            f"| {row['alarms']} | {row['glimpses']} |"
        )


if __name__ == "__main__":
    main()
