"""Draws detections onto a copy of a photo."""

from collections.abc import Iterable, Mapping
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from hazardlens.model.detections import Detection
from hazardlens.model.images import Photo
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category

Colour = tuple[int, int, int]

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
_DARK: Final[Colour] = (0, 0, 0)
_LIGHT: Final[Colour] = (255, 255, 255)


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
    line = max(1, round(max(picture.size) / 320))
    font = ImageFont.load_default(max(10.0, min(max(picture.size) / 45, min(picture.size) / 6)))
    draw = ImageDraw.Draw(picture)
    marks = []
    for found in sorted(detections, key=lambda one: one.confidence):
        x_min, y_min, x_max, y_max = found.box_xyxy
        corners = (x_min * scale_x, y_min * scale_y, x_max * scale_x, y_max * scale_y)
        marks.append((corners, f"{found.label} {found.confidence:.0%}", _colour_of(hazards.get(found.label))))
    for corners, _, colour in marks:
        _draw_box(draw, corners, colour, line)
    # After all lines, so that none runs through a text.
    for corners, text, colour in marks:
        _draw_tag(draw, corners, text, colour, font, picture.size)
    return picture


def _draw_box(
    draw: ImageDraw.ImageDraw,
    corners: tuple[float, float, float, float],
    colour: Colour,
    line: int,
) -> None:
    """A coloured line within a thin dark one, visible on bright and dark ground."""
    draw.rectangle(corners, outline=_DARK, width=line + 2)
    draw.rectangle(corners, outline=colour, width=line)


def _draw_tag(
    draw: ImageDraw.ImageDraw,
    corners: tuple[float, float, float, float],
    text: str,
    colour: Colour,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    size_wh: tuple[int, int],
) -> None:
    """The text on a plate above the box, or within it where there is no room above; never off the picture."""
    _, _, right, bottom = draw.textbbox((0, 0), text, font=font)
    pad = max(1, round(bottom / 6))
    width, height = right + 2 * pad, bottom + 2 * pad
    left = max(0, min(corners[0], size_wh[0] - width))
    top = corners[1] - height if corners[1] >= height else corners[1]
    top = max(0, min(top, size_wh[1] - height))
    draw.rectangle((left, top, left + width, top + height), fill=colour)
    draw.text((left + pad, top + pad), text, fill=_text_colour(colour), font=font)


def _colour_of(hazard: Category | None) -> Colour:
    return HAZARD_COLOURS.get(hazard, _OTHER)


def _text_colour(ground: Colour) -> Colour:
    red, green, blue = ground
    return _DARK if 0.299 * red + 0.587 * green + 0.114 * blue > 110 else _LIGHT
