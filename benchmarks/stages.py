"""How long each step of one photo takes, alone on one thread."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final, ParamSpec, TypeVar

from hazardlens.model.bundle import read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import decode_photo
from hazardlens.model.triage.decide import decide
from hazardlens.model.triage.policy import load_policy
from hazardlens.model.triage.values import Evidence
from phone_photos import PhotoSet

P = ParamSpec("P")
T = TypeVar("T")

STAGES: Final = ("decode_full_size", "decode", "preprocess", "inference", "postprocess", "triage")
"""`decode_full_size` is for comparison: the endpoint decodes at the size that the model needs."""


@dataclass(frozen=True, slots=True)
class StageTime:
    """One step's time on one kind of photo, in milliseconds."""

    photos: str
    stage: str
    runs: int
    median_ms: float
    p95_ms: float


@dataclass(slots=True)
class _Laps:
    seconds: dict[str, list[float]] = field(default_factory=lambda: {stage: [] for stage in STAGES})

    def time(self, stage: str, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        start = time.perf_counter()
        result = step(*args, **kwargs)
        self.seconds[stage].append(time.perf_counter() - start)
        return result


def measure_stages(bundle: Path, photo_set: PhotoSet, runs: int) -> list[StageTime]:
    """Take `runs` photos of the set, one after the other, through all steps."""
    detector = OnnxDetector(read_bundle(bundle))
    detector.warm_up()
    policy, view, laps = load_policy(), detector.info.view, _Laps()
    contents = [path.read_bytes() for path in photo_set.paths]
    for run in range(runs):
        data = contents[run % len(contents)]
        laps.time("decode_full_size", decode_photo, data)
        photo = laps.time("decode", decode_photo, data, min_side_px=detector.input_size_px)
        tensor, placement = laps.time("preprocess", detector.prepare, photo)
        raw = laps.time("inference", detector.infer, tensor)
        found = laps.time("postprocess", detector.decode, raw, placement)
        evidence = [Evidence(found, photo.width, photo.height)]
        laps.time("triage", decide, evidence, "", policy=policy, model=view)
    return [_summary(photo_set.name, stage, seconds) for stage, seconds in laps.seconds.items()]


def percentile_95(values: list[float]) -> float:
    """The value that 95 of 100 stay below (nearest rank)."""
    return sorted(values)[max(0, -(-95 * len(values) // 100) - 1)]


def _summary(photos: str, stage: str, seconds: list[float]) -> StageTime:
    middle, slow = median(seconds) * 1000, percentile_95(seconds) * 1000
    return StageTime(photos, stage, len(seconds), round(middle, 2), round(slow, 2))
