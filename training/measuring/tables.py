"""An evaluation as tables of text, for the terminal, for Markdown and for the model card alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hazardlens.training.measuring.evaluation import Evaluation, SourceFigures
from hazardlens.training.measuring.metrics import Interval, SubjectFigures
from hazardlens.training.measuring.prefill import PrefillShare

NO_PHOTOS: Final = "no test photos"
NOT_KNOWN: Final = "not in the model"
NO_HARMLESS: Final = "no harmless photos"
NOTHING: Final = "–"

_BOX_NOTE: Final = (
    "Boxes count on photos on which the label was looked for. shown: photos with such a box; of: photos looked at; "
    "AP50: average precision at IoU 0.5, with its 95 % bootstrap interval over places (none where there is one place)."
)
_PHOTO_NOTE: Final = (
    "Does this photo show it? shown, harmless: photos that do, and that do not; AP: average precision of the photo's "
    "highest score; R@90: recall at 90 % precision; recall and alarms: at the model's own thresholds; alarms: false "
    "alarms per 100 harmless photos."
)


@dataclass(frozen=True, slots=True)
class TextTable:
    """A title, a header, rows of as many cells, and what the header's short words mean."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """The header and rows as a Markdown table, the note below."""
        lines = [self.header, tuple("---" for _ in self.header), *self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return f"{table}\n\n{self.note}".rstrip()


def box_table(evaluation: Evaluation) -> TextTable:
    """AP of boxes, a row per hazard and label."""
    header = ("kind", "name", "shown", "of", "boxes", "AP50", "AP50-95")
    return TextTable("Boxes", header, tuple(_box_row(row) for row in evaluation.subjects), _BOX_NOTE)


def photo_table(evaluation: Evaluation) -> TextTable:
    """How well whole photos are told apart, a row per hazard and label."""
    header = ("kind", "name", "shown", "harmless", "AP", "R@90", "recall", "alarms")
    return TextTable("Photos", header, tuple(_photo_row(row) for row in evaluation.subjects), _PHOTO_NOTE)


def source_table(evaluation: Evaluation, label: str) -> TextTable:
    """One label, source by source."""
    header = ("source", "photos", "shown", "boxes", "AP50", "AP50-95", "photo AP", "alarms")
    found = ((source, row) for source in evaluation.sources for row in _label_rows(source, label))
    note = (
        "" if all(source.held_out for source in evaluation.sources) else "* a part of this source trains or validates."
    )
    return TextTable(f"{label} by source", header, tuple(_source_row(source, row) for source, row in found), note)


def calibration_table(evaluation: Evaluation) -> TextTable:
    """How far the probabilities can be believed, a row per hazard."""
    header = ("hazard", "fitted on", "shown", f"{evaluation.subset} photos", "shown", "error", "Brier")
    rows = [
        (
            item.hazard.value,
            str(item.fitted_photos),
            str(item.fitted_positives),
            str(item.photos),
            str(item.positives),
            number(item.error),
            number(item.brier),
        )
        for item in evaluation.calibration
    ]
    note = "error: expected calibration error over ten bins; Brier: mean squared error of the stated probabilities."
    return TextTable("Calibration", header, tuple(rows), note)


def prefill_table(evaluation: Evaluation) -> TextTable:
    """How often the pre-filled category is given without a person, and how often it is right."""
    header = ("photos", "n", "answered", "coverage", "right", "accuracy")
    figures = evaluation.prefill
    if figures is None:
        return TextTable("Pre-fill", header, ())
    rows = [("all", figures.overall), ("with a hazard", figures.with_hazard)]
    rows += [(hazard.value, share) for hazard, share in figures.hazards.items()]
    note = (
        f"Each photo alone, without words, by policy {figures.policy}. Photos whose truth is known: a true box of a "
        "hazard says which it shows; without one, all hazard labels of the model must have been looked for. n: how "
        "many; coverage: share on which the model does not abstain; right: of the answers that name what was looked "
        "for, those whose category is right; intervals are 95 % bootstrap over places. Calibration error of the "
        "stated confidence: "
        f"{number(figures.error)} where the model does not abstain, {number(figures.error_named)} wherever it names a "
        "hazard."
    )
    return TextTable("Pre-fill", header, tuple(_prefill_row(name, share) for name, share in rows), note)


def _prefill_row(name: str, share: PrefillShare) -> tuple[str, ...]:
    return (
        name,
        str(share.photos),
        str(share.answered),
        with_interval(share.coverage, share.coverage_interval),
        f"{share.right} of {share.judged}",
        with_interval(share.accuracy, share.accuracy_interval),
    )


def number(value: float | None) -> str:
    """Two decimals, or a dash."""
    return NOTHING if value is None else f"{value:.2f}"


def with_interval(value: float | None, interval: Interval | None) -> str:
    """A value with its interval: 0.91 (0.85–0.96)."""
    return number(value) + ("" if interval is None or value is None else f" ({interval[0]:.2f}–{interval[1]:.2f})")


def markdown(tables: Sequence[TextTable]) -> str:
    """Tables under headings."""
    return "\n\n".join(f"## {table.title}\n\n{table.markdown()}" for table in tables) + "\n"


def box_ap(row: SubjectFigures) -> str:
    """AP50 with its interval, or why there is none."""
    if not row.in_model:
        return NOT_KNOWN
    return with_interval(row.boxes.ap50, row.boxes.ap50_interval) if row.boxes.boxes else NO_PHOTOS


def photo_ap(row: SubjectFigures) -> str:
    """The photos' average precision with its interval, or why there is none."""
    if not row.in_model:
        return NOT_KNOWN
    if not row.photos.positive_photos:
        return NO_PHOTOS
    if not row.photos.harmless_photos:
        return NO_HARMLESS
    return with_interval(row.photos.average_precision, row.photos.average_precision_interval)


def _box_row(row: SubjectFigures) -> tuple[str, ...]:
    boxes = row.boxes
    ap50_95 = number(boxes.ap50_95) if row.in_model else NOTHING
    counts = (str(boxes.positive_photos), str(boxes.photos), str(boxes.boxes))
    return (row.kind, row.name, *counts, box_ap(row), ap50_95)


def _photo_row(row: SubjectFigures) -> tuple[str, ...]:
    photos = row.photos
    counts = (row.kind, row.name, str(photos.positive_photos), str(photos.harmless_photos))
    if not row.in_model:
        return (*counts, NOT_KNOWN, NOTHING, NOTHING, NOTHING)
    alarms = NOTHING if photos.false_alarms_per_100 is None else f"{photos.false_alarms_per_100:.1f}"
    recalls = (number(photos.recall_at_90_precision), number(photos.recall))
    return (*counts, photo_ap(row), *recalls, alarms)


def _label_rows(source: SourceFigures, label: str) -> Iterable[SubjectFigures]:
    return (row for row in source.subjects if (row.kind, row.name) == ("label", label))


def _source_row(source: SourceFigures, row: SubjectFigures) -> tuple[str, ...]:
    photos = row.photos
    return (
        source.source + ("" if source.held_out else " *"),
        str(photos.photos),
        str(photos.positive_photos),
        str(row.boxes.boxes),
        number(row.boxes.ap50),
        number(row.boxes.ap50_95),
        number(photos.average_precision),
        f"{photos.false_alarms} of {photos.harmless_photos}" if photos.harmless_photos else NOTHING,
    )
