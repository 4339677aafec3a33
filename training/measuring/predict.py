"""Run a detector over labelled photos as serving would: from the file's bytes through the same decoding."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from hazardlens.model.boxes import cxcywh_to_xyxy
from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo, decode_photo
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.measuring.judged import Boxes, JudgedPhoto


class Finder(Protocol):
    """The part of a detector that an evaluation needs; torch networks and bundles both have it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, by label id."""

    @property
    def input_size_px(self) -> int:
        """Side of the model's canvas."""

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """One `Detections` per photo, in pixels of the upright originals."""


def judge(
    finder: Finder, records: Sequence[PhotoRecord], advance: Callable[[int, int], None] | None = None
) -> list[JudgedPhoto]:
    """What the detector finds on each photo, beside what is known about it.

    Raises:
        ImageError: a photo cannot be decoded.
    """
    judged = []
    for done, record in enumerate(records, start=1):
        photo = decode_photo(record.path.read_bytes(), min_side_px=finder.input_size_px)
        (detections,) = finder.detect([photo])
        judged.append(pair(record, detections))
        if advance is not None:
            advance(done, len(records))
    return judged


def pair(record: PhotoRecord, detections: Detections) -> JudgedPhoto:
    """One photo's truth and answer."""
    return JudgedPhoto(
        photo=record.photo,
        source=record.source,
        group=record.group,
        looked_for=record.looked_for,
        truth_labels=record.labels,
        truth_xyxy=truth_xyxy(record),
        detections=detections,
        size_wh=(record.width, record.height),
    )


def truth_xyxy(record: PhotoRecord) -> Boxes:
    """(N, 4) float32 true boxes, pixels of the upright original."""
    size = np.asarray([record.width, record.height] * 2, np.float32)
    return (cxcywh_to_xyxy(record.boxes_cxcywh) * size).astype(np.float32)
