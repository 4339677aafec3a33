"""False alarms by kind of harmless photo: what does a model take for a hazard?

A harmless photo shows no hazard, and somebody looked for at least one that the model can find. Only labels that were
looked for count: elsewhere an alarm may be right. Each photo has one kind, the first that fits.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from hazardlens.training.measuring.curves import RESAMPLES, Flags, interval
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Interval, Subject, per_100, rate, resampled


class HarmlessKind(StrEnum):
    """What a harmless photo shows."""

    EVERYDAY = "everyday"
    TIDY_KITCHEN = "tidy_kitchen"
    CLEAR_EXIT = "clear_exit"
    FLUSH_COVER = "flush_cover"
    TAUT_CABLE = "taut_cable"
    PARKED_BICYCLE = "parked_bicycle"
    OTHER = "other"


KIND_ZH: Final = {
    HarmlessKind.EVERYDAY: "日常照片",
    HarmlessKind.TIDY_KITCHEN: "整洁厨房",
    HarmlessKind.CLEAR_EXIT: "畅通的门与走廊",
    HarmlessKind.FLUSH_COVER: "平整井盖",
    HarmlessKind.TAUT_CABLE: "绷直的线缆",
    HarmlessKind.PARKED_BICYCLE: "停放的自行车",
    HarmlessKind.OTHER: "其他",
}

KIND_OF_SOURCE: Final = {
    "everyday": HarmlessKind.EVERYDAY,
    "coco": HarmlessKind.TIDY_KITCHEN,
    "coco2": HarmlessKind.TIDY_KITCHEN,
    "doordetect-oi": HarmlessKind.TIDY_KITCHEN,
    "doordetect-oi2": HarmlessKind.TIDY_KITCHEN,
    "hecatom": HarmlessKind.TIDY_KITCHEN,
    "bugfire-uci": HarmlessKind.CLEAR_EXIT,
    "exitsign-kcw": HarmlessKind.CLEAR_EXIT,
    "openimages-door": HarmlessKind.CLEAR_EXIT,
    "hamdani-pole": HarmlessKind.TAUT_CABLE,
    "park-my-bike": HarmlessKind.PARKED_BICYCLE,
}
"""Sources of the pool whose photos are of one kind; kitchens and corridors have no label of their own."""

KIND_OF_LABEL: Final = {
    "manhole_ok": HarmlessKind.FLUSH_COVER,
    "cable_ok": HarmlessKind.TAUT_CABLE,
    "exit_door": HarmlessKind.CLEAR_EXIT,
    "exit_sign": HarmlessKind.CLEAR_EXIT,
    "bicycle_parked": HarmlessKind.PARKED_BICYCLE,
}
"""For other sources: what a box on the photo says, first that fits."""


class KindAlarms(BaseModel):
    """False alarms on one kind of harmless photo, at the model's own thresholds.

    Attributes:
        kind: of the photos; None: all of them.
        photos: how many, in `places` groups.
        alarms: those on which a label of a hazard that was looked for reaches its threshold.
        per_100: the same of 100 photos; None without photos.
        interval: of that, 95 % bootstrap over places.
        hazards: alarms by hazard; a photo may have several.
        unknown: further photos on which only labels alarm that nobody looked for: right or wrong, nobody knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: HarmlessKind | None
    photos: int
    places: int
    alarms: int
    per_100: float | None
    interval: Interval | None
    hazards: dict[str, int]
    unknown: int


def harmless_kind(photo: JudgedPhoto) -> HarmlessKind:
    """The kind of a harmless photo."""
    if photo.source in KIND_OF_SOURCE:
        return KIND_OF_SOURCE[photo.source]
    return next((kind for label, kind in KIND_OF_LABEL.items() if label in photo.truth_labels), HarmlessKind.OTHER)


def harmless_photos(photos: Sequence[JudgedPhoto], hazards: Sequence[Subject]) -> list[JudgedPhoto]:
    """The photos that count, of all kinds.

    Args:
        photos: with the model's answers.
        hazards: subjects of kind `hazard`.
    """
    shown = {label for hazard in hazards for label in hazard.truth_labels}
    known = {label for hazard in hazards for label in hazard.model_thresholds}
    return [
        photo for photo in photos if shown.isdisjoint(photo.truth_labels) and not known.isdisjoint(photo.looked_for)
    ]


def fires(photo: JudgedPhoto, hazard: Subject, labels: Collection[str] | None = None) -> bool:
    """Whether any of the hazard's labels, of those in `labels`, reaches its threshold."""
    return any(
        photo.score([label]) >= least
        for label, least in hazard.model_thresholds.items()
        if labels is None or label in labels
    )


def alarm_flags(photos: Sequence[JudgedPhoto], hazards: Sequence[Subject]) -> Flags:
    """(P,): on which of these photos any hazard's label that was looked for alarms."""
    return np.asarray([any(fires(photo, row, photo.looked_for) for row in hazards) for photo in photos], dtype=bool)


def alarm_figures(
    photos: Sequence[JudgedPhoto], hazards: Sequence[Subject], *, resamples: int = RESAMPLES
) -> tuple[KindAlarms, ...]:
    """All harmless photos together, then each kind that there is.

    Args:
        photos: with the model's answers.
        hazards: subjects of kind `hazard`.
        resamples: for the intervals; 0 leaves them out.
    """
    kept = harmless_photos(photos, hazards)
    kinds = [harmless_kind(photo) for photo in kept]
    rows = [_figures(kept, None, hazards, resamples)]
    for kind in HarmlessKind:
        own = [photo for photo, its in zip(kept, kinds, strict=True) if its is kind]
        if own:
            rows.append(_figures(own, kind, hazards, resamples))
    return tuple(rows)


def _figures(
    photos: Sequence[JudgedPhoto], kind: HarmlessKind | None, hazards: Sequence[Subject], resamples: int
) -> KindAlarms:
    alarms = alarm_flags(photos, hazards)
    anything = np.asarray([any(fires(photo, row) for row in hazards) for photo in photos], dtype=bool)
    everything = np.ones(len(photos), bool)
    weights = resampled(photos, resamples)
    bounds = None
    if weights is not None:
        bounds = interval(lambda row: per_100(rate(alarms, everything, row)), weights)
    counts = {row.name: sum(fires(photo, row, photo.looked_for) for photo in photos) for row in hazards}
    return KindAlarms(
        kind=kind,
        photos=len(photos),
        places=len({photo.group for photo in photos}),
        alarms=int(alarms.sum()),
        per_100=per_100(rate(alarms, everything)),
        interval=bounds,
        hazards={name: count for name, count in counts.items() if count},
        unknown=int((anything & ~alarms).sum()),
    )
