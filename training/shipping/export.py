"""From a finished run to a bundle: graph, thresholds, calibration, figures and card, each made from the one before.

Thresholds and curves come from validation photos, figures from test photos, both from the graph itself, not from torch.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from hazardlens.model.bundle import (
    Bundle,
    InputSpec,
    LabelEntry,
    Manifest,
    ManifestDraft,
    Metrics,
    OutputSpec,
    TrainingInfo,
    write_bundle,
)
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.postprocess import OutputForm
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import RunError
from hazardlens.training.fitting.runs import RUN_FILE
from hazardlens.training.measuring.calibrate import BLIND_THRESHOLD
from hazardlens.training.measuring.candidates import IOU_THRESHOLD, MIN_CONFIDENCE, Candidate, calibrate, label_hazards
from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.measuring.evaluation import Evaluation, evaluate
from hazardlens.training.measuring.predict import judge
from hazardlens.training.networks.graph import to_onnx
from hazardlens.training.networks.network import Network, load_network
from hazardlens.training.networks.torch_detector import TorchDetector
from hazardlens.training.shipping.card import CardFacts, model_card
from hazardlens.training.shipping.parity import Parity, require_parity

LICENCE: Final = "AGPL-3.0-only"
PARITY_FLOOR: Final = 0.05
"""Raw score from which boxes are compared: below it many overlap, and a rounding error may decide which one stays."""
SHAPE_PHOTOS: Final = 12
"""Photos on which network and graph are compared before anything is written."""

Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What a run folder tells beside its weights."""

    network: Network
    description: Mapping[str, Any]
    name: str


def export_run(  # noqa: PLR0913 - all but the first three may be left out
    run: Path,
    out: Path,
    photos: LabelledSplit,
    *,
    name: str | None = None,
    version: str | None = None,
    remarks: Sequence[str] = (),
    parent: Manifest | None = None,
    hazards: Mapping[str, Category | None] | None = None,
    now: datetime | None = None,
    advance: Advance | None = None,
) -> Bundle:
    """Make a bundle of a finished run.

    Args:
        run: its folder.
        out: the bundle's folder; an older bundle there is replaced, in one step.
        photos: labelled photos and the split that the run was trained on.
        name: of the model; by default hazardlens, the network and the run's name.
        version: by default the day, like 2026.11.24.
        remarks: sentences for the card on what the figures do not say.
        parent: of the bundle that the run started from; what validation photos cannot teach is taken from it.
        hazards: what labels stand for, where the taxonomy does not know it.
        now: when it is made.
        advance: told after each photo.

    Raises:
        RunError: the run was trained on another split, or does not say on which.
        WeightsError: it has no finished network.
        ExportError: the graph breaks a rule, or does not answer as the network does.
        BundleError: the bundle would not be valid.
    """
    made = now or datetime.now(UTC)
    source = _read_run(run, photos)
    network = source.network
    content = to_onnx(network, {"name": name or source.name, "version": version or _day(made), "licence": LICENCE})
    told = hazards or {}
    meanings = label_hazards(network.labels) | {label: told[label] for label in network.labels if label in told}
    draft = _draft(source, photos, meanings, name=name or source.name, version=version or _day(made), made=made)
    if parent is not None:
        draft = _descend(draft, parent)
    validation = photos.part("val")
    parity = _parity(network, _detector(draft, content), draft.output, validation)
    calibration = calibrate(judge(_detector(draft, content), validation, advance), network.labels, meanings)
    if parent is not None:
        calibration = calibration.filled_from(parent)
    values = calibration.values
    draft = draft.model_copy(update={"calibration": calibration.curves, "labels": _labels(draft, values, None)})
    figures = _measure(draft, content, photos, advance)
    draft = draft.model_copy(update={"labels": _labels(draft, values, figures), "metrics": _metrics(figures)})
    facts = CardFacts(draft, figures, calibration.thresholds, parity, photos.records, photos.manifest, remarks)
    return write_bundle(out, onnx_bytes=content, card=model_card(facts), draft=draft)


def _day(moment: datetime) -> str:
    return f"{moment:%Y.%m.%d}"


def _read_run(run: Path, photos: LabelledSplit) -> _Run:
    network = load_network(run)
    path = run / RUN_FILE
    try:
        description = json.loads(path.read_bytes())
        trained_on = description["split"]["sha256"]
        stem = network.info.arch.removesuffix(".yaml")
        name = f"hazardlens-{stem}-{description['config']['name']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path}: does not say what the run was trained on") from error
    if trained_on != photos.manifest.sha256:
        raise RunError(
            f"{run}: was trained on another split than {photos.manifest.name}: its figures would not be honest"
        )
    return _Run(network, description, name)


