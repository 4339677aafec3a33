"""The wide tables of an evaluation: every figure with its interval, kinds of harmless photos, sources, thresholds."""

from collections.abc import Iterable, Sequence
from typing import Final

from hazardlens.training.measuring.alarms import KindAlarms
from hazardlens.training.measuring.changes import Change
from hazardlens.training.measuring.evaluation import Evaluation, SourceFigures
from hazardlens.training.measuring.metrics import Interval, SubjectFigures
from hazardlens.training.measuring.robustness import ConditionFigures
from hazardlens.training.measuring.tables import NOTHING, TextTable, box_ap, number, photo_ap, with_interval

_SUBJECT_HEADER: Final = (
    "name", "shown", "harmless", "boxes", "AP50", "AP50-95", "photo AP", "R@P90", "recall", "alarms/100",
)  # fmt: skip
_SUBJECT_NOTE: Final = (
    "shown, harmless: photos that show it, and that are known not to. Boxes count where the label was looked for, "
    "photos too, and those that a known box makes positive. R@P90: recall of photos at 90 % precision; recall, "
    "alarms/100 (false alarms per 100 harmless photos): at the model's own thresholds. In brackets 95 % bootstrap "
    "intervals over places, none where there is one place; with fewer than ten photos that show "
    "it they say little."
)
_ALARM_NOTE: Final = (
    "Photos that show no hazard, and on which one was looked for; an alarm is any hazard's label at its threshold, if "
    "it was looked for there. nobody looked: further photos on which only labels alarm that were not."
)


def subject_table(title: str, rows: Iterable[SubjectFigures]) -> TextTable:
    """Every figure of every row, with intervals."""
    return TextTable(title, _SUBJECT_HEADER, tuple(_subject_row(row) for row in rows), _SUBJECT_NOTE)


def alarm_table(evaluation: Evaluation) -> TextTable:
    """False alarms, a row per kind of harmless photo."""
    header = ("harmless photos", "count", "alarms", "per 100", "nobody looked")
    rows = [
        (_kind(row), str(row.photos), str(row.alarms), alarms_per_100(row), str(row.unknown))
        for row in evaluation.alarms
    ]
    return TextTable("False alarms", header, tuple(rows), _ALARM_NOTE)


def alarm_hazard_table(evaluation: Evaluation) -> TextTable:
    """Which hazards the false alarms name, a row per kind of harmless photo."""
    names = [row.name for row in evaluation.subjects if row.kind == "hazard" and row.in_model]
    rows = [(_kind(row), *(str(row.hazards.get(name, 0)) for name in names)) for row in evaluation.alarms]
    return TextTable("Hazards that false alarms name", ("harmless photos", *names), tuple(rows))


def sources_table(evaluation: Evaluation) -> TextTable:
    """A row per source and subject that it shows."""
    header = ("source", "photos", "name", "shown", "boxes", "AP50", "AP50-95", "photo AP", "false alarms")
    rows = [
        (
            mark(source),
            str(source.photos),
            row.name,
            str(row.boxes.positive_photos),
            str(row.boxes.boxes),
            *_figures(row),
        )
        for source in evaluation.sources
        for row in source.subjects
        if row.kind == "label" and row.boxes.boxes
    ]
    return TextTable("Labels by source", header, tuple(rows), source_note(evaluation))


def mark(source: SourceFigures) -> str:
    """Its name, with a star where a part of it trains."""
    return source.source + ("" if source.held_out else " *")


def source_note(evaluation: Evaluation) -> str:
    """What the star means, where there is one."""
    some = [source for source in evaluation.sources if not source.held_out]
    return (
        ""
        if not some
        else (
            "* other photos of this source train or validate. Its test photos are of other places: each photo of a "
            "pooled source is another author's, and the rest share a place with a source that only tests."
        )
    )


def threshold_table(evaluation: Evaluation) -> TextTable:
    """From which raw score each label counts."""
    rows = [(label, f"{value:.3f}") for label, value in evaluation.thresholds.items()]
    note = "From this raw score a detection counts; fitted on validation photos alone."
    return TextTable("Thresholds of labels", ("label", "threshold"), tuple(rows), note)


def rule_table(evaluation: Evaluation) -> TextTable:
    """From which raw score each hazard may be named without a person."""
    fitted = {row.hazard: row for row in evaluation.calibration}
    rows = []
    for rule in evaluation.rules:
        stands = "abstains" if rule.stands_from is None else f"{rule.stands_from:.3f}"
        basis = rule.basis or "not stated"
        counts = fitted[rule.hazard]
        own = (NOTHING if rule.basis is None else stands, basis)
        rows.append((rule.hazard.value, *own, str(counts.fitted_photos), str(counts.fitted_positives)))
    header = ("hazard", "stands from", "basis", "fitted on", "shown")
    note = (
        "stands from: raw score from which triage may name the hazard without a person; basis: what its probabilities "
        "rest on. Both come from validation photos alone. –: a bundle of schema version 1, whose curve stands as it is."
    )
    return TextTable("When a hazard stands alone", header, tuple(rows), note)


