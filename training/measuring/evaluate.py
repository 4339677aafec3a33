"""Measure a run's network or a bundle on one part of a split, and write everything there is to see about it.

OUT/
  report.html            all of it on one page that needs nothing else
  metrics.json           all figures (`Evaluation`)
  report.md              the same as tables
  answers.jsonl          what was found on each photo (`answers`), to compare models on the same photos
  pr-boxes.png           precision over recall of boxes, per label
  pr-photos.png          precision over recall of photos, per hazard
  reliability.png        stated over observed probability, per hazard
  mistakes-LABEL.png     the worst misses and false alarms of each label of the model that has any
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.data.rendered import PROVENANCE
from hazardlens.training.data.splits import SplitManifest, SplitName, read_split
from hazardlens.training.errors import EvaluationError, SplitError
from hazardlens.training.measuring.answers import write_answers
from hazardlens.training.measuring.candidates import (
    IOU_THRESHOLD,
    MIN_CONFIDENCE,
    Candidate,
    calibrate,
    from_bundle,
    from_finder,
)
from hazardlens.training.measuring.conditions import Condition
from hazardlens.training.measuring.contact_sheet import has_mistakes, save_contact_sheet
from hazardlens.training.measuring.detail_tables import alarm_table, condition_table
from hazardlens.training.measuring.evaluation import Evaluation, Kind, evaluate
from hazardlens.training.measuring.figures import save_figures
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.page import page
from hazardlens.training.measuring.predict import judge
from hazardlens.training.measuring.robustness import condition_figures, judge_under
from hazardlens.training.measuring.sections import SHOWN_BY_SOURCE, basis_of, headline, sections
from hazardlens.training.measuring.tables import (
    TextTable,
    box_table,
    calibration_table,
    markdown,
    photo_table,
    prefill_table,
    source_table,
)

REPORT_FILE: Final = "report.md"
PAGE_FILE: Final = "report.html"

Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSplit:
    """Photos and the split that divides them."""

    records: Sequence[PhotoRecord]
    manifest: SplitManifest

    def part(self, name: SplitName) -> list[PhotoRecord]:
        """The photos of one part.

        Raises:
            SplitError: the split was made for other photos, or this part has none.
        """
        chosen = self.manifest.select(self.records, name)
        if not chosen:
            raise SplitError(f"split {self.manifest.name} has no {name} photos")
        return chosen


def read_data(data: Path, split: Path) -> LabelledSplit:
    """Photos and split from disk.

    Raises:
        DatasetError: the photos cannot be used.
        SplitError: the split cannot.
    """
    return LabelledSplit(read_records(data), read_split(split))


def run_candidate(run: Path, photos: LabelledSplit, advance: Advance | None = None) -> Candidate:
    """The network of a training run, with thresholds and curves fitted on the validation photos.

    Raises:
        WeightsError: the run folder has no finished network.
    """
    from hazardlens.training.networks.network import load_network  # noqa: PLC0415 - a bundle needs no torch
    from hazardlens.training.networks.torch_detector import TorchDetector  # noqa: PLC0415

    network = load_network(run)
    finder = TorchDetector(
        network.module,
        network.labels,
        network.size_px,
        min_confidence=MIN_CONFIDENCE,
        iou_threshold=IOU_THRESHOLD,
    )
    return from_finder(run.resolve().name, finder, calibrate(judge(finder, photos.part("val"), advance), finder.labels))


@dataclass(frozen=True, slots=True)
class Options:
    """What an evaluation does besides measuring photos as they are.

    Attributes:
        conditions: under which the photos are looked at again.
        pictures: whether the page holds photos, made small; then it must not be published.
    """

    conditions: tuple[Condition, ...] = ()
    pictures: bool = False


def evaluate_run(
    run: Path,
    photos: LabelledSplit,
    subset: SplitName,
    out: Path,
    advance: Advance | None = None,
    options: Options | None = None,
) -> Evaluation:
    """Measure the network of a training run and write the folder `out`."""
    candidate = run_candidate(run, photos, advance)
    trained_on = run_split_sha256(run)
    return _measure(candidate, Part(photos, subset, "run", trained_on), out, advance, options or Options())


def evaluate_bundle(
    bundle: Path,
    photos: LabelledSplit,
    subset: SplitName,
    out: Path,
    advance: Advance | None = None,
    options: Options | None = None,
) -> Evaluation:
    """Measure the graph of a bundle, with its own thresholds and curves, and write the folder `out`."""
    candidate, read = from_bundle(bundle)
    trained_on = read.manifest.training.dataset_sha256
    return _measure(candidate, Part(photos, subset, "bundle", trained_on), out, advance, options or Options())


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is measured on what.

    Attributes:
        photos: all of them, and their split.
        subset: which photos of the split.
        kind: what runs.
        trained_on: sha256 of the split that the model was trained on; None where nobody knows.
    """

    photos: LabelledSplit
    subset: SplitName
    kind: Kind
    trained_on: str | None

    def records(self) -> list[PhotoRecord]:
        """The photos that are measured: real ones.

        Raises:
            EvaluationError: one of them is rendered.
            SplitError: there are none.
        """
        records = self.photos.part(self.subset)
        made_up = [record.photo for record in records if record.provenance == PROVENANCE]
        if made_up:
            raise EvaluationError(
                f"{made_up[0]} is rendered, and {len(made_up) - 1} more: only real photos are measured"
            )
        return records


