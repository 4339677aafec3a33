"""Pictures of a run: how losses and figures moved, and what the finished model finds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo
from hazardlens.training.fitting.validation import Validation
from hazardlens.training.measuring.predict import truth_xyxy
from hazardlens.training.networks.network import Network

_SAMPLES: Final = 18
_COLUMNS: Final = 6
_TILE_PX: Final = 280
_MIN_CONFIDENCE: Final = 0.25
_TRUE: Final = (90, 220, 90)
_FOUND: Final = (255, 80, 60)


def draw_curves(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Losses on the left, AP50 per label on the right, over all epochs of all stages."""
    with mpl.rc_context({"font.size": 8}):
        figure = Figure(figsize=(13, 4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_lines(left, rows, [name for name in rows[0] if name.endswith("_loss")])
        scores = sorted({name for row in rows for name in row if name.startswith("ap50/")})
        _draw_lines(right, rows, [*scores, "fitness"])
        left.set(title="training loss", xlabel="epoch")
        right.set(title="AP50 on validation photos", xlabel="epoch", ylim=(0, 1))
        figure.savefig(path, dpi=110)


def _draw_lines(axes: Any, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    for name in names:
        points = [(index + 1, row[name]) for index, row in enumerate(rows) if row.get(name) is not None]
        if points:
            style = {"color": "black", "linewidth": 2} if name == "fitness" else {"linewidth": 1}
            axes.plot(*zip(*points, strict=True), marker=".", label=name.removeprefix("ap50/"), **style)
    for index in range(1, len(rows)):
        if rows[index]["stage"] != rows[index - 1]["stage"]:
            axes.axvline(index + 0.5, color="grey", linestyle=":")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    axes.grid(visible=True, alpha=0.3)


def draw_samples(validation: Validation, network: Network, path: Path) -> None:
    """Validation photos, evenly spread: true boxes in green, what the network finds in red with its raw score."""
    found = validation.detect(network.module, network.size_px)
    chosen = np.linspace(0, len(found) - 1, min(_SAMPLES, len(found))).round().astype(int)
    rows = -(-len(chosen) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _TILE_PX, rows * _TILE_PX), (40, 40, 40))
    for place, index in enumerate(chosen):
        record = validation.records[index]
        tile = _tile(validation.photos[index], truth_xyxy(record), record.labels, found[index])
        sheet.paste(tile, (place % _COLUMNS * _TILE_PX, place // _COLUMNS * _TILE_PX))
    sheet.save(path, optimize=True)


def _tile(photo: Photo, truth: Any, labels: Sequence[str], found: Detections) -> Image.Image:
    image = Image.fromarray(photo.pixels)
    image.thumbnail((_TILE_PX, _TILE_PX))
    draw = ImageDraw.Draw(image)
    scale = image.width / photo.width
    for box, label in zip(truth, labels, strict=True):
        _draw_box(draw, tuple(box * scale), label, _TRUE)
    for detection in found.at_least(_MIN_CONFIDENCE):
        box = tuple(value * scale for value in detection.box_xyxy)
        _draw_box(draw, box, f"{detection.label} {detection.confidence:.2f}", _FOUND)
    return image


def _draw_box(draw: ImageDraw.ImageDraw, box: tuple[float, ...], text: str, colour: tuple[int, int, int]) -> None:
    draw.rectangle(box, outline=colour, width=2)
    draw.text((box[0] + 3, box[1] + (2 if colour == _TRUE else 13)), text, fill=colour)
