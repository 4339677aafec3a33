"""Draws detections onto a copy of a photo."""

from collections.abc import Iterable, Mapping
from typing import Final

from PIL import Image

from hazardlens.model.detections import Detection
from hazardlens.model.drawing import Colour, draw_boxes
from hazardlens.model.images import Photo
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category

# Wong's palette: told apart by colour-blind readers, and each strong enough under black or white letters.
HAZARD_COLOURS: Final[Mapping[Category | None, Colour]] = {
    Category.BLOCKED_FIRE_EXIT: (213, 94, 0),
    Category.DANGLING_CABLE: (240, 228, 66),
    Category.RAISED_MANHOLE_COVER: (204, 121, 167),
    Category.STACKED_CLUTTER: (0, 158, 115),
    Category.UNHYGIENIC_KITCHEN: (86, 180, 233),
    None: (190, 190, 190),
}
_OTHER: Final[Colour] = (230, 159, 0)


def annotate(
    photo: Photo,
    detections: Iterable[Detection],
    *,
    hazards: Mapping[str, Category | None] = LABEL_HAZARDS,
    max_side_px: int | None = None,
) -> Image.Image:
    """Draw boxes with their label and score in percent.

    Args:
        photo: what to draw on; the picture that comes out is as large as its pixels are.
        detections: boxes in pixels of the upright original; the best ones are drawn last, on top.
        hazards: label to hazard, for the colours.
        max_side_px: shrink the picture to this along its long side; None: leave it.

    Returns:
        An RGB picture; the photo itself stays as it is.
    """
    picture = Image.fromarray(photo.pixels)
    if max_side_px is not None and max(picture.size) > max_side_px:
        picture.thumbnail((max_side_px, max_side_px), Image.Resampling.BILINEAR)
    scale_x, scale_y = picture.width / photo.width, picture.height / photo.height
    marks = []
    for found in sorted(detections, key=lambda one: one.confidence):
        x_min, y_min, x_max, y_max = found.box_xyxy
        corners = (x_min * scale_x, y_min * scale_y, x_max * scale_x, y_max * scale_y)
        marks.append((corners, f"{found.label} {found.confidence:.0%}", colour_of(hazards.get(found.label))))
    draw_boxes(picture, marks)
    return picture


def colour_of(hazard: Category | None) -> Colour:
    """The colour of a hazard's boxes; None: of context."""
    return HAZARD_COLOURS.get(hazard, _OTHER)
