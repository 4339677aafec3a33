"""Measure a run's network or a bundle on one part of a split, and write everything there is to see about it.

OUT/
  metrics.json           all figures (`Evaluation`)
  report.md              the same as tables
  pr-boxes.png           precision over recall of boxes, per label
  pr-photos.png          precision over recall of photos, per hazard
  reliability.png        stated over observed probability, per hazard
  mistakes-LABEL.png     the worst misses and false alarms of each label that the photos show
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.data.splits import SplitManifest, SplitName, read_split
from hazardlens.training.errors import SplitError
from hazardlens.training.measuring.candidates import (
    IOU_THRESHOLD,
    MIN_CONFIDENCE,
    Candidate,
    calibrate,
    from_bundle,
    from_finder,
)
from hazardlens.training.measuring.contact_sheet import save_contact_sheet
from hazardlens.training.measuring.curves import RESAMPLES
from hazardlens.training.measuring.evaluation import Evaluation, Kind, evaluate
from hazardlens.training.measuring.figures import save_figures
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.predict import judge
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
SHOWN_BY_SOURCE: Final = "stacked_clutter"

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


def evaluate_run(
    run: Path, photos: LabelledSplit, subset: SplitName, out: Path, advance: Advance | None = None
) -> Evaluation:
    """Measure the network of a training run and write the folder `out`."""
    candidate = run_candidate(run, photos, advance)
    return _measure(candidate, "run", photos, subset, out, advance)


def evaluate_bundle(
    bundle: Path, photos: LabelledSplit, subset: SplitName, out: Path, advance: Advance | None = None
) -> Evaluation:
    """Measure the graph of a bundle, with its own thresholds and curves, and write the folder `out`."""
    candidate, _ = from_bundle(bundle)
    return _measure(candidate, "bundle", photos, subset, out, advance)


def _measure(
    candidate: Candidate,
    kind: Kind,
    photos: LabelledSplit,
    subset: SplitName,
    out: Path,
    advance: Advance | None,
) -> Evaluation:
    records = photos.part(subset)
    judged = judge(candidate.finder, records, advance)
    figures = evaluate(judged, candidate, photos.manifest, subset, kind=kind, resamples=RESAMPLES)
    write_evaluation(figures, judged, candidate, {record.photo: record.path for record in records}, out)
    return figures


def write_evaluation(
    figures: Evaluation,
    judged: Sequence[JudgedPhoto],
    candidate: Candidate,
    files: Mapping[str, Path],
    out: Path,
) -> None:
    """Write the folder described above; `files` says where each photo lies."""
    figures.write(out)
    (out / REPORT_FILE).write_text(report(figures), "utf-8")
    save_figures(judged, candidate, figures, out)
    for label, threshold in candidate.thresholds.items():
        if figures.subject("label", label).boxes.boxes:
            save_contact_sheet(judged, label, threshold, files, out / f"mistakes-{label}.png")


def tables(figures: Evaluation) -> list[TextTable]:
    """Everything that people read about an evaluation."""
    return [
        box_table(figures),
        photo_table(figures),
        source_table(figures, SHOWN_BY_SOURCE),
        calibration_table(figures),
        prefill_table(figures),
    ]


def report(figures: Evaluation) -> str:
    """The evaluation as Markdown."""
    model = f"{figures.model} {figures.version}".strip()
    where = f"{figures.photos} {figures.subset} photos ({figures.groups} places) of split {figures.split}"
    return f"# {model} ({figures.kind}) on {where}\n\n{markdown(tables(figures))}"
