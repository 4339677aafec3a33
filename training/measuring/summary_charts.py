"""Charts that show figures with their intervals: hazards, false alarms by kind, conditions, and models side by side."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hazardlens.training.measuring.changes import Change
from hazardlens.training.measuring.evaluation import Evaluation
from hazardlens.training.measuring.metrics import Interval, SubjectFigures

HAZARDS_CHART: Final = "hazards"
ALARMS_CHART: Final = "alarms"
CONDITIONS_CHART: Final = "conditions"

_SVG_STYLE: Final[dict[Any, Any]] = {"svg.fonttype": "none", "svg.hashsalt": "hazardlens", "font.family": "sans-serif"}
_WIDTH_IN: Final = 4.6
_ROW_IN: Final = 0.34


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure of a chart: None where there is none."""

    name: str
    value: float | None
    bounds: Interval | None


def as_svg(figure: Figure) -> str:
    """The chart as an SVG element, the same every time; its text is text."""
    stream = io.StringIO()
    with mpl.rc_context(_SVG_STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def summary_charts(evaluation: Evaluation) -> dict[str, Figure]:
    """All charts of this module that the evaluation has figures for, by name."""
    charts = {HAZARDS_CHART: _hazards(evaluation), ALARMS_CHART: _alarms(evaluation)}
    if evaluation.conditions:
        charts[CONDITIONS_CHART] = _conditions(evaluation)
    return charts


def dot_panels(panels: Sequence[tuple[str, Sequence[Bar]]], limits: tuple[float, float] | None) -> Figure:
    """Panels side by side that share their rows: a dot for each figure, a line for its interval.

    Args:
        panels: title and figures; all have the same rows.
        limits: of the values; None: what they need, from 0.
    """
    rows = len(panels[0][1]) if panels else 0
    size = (1.6 + _WIDTH_IN * max(1, len(panels)) * 0.75, 1.1 + _ROW_IN * max(1, rows))
    figure = Figure(figsize=size, layout="constrained")
    charts = np.atleast_1d(np.asarray(figure.subplots(1, max(1, len(panels)), sharey=True)))
    for axes, (title, bars) in zip(charts, panels, strict=False):
        _draw_bars(axes, bars)
        axes.set_title(title, fontsize=10)
        axes.grid(axis="x", alpha=0.3)
        if limits is not None:
            axes.set_xlim(*limits)
        elif bars:
            axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    if rows:
        charts[0].set_yticks(range(rows), [bar.name for bar in panels[0][1]], fontsize=9)
        charts[0].set_ylim(rows - 0.5, -0.5)
    return figure


def _draw_bars(axes: Axes, bars: Sequence[Bar]) -> None:
    for place, bar in enumerate(bars):
        if bar.value is None:
            axes.text(
                0.01, place, "no figure", fontsize=8, color="grey", va="center", transform=axes.get_yaxis_transform()
            )
            continue
        if bar.bounds is not None:
            axes.plot(bar.bounds, (place, place), color="#5b8def", linewidth=3, alpha=0.6, solid_capstyle="butt")
        axes.plot(bar.value, place, "o", color="#123a8c", markersize=6)


def _hazards(evaluation: Evaluation) -> Figure:
    rows = [row for row in evaluation.subjects if row.kind == "hazard"]
    boxes = [Bar(row.name, row.boxes.ap50, row.boxes.ap50_interval) for row in rows]
    photos = [_photo_bar(row) for row in rows]
    clean = [_clean_recall(row) for row in rows]
    return dot_panels(
        [("boxes: AP50", boxes), ("photos: AP", photos), ("photos: recall at 90 % precision", clean)], (-0.02, 1.02)
    )


def _photo_bar(row: SubjectFigures) -> Bar:
    return Bar(row.name, row.photos.average_precision, row.photos.average_precision_interval)


def _clean_recall(row: SubjectFigures) -> Bar:
    return Bar(row.name, row.photos.recall_at_90_precision, row.photos.recall_at_90_precision_interval)


def _alarms(evaluation: Evaluation) -> Figure:
    bars = [
        Bar(f"{'all' if row.kind is None else row.kind.value} ({row.photos})", row.per_100, row.interval)
        for row in evaluation.alarms
    ]
    return dot_panels([("false alarms per 100 harmless photos", bars)], None)


def _conditions(evaluation: Evaluation) -> Figure:
    """What each hazard with photos loses; zero is no loss."""
    first = evaluation.conditions[0].losses
    shown = [place for place, row in enumerate(first) if row.known_after and row.positive_photos]
    panels = []
    for title, field in (("boxes: change of AP50", "box_ap50"), ("photos: change of AP", "photo_ap")):
        bars = []
        for place in shown:
            for found in evaluation.conditions:
                row: Change = getattr(found.losses[place], field)
                bars.append(Bar(f"{first[place].hazard}: {found.name}", row.difference, row.interval))
        panels.append((title, bars))
    return dot_panels(panels, None)
