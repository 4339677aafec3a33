"""Charts of an evaluation: precision over recall, and stated over observed probability."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hazardlens.training.measuring.candidates import Candidate
from hazardlens.training.measuring.coco import match_boxes
from hazardlens.training.measuring.curves import Curve, box_curve, photo_curve
from hazardlens.training.measuring.evaluation import CalibrationFigures, Evaluation
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, counted, searched, subjects
from hazardlens.training.measuring.summary_charts import summary_charts

BOX_CURVES: Final = "pr-boxes"
PHOTO_CURVES: Final = "pr-photos"
RELIABILITY: Final = "reliability"

_DPI: Final = 110


def save_figures(
    judged: Sequence[JudgedPhoto], candidate: Candidate, evaluation: Evaluation, folder: Path
) -> dict[str, Figure]:
    """Write curves and reliability into `folder`; a subject without a positive photo has no curve.

    Returns:
        All charts of the evaluation by name, for the page.
    """
    rows = [row for row in subjects(candidate.thresholds, candidate.hazards) if row.model_thresholds]
    labels = [(row, _box_curve(judged, row)) for row in rows if row.kind == "label"]
    hazards = [(row, _photo_curve(judged, row)) for row in rows if row.kind == "hazard"]
    charts = {
        BOX_CURVES: _curves(labels, "Boxes, IoU 0.5"),
        PHOTO_CURVES: _curves(hazards, "Photos"),
        RELIABILITY: _reliability(evaluation.calibration),
    }
    for name, chart in charts.items():
        chart.savefig(folder / f"{name}.png", format="png", dpi=_DPI)
    return charts | summary_charts(evaluation)


def _box_curve(judged: Sequence[JudgedPhoto], row: Subject) -> Curve | None:
    complete = [photo for photo in judged if photo.is_complete_for(searched(row))]
    found = [photo.found(row.model_thresholds) for photo in complete]
    matches = match_boxes([photo.true_boxes(row.truth_labels) for photo in complete], found)
    return box_curve(matches) if matches.boxes else None


def _photo_curve(judged: Sequence[JudgedPhoto], row: Subject) -> Curve | None:
    _, scores = counted(judged, row)
    return photo_curve(scores) if scores.positive.any() else None


def _curves(rows: Sequence[tuple[Subject, Curve | None]], title: str) -> Figure:
    """All curves in one chart; the dot marks the model's own threshold where there is one threshold."""
    figure = Figure(figsize=(7.5, 6), layout="constrained")
    axes = figure.subplots()
    for row, curve in rows:
        if curve is not None:
            _draw_curve(axes, row, curve)
    axes.set(title=title, xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc="lower left")
    return figure


def _draw_curve(axes: Axes, row: Subject, curve: Curve) -> None:
    (line,) = axes.plot(curve.recall, curve.precision, label=row.name, linewidth=1.6)
    if len(row.model_thresholds) != 1:
        return
    (threshold,) = row.model_thresholds.values()
    above = np.flatnonzero(curve.thresholds >= threshold)
    if len(above):
        axes.plot(curve.recall[above[-1]], curve.precision[above[-1]], "o", color=line.get_color())


def _reliability(rows: Sequence[CalibrationFigures]) -> Figure:
    """One small chart per hazard that has positive photos; the size of a dot is its count of photos."""
    shown = [row for row in rows if row.positives]
    figure = Figure(figsize=(4.2 * max(1, len(shown)), 4.2), layout="constrained")
    charts = np.atleast_1d(np.asarray(figure.subplots(1, max(1, len(shown)))))
    for axes, row in zip(charts, shown, strict=False):
        axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
        stated, observed, counts = (np.asarray(values, float) for values in zip(*row.bins, strict=True))
        axes.scatter(stated, observed, s=20 + 4 * counts, alpha=0.7)
        for x, y, count in row.bins:
            axes.annotate(str(count), (x, y), fontsize=7, xytext=(5, 5), textcoords="offset points")
        error = "" if row.error is None else f"error {row.error:.2f}, "
        axes.set(title=f"{row.hazard.value}\n{error}{row.photos} photos", xlim=(0, 1), ylim=(0, 1.02))
        axes.set(xlabel="stated probability", ylabel="share of photos that show it")
    return figure
