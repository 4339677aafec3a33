"""What a report of an evaluation says, in order: the same parts make the page and the Markdown file."""

from dataclasses import dataclass
from typing import Final

from hazardlens.training.measuring.detail_tables import (
    alarm_hazard_table,
    alarm_table,
    condition_subject_tables,
    condition_summary,
    loss_tables,
    rule_table,
    sources_table,
    subject_table,
    threshold_table,
)
from hazardlens.training.measuring.evaluation import Evaluation
from hazardlens.training.measuring.tables import TextTable, calibration_table, prefill_table, source_table

SHOWN_BY_SOURCE: Final = "stacked_clutter"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report.

    Attributes:
        zh: its heading in Chinese.
        en: its heading in English.
        charts: names of the charts that it shows.
        tables: that follow them.
        folded: tables for those who look closer.
    """

    zh: str
    en: str
    charts: tuple[str, ...] = ()
    tables: tuple[TextTable, ...] = ()
    folded: tuple[TextTable, ...] = ()


def headline(figures: Evaluation) -> str:
    """Which model on which photos."""
    model = f"{figures.model} {figures.version}".strip()
    return f"{model} ({figures.kind}) on {_where(figures)}"


def basis_of(figures: Evaluation) -> str:
    """What makes the figures honest, or does not."""
    held_out = sum(source.photos for source in figures.sources if source.held_out)
    trained = {
        True: "The model was trained on the training side of this split.",
        False: "WARNING: the model was trained on another split; photos that are measured here may have trained it.",
        None: "The model does not say which split it was trained on.",
    }[figures.trained_on_split]
    return (
        f"Real photos only. {held_out} of {figures.photos} photos are of sources that no photo trained or validated "
        "from; the others are of places that did not. A label that nobody looked for on a photo is unknown there, and "
        f"does not count. {trained}"
    )


def sections(figures: Evaluation) -> list[Section]:
    """All parts for which there is something to say."""
    hazards = [row for row in figures.subjects if row.kind == "hazard"]
    labels = [row for row in figures.subjects if row.kind == "label"]
    found = [
        Section("五类隐患", "The five hazards", ("hazards", "pr-photos"), (subject_table("Hazards", hazards),)),
        Section("检测标签", "Labels", ("pr-boxes",), (subject_table("Labels", labels),)),
        Section(
            "无隐患照片上的误报",
            "False alarms on harmless photos",
            ("alarms",),
            (alarm_table(figures), alarm_hazard_table(figures)),
        ),
        Section(
            "预填类别与置信度",
            "The pre-filled category and its confidence",
            ("reliability",),
            (prefill_table(figures), calibration_table(figures)),
        ),
    ]
    if figures.conditions:
        tables = (condition_summary(figures), *loss_tables(figures))
        folded = tuple(condition_subject_tables(figures))
        found.append(Section("较差的拍摄条件", "The same photos, worse", ("conditions",), tables, folded))
    strict = subject_table("Hazards, on sources alone that did not train at all", figures.strict)
    found += [
        Section("按来源", "By source", (), (source_table(figures, SHOWN_BY_SOURCE), sources_table(figures), strict)),
        Section("阈值", "Thresholds", (), (threshold_table(figures), rule_table(figures))),
    ]
    return found


def _where(figures: Evaluation) -> str:
    return f"{figures.photos} {figures.subset} photos ({figures.groups} places) of split {figures.split}"
