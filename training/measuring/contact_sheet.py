"""The worst mistakes of one label on one sheet of photos: what was missed, and what was seen where nothing is.

The sheets show photos of the data set: they are for looking at, not for publishing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from hazardlens.model.boxes import iou_matrix
from hazardlens.training.measuring.judged import Boxes, JudgedPhoto

TILE_PX: Final = 300
COLUMNS: Final = 5
ROWS_EACH: Final = 3
SAME_BOX: Final = 0.5
"""IoU from which a detection is the true box."""

_CAPTION_PX: Final = 16
_TRUE: Final = (60, 200, 90)
_FOUND: Final = (235, 60, 50)
_PAPER: Final = (24, 24, 24)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One photo and how badly it went: higher is worse.

    Attributes:
        photo: its name.
        badness: for sorting.
        told: the caption.
    """

    photo: str
    badness: float
    told: str


def worst_misses(judged: Sequence[JudgedPhoto], label: str) -> list[Mistake]:
    """Photos with a true box that the detector gave a low score or none at all, worst first; one entry per photo."""
    mistakes = []
    for photo in _searched(judged, label):
        truths = photo.true_boxes([label])
        boxes, scores = photo.found([label])
        if len(truths):
            met = iou_matrix(truths, boxes) >= SAME_BOX
            best = np.where(met, scores, 0.0).max(axis=1, initial=0.0)
            told = f"missed {(best == 0).sum()} of {len(truths)}, lowest score {best.min():.2f}"
            mistakes.append(Mistake(photo.photo, float(1 - best.min()), told))
    return sorted(mistakes, key=lambda mistake: -mistake.badness)


def worst_false_alarms(judged: Sequence[JudgedPhoto], label: str) -> list[Mistake]:
    """Photos with a confident detection where no true box is, worst first; one entry per photo."""
    mistakes = []
    for photo in _searched(judged, label):
        boxes, scores = photo.found([label])
        elsewhere = scores[iou_matrix(boxes, photo.true_boxes([label])).max(axis=1, initial=0.0) < SAME_BOX]
        if len(elsewhere):
            worst = float(elsewhere.max())
            mistakes.append(Mistake(photo.photo, worst, f"false alarm {worst:.2f}"))
    return sorted(mistakes, key=lambda mistake: -mistake.badness)


def has_mistakes(judged: Sequence[JudgedPhoto], label: str, threshold: float) -> bool:
    """Whether a sheet has anything to show: a true box, or a false alarm at half the threshold, as it is drawn."""
    alarms = worst_false_alarms(judged, label)[:1]
    return bool(worst_misses(judged, label) or (alarms and alarms[0].badness >= threshold / 2))


def _searched(judged: Sequence[JudgedPhoto], label: str) -> Iterable[JudgedPhoto]:
    return (photo for photo in judged if photo.is_complete_for([label]))


def save_contact_sheet(
    judged: Sequence[JudgedPhoto], label: str, threshold: float, files: Mapping[str, Path], path: Path
) -> None:
    """Draw misses above, false alarms below; true boxes green, detections red with their score.

    Args:
        judged: photos with the detector's answers.
        label: which boxes to show.
        threshold: raw score from which detections are drawn, halved, so that near misses can be seen.
        files: photo name to picture.
        path: PNG to write.
    """
    by_name = {photo.photo: photo for photo in judged}
    room = COLUMNS * ROWS_EACH
    alarms = [mistake for mistake in worst_false_alarms(judged, label) if mistake.badness >= threshold / 2]
    chosen = [worst_misses(judged, label)[:room], alarms[:room]]
    sheet = Image.new("RGB", (COLUMNS * TILE_PX, 2 * ROWS_EACH * (TILE_PX + _CAPTION_PX)), _PAPER)
    for part, mistakes in enumerate(chosen):
        for place, mistake in enumerate(mistakes):
            tile = _tile(by_name[mistake.photo], files[mistake.photo], label, threshold / 2, mistake.told)
            row = part * ROWS_EACH + place // COLUMNS
            sheet.paste(tile, (place % COLUMNS * TILE_PX, row * (TILE_PX + _CAPTION_PX)))
    sheet.save(path, format="PNG", optimize=True)


def _tile(photo: JudgedPhoto, file: Path, label: str, threshold: float, told: str) -> Image.Image:
    with Image.open(file) as picture:
        image = ImageOps.exif_transpose(picture).convert("RGB")
    scale = TILE_PX / max(image.size)
    tile = Image.new("RGB", (TILE_PX, TILE_PX + _CAPTION_PX), _PAPER)
    tile.paste(ImageOps.contain(image, (TILE_PX, TILE_PX)), (0, _CAPTION_PX))
    draw = ImageDraw.Draw(tile)
    draw.text((2, 2), f"{Path(photo.photo).stem[-26:]}: {told}", fill="white")
    boxes, scores = photo.found([label])
    _draw_boxes(draw, photo.true_boxes([label]) * scale, [""] * len(photo.true_boxes([label])), _TRUE)
    strong = scores >= threshold
    _draw_boxes(draw, boxes[strong] * scale, [f"{score:.2f}" for score in scores[strong]], _FOUND)
    return tile


def _draw_boxes(draw: ImageDraw.ImageDraw, boxes: Boxes, texts: Sequence[str], colour: tuple[int, int, int]) -> None:
    for (x_min, y_min, x_max, y_max), text in zip(boxes.tolist(), texts, strict=True):
        draw.rectangle((x_min, y_min + _CAPTION_PX, x_max, y_max + _CAPTION_PX), outline=colour, width=2)
        draw.text((x_min + 4, y_min + _CAPTION_PX + 3), text, fill=colour, stroke_width=1, stroke_fill="black")
