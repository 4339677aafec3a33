"""From a finished run to a bundle: graph, thresholds, calibration, figures and card, each made from the one before.

Thresholds, curves and the choice among variants come from validation photos, figures from test photos, all from the
graph that ships, not from torch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hazardlens.model.bundle import Bundle, Manifest, ManifestDraft, write_bundle
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.data.rendered import RenderedSet, validates
from hazardlens.training.fitting.unfold import BundleStart
from hazardlens.training.measuring.candidates import Candidate, calibrate, label_hazards
from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.measuring.evaluation import Evaluation, evaluate
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.predict import judge
from hazardlens.training.measuring.thresholds import Goal
from hazardlens.training.networks.graph import storable
from hazardlens.training.networks.network import Network
from hazardlens.training.networks.torch_detector import TorchDetector
from hazardlens.training.shipping.blends import Blend, OtherEnd, best_blend, from_beside, from_start
from hazardlens.training.shipping.card import CardFacts, model_card
from hazardlens.training.shipping.drafting import (
    LICENCE,
    FinishedRun,
    descend,
    draft_of,
    labels_of,
    metrics_of,
    read_run,
    reference_of,
)
from hazardlens.training.shipping.parity import Parity, require_parity
from hazardlens.training.shipping.variants import (
    QUICK,
    Effort,
    Material,
    Say,
    Variant,
    VariantFigures,
    make_variants,
    measure_variants,
    resized,
)

PARITY_FLOOR: Final = 0.05
"""Raw score from which boxes are compared."""
MAX_COMPARED: Final = 1000
"""Boxes of a photo that are compared, best first."""
SHAPE_PHOTOS: Final = 12
"""Photos on which network and graph are compared before anything is written."""

Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a bundle shall be like.

    Attributes:
        sizes_px: input sizes to choose from; empty: the run's own.
        int8: whether an 8-bit graph is made at each size, to choose from too.
        goal: of the thresholds.
        quick: look at few photos when variants are made and measured; for tests.
    """

    sizes_px: tuple[int, ...] = ()
    int8: bool = False
    goal: Goal = field(default_factory=Goal)
    quick: bool = False

    @property
    def effort(self) -> Effort:
        """How much is looked at."""
        return QUICK if self.quick else Effort()


def export_run(  # noqa: PLR0913 - all but the first three may be left out
    run: Path,
    out: Path,
    photos: LabelledSplit,
    *,
    name: str | None = None,
    version: str | None = None,
    wishes: Wishes | None = None,
    rendered: Sequence[RenderedSet] = (),
    composed: Sequence[PhotoRecord] = (),
    remarks: Sequence[str] = (),
    parent: Manifest | None = None,
    beside: Path | None = None,
    start: BundleStart | None = None,
    hazards: Mapping[str, Category | None] | None = None,
    now: datetime | None = None,
    advance: Advance | None = None,
    say: Say = lambda _line: None,
) -> Bundle:
    """Make a bundle of a finished run.

    Args:
        run: its folder.
        out: the bundle's folder; an older bundle there is replaced, in one step.
        photos: labelled photos and the split that the run was trained on.
        name: of the model; by default hazardlens, the network and the run's name.
        version: by default the day, like 2026.11.24.
        wishes: which variants to choose from, and what the thresholds are set for.
        rendered: rendered sets; where real photos are too few, their scenes of the validation side help to calibrate.
        composed: scenes composed into validation photos, which help likewise.
        remarks: sentences for the card on what the figures do not say.
        parent: of the bundle that the run started from; what validation photos cannot teach is taken from it.
        beside: folder of another run from the same weights, to end between the two, where validation photos say.
        start: what the run started from, to go only as far from it as they say; with `beside`, after that.
        hazards: what labels stand for, where the taxonomy does not know it.
        now: when it is made.
        advance: told after each photo.
        say: told of each step.

    Raises:
        RunError: the run was trained on another split, or does not say on which.
        WeightsError: it has no finished network.
        ExportError: the graph breaks a rule, or does not answer as the network does; `beside` or `start` does not fit
            the run.
        BundleError: the bundle would not be valid.
    """
    made, wishes = now or datetime.now(UTC), wishes or Wishes()
    source = read_run(run, photos)
    network, told = source.network, hazards or {}
    meanings = label_hazards(network.labels) | {label: told[label] for label in network.labels if label in told}
    draft = draft_of(source, photos, meanings, name=name or source.name, version=version or _day(made), made=made)
    if parent is not None:
        draft = descend(draft, parent)
    if source.description.get("rendered") and not (rendered or composed):
        say("the run saw made scenes, none are given here: hazards that few real photos show will abstain")
    material = _material(photos, rendered, source.rendered_val, composed, wishes)
    blends = list[Blend]()
    for other in _other_ends(source, photos, beside, start):
        network, blend = best_blend(other, network, draft, material, effort=wishes.effort, say=say)
        blends.append(blend)
    if blends:
        remarks = [*remarks, *(blend.remark for blend in blends)]
        config = draft.training.config | {"blends": [blend.config for blend in blends]}
        draft = draft.model_copy(update={"training": draft.training.model_copy(update={"config": config})})
    network = storable(network)
    variant, measured = _variant(network, draft, material, wishes, say)
    draft = variant.describe(draft)
    parity = _parity(resized(network, variant.size_px), variant, draft, material.validation)
    finder = variant.detector(draft, threads=2)
    say(f"calibrating on {len(material.validation)} validation photos and {len(material.made)} made ones")
    looked, made_up = judge(finder, material.validation, advance), judge(finder, material.made, advance)
    calibration = calibrate(looked, network.labels, meanings, stand_ins=made_up, goal=wishes.goal)
    if parent is not None:
        calibration = calibration.filled_from(parent)
    values = calibration.values
    draft = draft.model_copy(update={"calibration": calibration.curves, "labels": labels_of(draft, values, None)})
    say("measuring on test photos")
    figures, answers = _measure(draft, variant, photos, advance)
    labels = labels_of(draft, values, figures)
    reference = reference_of(answers, labels, photos.manifest.sha256)
    draft = draft.model_copy(update={"labels": labels, "metrics": metrics_of(figures, measured, reference)})
    facts = CardFacts(
        draft, figures, calibration, parity, photos.records, photos.manifest, remarks, measured, source.description
    )
    floats = variant.float_content if variant.weights == "int8" else None
    return write_bundle(out, onnx_bytes=variant.content, card=model_card(facts), draft=draft, float_bytes=floats)