def _measure(candidate: Candidate, part: Part, out: Path, advance: Advance | None, options: Options) -> Evaluation:
    records = part.records()
    steps = _Steps(1 + len(options.conditions), advance)
    judged = judge(candidate.finder, records, steps.next())
    figures = evaluate(judged, candidate, part.photos.manifest, part.subset, kind=part.kind)
    conditions = []
    for condition in options.conditions:
        worse = judge_under(candidate.finder, records, condition, advance=steps.next())
        conditions.append(condition_figures(candidate, judged, worse, condition.name))
    trained_on = None if part.trained_on is None else part.trained_on == part.photos.manifest.sha256
    figures = figures.model_copy(update={"conditions": tuple(conditions), "trained_on_split": trained_on})
    files = {record.photo: record.path for record in records}
    write_evaluation(figures, judged, candidate, files, out, pictures=options.pictures)
    return figures


class _Steps:
    """One bar over several walks through the same photos."""

    def __init__(self, count: int, advance: Advance | None) -> None:
        self._count, self._advance, self._begun = count, advance, 0

    def next(self) -> Advance | None:
        """For the next walk."""
        before, self._begun = self._begun, self._begun + 1
        told = self._advance
        if told is None:
            return None
        return lambda done, total: told(before * total + done, self._count * total)


def run_split_sha256(run: Path) -> str | None:
    """The split that a run says it was trained on."""
    try:
        description = json.loads((run / "run.json").read_bytes())
        return str(description["split"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_evaluation(
    figures: Evaluation,
    judged: Sequence[JudgedPhoto],
    candidate: Candidate,
    files: Mapping[str, Path],
    out: Path,
    *,
    pictures: bool = False,
) -> None:
    """Write the folder described above.

    Args:
        figures: all figures.
        judged: the photos with the answers that they were taken from.
        candidate: the model.
        files: where each photo lies.
        out: the folder.
        pictures: whether the page holds the sheets of mistakes.
    """
    figures.write(out)
    write_answers(candidate, judged, out)
    (out / REPORT_FILE).write_text(report(figures), "utf-8")
    charts = save_figures(judged, candidate, figures, out)
    sheets = []
    for label, threshold in candidate.thresholds.items():
        if has_mistakes(judged, label, threshold):
            sheets.append(out / f"mistakes-{label}.png")
            save_contact_sheet(judged, label, threshold, files, sheets[-1])
    (out / PAGE_FILE).write_text(page(figures, charts, sheets, pictures=pictures), "utf-8")


def tables(figures: Evaluation) -> list[TextTable]:
    """What the terminal shows of an evaluation: narrow tables."""
    return [
        box_table(figures),
        photo_table(figures),
        alarm_table(figures),
        source_table(figures, SHOWN_BY_SOURCE),
        calibration_table(figures),
        prefill_table(figures),
        *([condition_table(figures)] if figures.conditions else []),
    ]


def report(figures: Evaluation) -> str:
    """The evaluation as Markdown."""
    found = [table for part in sections(figures) for table in (*part.tables, *part.folded)]
    return f"# {headline(figures)}\n\n{basis_of(figures)}\n\n{markdown(found)}"
