"""Photos beside each other for the report: what the model in service drew, and what the candidate draws."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageOps

from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.retraining.flips import Flip

SIDE_PX: Final = 360
_TRUE: Final = (60, 200, 90)
_FOUND: Final = (235, 60, 50)
_QUALITY: Final = 80


def flip_picture(flip: Flip, labels: Mapping[str, float], file: Path) -> str:
    """Old answer left, new one right, as a data URL; true boxes green, found ones red with their score.

    Args:
        flip: photo and answers.
        labels: of the hazard, with half of whose thresholds boxes are drawn.
        file: the photo.
    """
    with Image.open(file) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    scale = SIDE_PX / max(picture.size)
    small = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    sheet = Image.new("RGB", (2 * small.width + 6, small.height), "white")
    for place, photo in enumerate((flip.before, flip.after)):
        sheet.paste(_drawn(small, photo, labels, scale), (place * (small.width + 6), 0))
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def picture_file(path: Path) -> str:
    """A PNG as a data URL; empty where there is none."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode() if path.is_file() else ""


def _drawn(small: Image.Image, photo: JudgedPhoto, labels: Mapping[str, float], scale: float) -> Image.Image:
    image = small.copy()
    draw = ImageDraw.Draw(image)
    for box in (photo.true_boxes(labels) * scale).tolist():
        draw.rectangle(tuple(box), outline=_TRUE, width=2)
    for label, threshold in labels.items():
        boxes, scores = photo.found([label])
        strong = scores >= threshold / 2
        for box, score in zip((boxes[strong] * scale).tolist(), scores[strong].tolist(), strict=True):
            draw.rectangle(tuple(box), outline=_FOUND, width=2)
            place = (box[0] + 3, box[1] + 2)
            draw.text(place, f"{score:.2f}", fill=_FOUND, stroke_width=2, stroke_fill="white")
    return image