def _other_ends(
    source: FinishedRun, photos: LabelledSplit, beside: Path | None, start: BundleStart | None
) -> list[OtherEnd]:
    first = [] if beside is None else [from_beside(read_run(beside, photos), source)]
    return first if start is None else [*first, from_start(start, source)]


def _day(moment: datetime) -> str:
    return f"{moment:%Y.%m.%d}"


def _material(
    photos: LabelledSplit,
    rendered: Sequence[RenderedSet],
    share: float,
    composed: Sequence[PhotoRecord],
    wishes: Wishes,
) -> Material:
    """Photos of the training side, only where an 8-bit graph needs them, and of the validation side."""
    scenes = [record for each in rendered for record in each.records]
    learnt = [record for record in scenes if not validates(record, share)]
    return Material(
        training=[*photos.part("train"), *learnt] if wishes.int8 else (),
        validation=photos.part("val"),
        made=[*(record for record in scenes if validates(record, share)), *composed],
    )


def _variant(
    network: Network, draft: ManifestDraft, material: Material, wishes: Wishes, say: Say
) -> tuple[Variant, list[VariantFigures]]:
    """The graph that ships, and what all of them are worth; a single one is not measured."""
    effort = wishes.effort
    metadata = {"name": draft.name, "version": draft.version, "licence": LICENCE}
    sizes = wishes.sizes_px or (network.size_px,)
    variants = make_variants(network, sizes, metadata, material, int8=wishes.int8, effort=effort, say=say)
    if len(variants) == 1:
        return variants[0], []
    figures = measure_variants(variants, draft, material, effort=effort, say=say)
    return next(variant for variant, row in zip(variants, figures, strict=True) if row.chosen), figures


def _parity(network: Network, variant: Variant, draft: ManifestDraft, validation: Sequence[PhotoRecord]) -> Parity:
    """Compare network and float32 graph on the photos that are farthest from square, and on others evenly spread."""
    # Which of two overlapping boxes suppression drops may hang on the last digit of their scores: all are compared.
    output = draft.output.model_copy(update={"iou_threshold": 1.0, "max_detections": MAX_COMPARED})
    torch_detector = TorchDetector.serving(network, output)
    floats = replace(variant, weights="float32", content=variant.float_content)
    detector = floats.detector(draft.model_copy(update={"output": output}), threads=2)
    by_shape = sorted(validation, key=lambda record: record.width / record.height)
    step = max(1, len(by_shape) // (SHAPE_PHOTOS - 1))
    chosen = {record.photo: record for record in [*by_shape[::step], by_shape[-1]]}
    files = [record.path.read_bytes() for record in chosen.values()]
    return require_parity(torch_detector, detector, files, floor=PARITY_FLOOR, limit=MAX_COMPARED)


def _measure(
    draft: ManifestDraft, variant: Variant, photos: LabelledSplit, advance: Advance | None
) -> tuple[Evaluation, list[JudgedPhoto]]:
    detector = variant.detector(draft, threads=2)
    candidate = Candidate(
        name=draft.name,
        version=draft.version,
        finder=detector,
        hazards={label.name: label.hazard for label in draft.labels},
        thresholds={label.name: label.threshold for label in draft.labels},
        curves=draft.calibration,
    )
    judged = judge(detector, photos.part("test"), advance)
    return evaluate(judged, candidate, photos.manifest, "test", kind="bundle"), judged