def condition_table(evaluation: Evaluation) -> TextTable:
    """What each hazard loses under each condition, for a terminal."""
    rows = [
        (found.name, loss.hazard, change(loss.box_ap50), change(loss.photo_ap))
        for found in evaluation.conditions
        for loss in found.losses
        if loss.known_after and loss.positive_photos
    ]
    note = "From the photos as they are to the worse ones; 95 % intervals, places drawn in pairs."
    return TextTable("Conditions", ("condition", "hazard", "AP50 change", "photo AP change"), tuple(rows), note)


def condition_summary(evaluation: Evaluation) -> TextTable:
    """All hazards together under each condition: false alarms, and the pre-filled category."""
    header = ("condition", "alarms/100", "change", "coverage", "accuracy", "calibration error")
    rows = [] if evaluation.prefill is None else [("as they are", *together_cells(evaluation, None))]
    rows += [(found.name, *together_cells(found, found.alarm_change)) for found in evaluation.conditions]
    note = (
        "coverage, accuracy: of the pre-filled category on photos with a hazard; calibration error: of the stated "
        "confidence, wherever a hazard is named. change: from the photos as they are, places drawn in pairs."
    )
    return TextTable("All hazards under each condition", header, tuple(rows), note)


def loss_tables(evaluation: Evaluation) -> list[TextTable]:
    """A table per figure: hazards down, conditions across, each with what it loses."""
    figures = (
        ("Boxes: AP50 under each condition", "box_ap50", 2),
        ("Photos: average precision under each condition", "photo_ap", 2),
        ("Photos: recall under each condition", "recall", 2),
        ("Photos: false alarms per 100 under each condition", "alarms_per_100", 1),
    )
    return [_loss_table(evaluation, *figure) for figure in figures]


def condition_subject_tables(evaluation: Evaluation) -> list[TextTable]:
    """Hazards and labels under each condition, in full."""
    return [
        subject_table(f"Under {found.name}", [row for row in found.subjects if row.in_model])
        for found in evaluation.conditions
    ]


def change(row: Change, digits: int = 2) -> str:
    """A difference with its interval: -0.12 (-0.20 to -0.03)."""
    if row.difference is None:
        return NOTHING
    bounds = "" if row.interval is None else f" ({row.interval[0]:+.{digits}f} to {row.interval[1]:+.{digits}f})"
    return f"{row.difference:+.{digits}f}{bounds}"


def alarms_per_100(row: KindAlarms) -> str:
    """A rate with its interval: 3.1 (0.0–9.2)."""
    return tenths(row.per_100, row.interval)


def tenths(value: float | None, bounds: Interval | None) -> str:
    """One decimal, with the interval if there is one."""
    if value is None:
        return NOTHING
    return f"{value:.1f}" + ("" if bounds is None else f" ({bounds[0]:.1f}–{bounds[1]:.1f})")


def _subject_row(row: SubjectFigures) -> tuple[str, ...]:
    boxes, photos = row.boxes, row.photos
    counts = (row.name, str(photos.positive_photos), str(photos.harmless_photos), str(boxes.boxes))
    if not row.in_model:
        return (*counts, box_ap(row), *[NOTHING] * 5)
    return (
        *counts,
        box_ap(row),
        with_interval(boxes.ap50_95, boxes.ap50_95_interval),
        photo_ap(row),
        with_interval(photos.recall_at_90_precision, photos.recall_at_90_precision_interval),
        with_interval(photos.recall, photos.recall_interval),
        tenths(photos.false_alarms_per_100, photos.false_alarms_interval),
    )


def _figures(row: SubjectFigures) -> tuple[str, ...]:
    photos = row.photos
    return (
        with_interval(row.boxes.ap50, row.boxes.ap50_interval),
        with_interval(row.boxes.ap50_95, row.boxes.ap50_95_interval),
        number(photos.average_precision),
        f"{photos.false_alarms} of {photos.harmless_photos}" if photos.harmless_photos else NOTHING,
    )


def _kind(row: KindAlarms) -> str:
    return "all" if row.kind is None else row.kind.value


def together_cells(figures: Evaluation | ConditionFigures, changed: Change | None) -> Sequence[str]:
    """All hazards together: false alarms, their change, coverage, accuracy and calibration error of the pre-fill."""
    share = figures.prefill
    told = (NOTHING, NOTHING, NOTHING)
    if share is not None:
        some = share.with_hazard
        told = (
            with_interval(some.coverage, some.coverage_interval),
            with_interval(some.accuracy, some.accuracy_interval),
            number(share.error_named),
        )
    alarms = alarms_per_100(figures.alarms[0]) if figures.alarms else NOTHING
    return (alarms, NOTHING if changed is None else change(changed, 1), *told)


def _loss_table(evaluation: Evaluation, title: str, figure: str, digits: int) -> TextTable:
    conditions = evaluation.conditions
    rows = []
    for place, first in enumerate(conditions[0].losses if conditions else ()):
        if not first.known_after or not (first.positive_photos or figure == "alarms_per_100"):
            continue
        changes: list[Change] = [getattr(found.losses[place], figure) for found in conditions]
        before = NOTHING if changes[0].before is None else f"{changes[0].before:.{digits}f}"
        rows.append((first.hazard, before, *(_after(row, digits) for row in changes)))
    header = ("hazard", "as they are", *(found.name for found in conditions))
    return TextTable(title, header, tuple(rows))


def _after(row: Change, digits: int) -> str:
    return NOTHING if row.after is None else f"{row.after:.{digits}f}: {change(row, digits)}"
