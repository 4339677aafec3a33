"""Draws boxes with a word on them; needs Pillow alone, so that a decoding child can do it too."""

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Corners = tuple[float, float, float, float]

_DARK: Final[Colour] = (0, 0, 0)
_LIGHT: Final[Colour] = (255, 255, 255)


def draw_boxes(picture: Image.Image, marks: Sequence[tuple[Corners, str, Colour]]) -> None:
    """Draw onto `picture` itself.

    Args:
        picture: RGB.
        marks: corners in pixels of the picture, the text on the plate, and a colour; the last are on top.
    """
    line = max(1, round(max(picture.size) / 320))
    font = ImageFont.load_default(max(10.0, min(max(picture.size) / 45, min(picture.size) / 6)))
    draw = ImageDraw.Draw(picture)
    for corners, _, colour in marks:
        _draw_box(draw, corners, colour, line)
    # After all lines, so that none runs through a text.
    for corners, text, colour in marks:
        _draw_tag(draw, corners, text, colour, font, picture.size)


def _draw_box(
    draw: ImageDraw.ImageDraw,
    corners: Corners,
    colour: Colour,
    line: int,
) -> None:
    """A coloured line within a thin dark one, visible on bright and dark ground."""
    draw.rectangle(corners, outline=_DARK, width=line + 2)
    draw.rectangle(corners, outline=colour, width=line)


def _draw_tag(
    draw: ImageDraw.ImageDraw,
    corners: Corners,
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


def _text_colour(ground: Colour) -> Colour:
    red, green, blue = ground
    return _DARK if 0.299 * red + 0.587 * green + 0.114 * blue > 110 else _LIGHT
