"""The manifest of a bundle, from what the run says of itself and what was measured since."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from hazardlens.model.bundle import InputSpec, LabelEntry, Manifest, ManifestDraft, Metrics, OutputSpec, TrainingInfo
from hazardlens.model.pipeline import DetectionResult, MediaResult, outer_box
from hazardlens.model.postprocess import OutputForm
from hazardlens.model.reference import REFERENCE_KEY, Reference, make_reference
from hazardlens.model.taxonomy import Category
from hazardlens.training.errors import RunError
from hazardlens.training.fitting.runs import RUN_FILE
from hazardlens.training.measuring.calibrate import BLIND_THRESHOLD
from hazardlens.training.measuring.candidates import IOU_THRESHOLD, MIN_CONFIDENCE
from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.measuring.evaluation import Evaluation
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.networks.network import Network, load_network
from hazardlens.training.shipping.variants import VariantFigures

LICENCE: Final = "AGPL-3.0-only"
_RENDERED_VAL: Final = 0.12
"""Share of rendered scenes that validate, for runs that do not say."""


@dataclass(frozen=True, slots=True, eq=False)
class FinishedRun:
    """What a run folder tells.

    Attributes:
        network: finished.
        description: the content of its run.json.
        name: of the model, unless somebody gives it another.
    """

    network: Network
    description: Mapping[str, Any]
    name: str

    @property
    def rendered_val(self) -> float:
        """Share of the rendered scenes that validated."""
        return float(self.description["config"].get("mix", {}).get("rendered_val", _RENDERED_VAL))


def read_run(run: Path, photos: LabelledSplit) -> FinishedRun:
    """Read a run folder.

    Raises:
        RunError: it was trained on another split, or does not say on which.
        WeightsError: it has no finished network.
    """
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
    return FinishedRun(network, description, name)


def descend(draft: ManifestDraft, parent: Manifest) -> ManifestDraft:
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


def draft_of(
    source: FinishedRun,
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


def labels_of(
    draft: ManifestDraft, thresholds: Mapping[str, float], figures: Evaluation | None
) -> tuple[LabelEntry, ...]:
    """The labels with their thresholds and, once there are figures, the test photos that show them."""

    def shown(label: str) -> int:
        return 0 if figures is None else figures.subject("label", label).boxes.positive_photos

    return tuple(
        label.model_copy(update={"threshold": thresholds[label.name], "test_photos": shown(label.name)})
        for label in draft.labels
    )


def reference_of(judged: Sequence[JudgedPhoto], labels: Sequence[LabelEntry], photos_sha256: str) -> Reference:
    """What serving compares its own photos with: the boxes that it would list on the test photos."""
    known = {label.name: label for label in labels}
    results = []
    for photo in judged:
        width, height = photo.size_wh
        listed = [
            DetectionResult(
                label=found.label,
                hazard=known[found.label].hazard,
                confidence=found.confidence,
                box=outer_box(found.box_xyxy),
            )
            for found in photo.detections
            if found.confidence >= known[found.label].threshold
        ]
        results.append(MediaResult(name=photo.photo, width=width, height=height, detections=listed))
    return make_reference(results, photos_sha256=photos_sha256)


def metrics_of(figures: Evaluation, variants: Sequence[VariantFigures], reference: Reference) -> Metrics:
    """The figures as the manifest keeps them."""
    rows = [(row.kind, row.name, row.model_dump(mode="json", exclude={"kind", "name"})) for row in figures.subjects]
    return Metrics(
        test_set=figures.split,
        test_set_sha256=figures.split_sha256,
        labels={name: content for kind, name, content in rows if kind == "label"},
        hazards={name: content for kind, name, content in rows if kind == "hazard"},
        summary={
            REFERENCE_KEY: reference.model_dump(mode="json"),
            "photos": figures.photos,
            "groups": figures.groups,
            "calibration": {item.hazard.value: item.model_dump(mode="json") for item in figures.calibration},
            "prefill": None if figures.prefill is None else figures.prefill.model_dump(mode="json"),
            "variants": [row.model_dump(mode="json") for row in variants],
            "sources": [source.source for source in figures.sources if source.held_out],
        },
    )