def _descend(draft: ManifestDraft, parent: Manifest) -> ManifestDraft:
    """A label was trained on at least as many boxes as in the model that it comes from."""
    seen = {label.name: label for label in parent.labels}
    labels = tuple(
        label.model_copy(
            update={
                "train_boxes": max(label.train_boxes, seen[label.name].train_boxes),
                "names": label.names or seen[label.name].names,
            }
        )
        if label.name in seen
        else label
        for label in draft.labels
    )
    return draft.model_copy(update={"parent": parent.version, "labels": labels})


def _draft(
    source: _Run,
    photos: LabelledSplit,
    hazards: Mapping[str, Category | None],
    *,
    name: str,
    version: str,
    made: datetime,
) -> ManifestDraft:
    """The manifest before anything was measured."""
    network, told = source.network, source.description
    boxes = told["train"]["boxes"]
    head: Any = network.module.model[-1]  # type: ignore[index] # an nn.Sequential, typed as any module
    try:
        return ManifestDraft(
            name=name,
            version=version,
            created=made,
            licence=LICENCE,
            labels=tuple(
                LabelEntry(
                    name=label,
                    hazard=hazards[label],
                    threshold=BLIND_THRESHOLD,
                    train_boxes=boxes[label],
                    test_photos=0,
                )
                for label in network.labels
            ),
            input=InputSpec(size_px=network.size_px),
            output=OutputSpec(
                form=OutputForm.END_TO_END if head.end2end else OutputForm.ANCHORS,
                min_confidence=MIN_CONFIDENCE,
                iou_threshold=IOU_THRESHOLD,
            ),
            training=TrainingInfo(
                dataset=photos.manifest.name,
                dataset_sha256=photos.manifest.sha256,
                base=told["weights"]["name"],
                config=told["config"] | {"base_sha256": told["weights"]["sha256"]},
                versions=told["versions"],
            ),
            metrics=Metrics(test_set=photos.manifest.name, test_set_sha256=photos.manifest.sha256),
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise RunError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _detector(draft: ManifestDraft, content: bytes) -> OnnxDetector:
    """The graph as serving would run it, before it lies on disk."""
    manifest = Manifest(**draft.model_dump(), files={})
    return OnnxDetector(Bundle(Path(), manifest, content), threads=2)


def _parity(network: Network, detector: OnnxDetector, spec: OutputSpec, validation: Sequence[PhotoRecord]) -> Parity:
    """Compare on the photos that are farthest from square, and on others evenly spread."""
    torch_detector = TorchDetector.serving(network, spec)
    by_shape = sorted(validation, key=lambda record: record.width / record.height)
    step = max(1, len(by_shape) // (SHAPE_PHOTOS - 1))
    chosen = {record.photo: record for record in [*by_shape[::step], by_shape[-1]]}
    files = [record.path.read_bytes() for record in chosen.values()]
    return require_parity(torch_detector, detector, files, floor=PARITY_FLOOR)


def _labels(
    draft: ManifestDraft, thresholds: Mapping[str, float], figures: Evaluation | None
) -> tuple[LabelEntry, ...]:
    def shown(label: str) -> int:
        return 0 if figures is None else figures.subject("label", label).boxes.positive_photos

    return tuple(
        label.model_copy(update={"threshold": thresholds[label.name], "test_photos": shown(label.name)})
        for label in draft.labels
    )


def _measure(draft: ManifestDraft, content: bytes, photos: LabelledSplit, advance: Advance | None) -> Evaluation:
    detector = _detector(draft, content)
    candidate = Candidate(
        name=draft.name,
        version=draft.version,
        finder=detector,
        hazards={label.name: label.hazard for label in draft.labels},
        thresholds={label.name: label.threshold for label in draft.labels},
        curves=draft.calibration,
    )
    judged = judge(detector, photos.part("test"), advance)
    return evaluate(judged, candidate, photos.manifest, "test", kind="bundle")


def _metrics(figures: Evaluation) -> Metrics:
    rows = [(row.kind, row.name, row.model_dump(mode="json", exclude={"kind", "name"})) for row in figures.subjects]
    return Metrics(
        test_set=figures.split,
        test_set_sha256=figures.split_sha256,
        labels={name: content for kind, name, content in rows if kind == "label"},
        hazards={name: content for kind, name, content in rows if kind == "hazard"},
        summary={
            "photos": figures.photos,
            "groups": figures.groups,
            "calibration": {item.hazard.value: item.model_dump(mode="json") for item in figures.calibration},
            "sources": [source.source for source in figures.sources if source.held_out],
        },
    )
