"""A comparison of evaluations as one page in Chinese and English, and as Markdown.

OUT/
  comparison.html    the page, which needs nothing else
  comparison.md      the same as tables
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from hazardlens.model.taxonomy import HAZARDS
from hazardlens.training.measuring.comparison import (
    Difference,
    Measured,
    OwnSources,
    differences,
    own_sources,
    renamed,
)
from hazardlens.training.measuring.curves import RESAMPLES
from hazardlens.training.measuring.detail_tables import change, subject_table, together_cells
from hazardlens.training.measuring.markup import document, section_html
from hazardlens.training.measuring.metrics import SubjectFigures
from hazardlens.training.measuring.sections import Section
from hazardlens.training.measuring.summary_charts import Bar, dot_panels
from hazardlens.training.measuring.tables import NOTHING, TextTable, markdown, number

PAGE_FILE: Final = "comparison.html"
MARKDOWN_FILE: Final = "comparison.md"
_CHART: Final = "models"
_TITLE: Final = "评测对比 · Comparison of evaluations"


def write_comparison(measured: Sequence[Measured], out: Path, *, resamples: int = RESAMPLES) -> TextTable:
    """Write page and Markdown into `out`.

    Args:
        measured: two evaluations or more; the others are compared with the first.
        out: the folder, made where it is not there.
        resamples: for the intervals of differences.

    Returns:
        All hazards together, for a terminal.
    """
    parts = comparison_sections(measured, resamples=resamples)
    out.mkdir(parents=True, exist_ok=True)
    charts = {_CHART: _chart(measured)}
    names = ", ".join(one.name for one in measured)
    lead = '<p class="quiet">差值以第一项为基准，按地点成对重抽样 · differences are taken from the first one.</p>'
    html = document(_TITLE, names, lead, [section_html(part, charts) for part in parts])
    (out / PAGE_FILE).write_text(html, "utf-8")
    tables = [table for part in parts for table in part.tables]
    (out / MARKDOWN_FILE).write_text(f"# Comparison: {names}\n\n{markdown(tables)}", "utf-8")
    return _together_table(measured)


def comparison_sections(measured: Sequence[Measured], *, resamples: int = RESAMPLES) -> list[Section]:
    """All parts of the page."""
    parts = [
        Section("概览", "Overview", (_CHART,), (_models_table(measured), _together_table(measured))),
        Section("五类隐患", "The five hazards", (), tuple(_subject_tables(measured, "hazard"))),
        Section("检测标签", "Labels", (), tuple(_subject_tables(measured, "label"))),
    ]
    if gaps := differences(measured, resamples=resamples):
        first = measured[0].name
        tables = tuple(_difference_table(gap, first) for gap in gaps)
        parts.append(Section("同一批照片上的差别", f"Differences from {first}, on the same photos", (), tables))
    if own := own_sources(measured, resamples=resamples):
        parts.append(Section("留一来源", "One source left out", (), tuple(_own_tables(own))))
    return parts


def _models_table(measured: Sequence[Measured]) -> TextTable:
    header = ("evaluation", "model", "split", "subset", "photos", "places", "trained on this split")
    told = {True: "yes", False: "NO", None: "not stated"}
    rows = [
        (
            one.name,
            f"{one.figures.model} {one.figures.version}".strip(),
            one.figures.split,
            one.figures.subset,
            str(one.figures.photos),
            str(one.figures.groups),
            told[one.figures.trained_on_split],
        )
        for one in measured
    ]
    return TextTable("What is compared", header, tuple(rows))


def _together_table(measured: Sequence[Measured]) -> TextTable:
    header = ("evaluation", "alarms/100", "coverage", "accuracy", "error")
    rows = []
    for one in measured:
        alarms, _, *told = together_cells(one.figures, None)
        rows.append((one.name, alarms, *told))
    note = (
        "alarms/100: false alarms of any hazard per 100 harmless photos; coverage, accuracy: of the pre-filled "
        "category on photos with a hazard; error: calibration error of the stated confidence, wherever a hazard is "
        "named."
    )
    return TextTable("All hazards together", header, tuple(rows), note)


def _subject_tables(measured: Sequence[Measured], kind: str) -> list[TextTable]:
    """A table per hazard or label that any of the evaluations has photos of."""
    names = dict.fromkeys(row.name for one in measured for row in one.figures.subjects if row.kind == kind)
    tables = []
    for name in names:
        rows = [renamed(row, one.name) for one in measured if (row := _subject(one, kind, name)) is not None]
        if any(row.photos.positive_photos for row in rows):
            tables.append(subject_table(name, rows))
    return tables


def _subject(one: Measured, kind: str, name: str) -> SubjectFigures | None:
    return next((row for row in one.figures.subjects if (row.kind, row.name) == (kind, name)), None)


def _difference_table(gap: Difference, first: str) -> TextTable:
    header = ("hazard", "shown", "harmless", "AP50", "photo AP", "recall", "alarms/100")
    rows = [
        (
            row.hazard,
            str(row.positive_photos),
            str(row.harmless_photos),
            change(row.box_ap50),
            change(row.photo_ap),
            change(row.recall),
            change(row.alarms_per_100, 1),
        )
        for row in gap.hazards
    ]
    rows.append(("all", NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, change(gap.alarms, 1)))
    note = f"{gap.photos} photos in common. 95 % intervals of the differences, places drawn in pairs."
    return TextTable(f"{gap.name} - {first}", header, tuple(rows), note)


def _own_tables(own: Sequence[OwnSources]) -> list[TextTable]:
    """A table per label: an evaluation's figures on the sources that it alone holds out; then mean and lowest."""
    names = dict.fromkeys(row.name for one in own for row in one.labels)
    tables = []
    for name in names:
        rows = [
            renamed(row, f"{one.name}: {', '.join(one.sources)}")
            for one in own
            for row in one.labels
            if row.name == name
        ]
        table = subject_table(f"{name}, on the source left out", rows)
        note = (
            "Boxes: on the photos of the source that was left out alone. Photos: those against the harmless photos "
            f"of all sources that tested. Over {len(rows)} of them: {_spread(rows)}. {table.note}"
        )
        tables.append(TextTable(table.title, table.header, table.rows, note))
    return tables


def _spread(rows: Sequence[SubjectFigures]) -> str:
    """Mean and lowest of what there is."""
    told = []
    for title, values in (
        ("AP50", [row.boxes.ap50 for row in rows]),
        ("photo AP", [row.photos.average_precision for row in rows]),
    ):
        known = [value for value in values if value is not None]
        if known:
            told.append(f"{title} {number(float(np.mean(known)))} on average, {number(min(known))} at the lowest")
    return "; ".join(told) or NOTHING


def _chart(measured: Sequence[Measured]) -> Figure:
    boxes, photos = [], []
    for hazard in HAZARDS:
        for one in measured:
            row = one.figures.subject("hazard", hazard.value)
            if row.photos.positive_photos:
                name = f"{hazard.value}: {one.name}"
                boxes.append(Bar(name, row.boxes.ap50, row.boxes.ap50_interval))
                photos.append(Bar(name, row.photos.average_precision, row.photos.average_precision_interval))
    return dot_panels([("boxes: AP50", boxes), ("photos: AP", photos)], (-0.02, 1.02))
