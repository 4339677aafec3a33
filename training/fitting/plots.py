"""Pictures of a run: how losses and figures moved, and what the finished model finds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from hazardlens.model.boxes import cxcywh_to_xyxy
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
        _draw_lines(right, rows, sorted({name for row in rows for name in row if name.startswith("rendered/")}))
        left.set(title="training loss", xlabel="epoch")
        right.set(title="AP50 on validation photos (dashed: rendered ones)", xlabel="epoch", ylim=(0, 1))
        figure.savefig(path, dpi=110)


def _draw_lines(axes: Any, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    for name in names:
        points = [(index + 1, row[name]) for index, row in enumerate(rows) if row.get(name) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), marker=".", label=name.replace("ap50/", ""), **_style(name))
    for index in range(1, len(rows)):
        if rows[index]["stage"] != rows[index - 1]["stage"]:
            axes.axvline(index + 0.5, color="grey", linestyle=":")
    if axes.get_legend_handles_labels()[0]:  # else nothing was validated yet
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    axes.grid(visible=True, alpha=0.3)


def _style(name: str) -> dict[str, Any]:
    if name == "fitness":
        return {"color": "black", "linewidth": 2}
    return {"linewidth": 1, "linestyle": "--" if name.startswith("rendered/") else "-"}


def draw_batch(batch: Mapping[str, Any], labels: Sequence[str], path: Path) -> None:
    """The training pictures of a batch with their boxes.

    Args:
        batch: `img` (B, 3, S, S) uint8 RGB; `bboxes` (N, 4) centre and size, fractions; `cls` and `batch_idx` (N,).
        labels: of the model, in the order of its classes.
        path: where the sheet goes.
    """
    pictures = batch["img"][:_SAMPLES].permute(0, 2, 3, 1).numpy()
    rows = -(-len(pictures) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _TILE_PX, rows * _TILE_PX), (40, 40, 40))
    corners = cxcywh_to_xyxy(batch["bboxes"].numpy().reshape(-1, 4)) * _TILE_PX
    for place, picture in enumerate(pictures):
        tile = Image.fromarray(picture).resize((_TILE_PX, _TILE_PX))
        own = batch["batch_idx"].numpy() == place
        for box, number in zip(corners[own], batch["cls"].numpy()[own].ravel(), strict=True):
            _draw_box(ImageDraw.Draw(tile), tuple(box.tolist()), labels[int(number)], _TRUE)
        sheet.paste(tile, (place % _COLUMNS * _TILE_PX, place // _COLUMNS * _TILE_PX))
    sheet.save(path, optimize=True)


def draw_samples(validation: Validation, network: Network, path: Path) -> None:
    """Validation photos, evenly spread: true boxes in green, what the network finds in red with its raw score."""
    found = validation.detect(network.module, network.size_px)
    chosen = np.linspace(0, len(found) - 1, min(_SAMPLES, len(found))).round().astype(int)
    rows = -(-len(chosen) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _TILE_PX, rows * _TILE_PX), (40, 40, 40))
    for place, index in enumerate(chosen):
        record = validation.real.records[index]
        tile = _tile(validation.real.pictures[index], truth_xyxy(record), record.labels, found[index])
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
