"""The schema of a bundle's `manifest.json`: what serving has to know about a model, and where the model came from."""

from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from hazardlens.model.postprocess import OutputForm
from hazardlens.model.taxonomy import Category

SCHEMA_VERSION: Final = 2
"""Version 2 added `basis`, `made_*` and `stands_from` of a curve, and `weights`. Version 1 has none of them, and is
read all the same: its curves are taken as they stand."""

MOST_LABELS: Final = 1000
MOST_KNOTS: Final = 10_000

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=100)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$", max_length=100)]
Basis = Literal["real", "made", "none"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """Base of all parts: frozen, nothing unknown, no infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LabelNames(Part):
    """A label's name for people."""

    zh: Annotated[str, Field(max_length=200)]
    en: Annotated[str, Field(max_length=200)]


class LabelEntry(Part):
    """A label that the model draws.

    Attributes:
        name: its key.
        hazard: what it stands for; None marks context.
        threshold: raw score from which one detection counts and is listed.
        train_boxes: boxes of it that the model was trained on.
        test_photos: test photos that show it; with 0 nothing is known about how well the model finds it.
        names: for people, where the taxonomy has none.
    """

    name: Name
    hazard: Category | None
    threshold: Share
    train_boxes: Count
    test_photos: Count
    names: LabelNames | None = None


class CalibrationCurve(Part):
    """A hazard's raw score to the probability that the photo shows it: linear between knots, flat outside them.

    Attributes:
        hazard: which.
        scores: knots, strictly rising.
        probabilities: as many, never falling.
        photos: that the curve was fitted on.
        positives: of those, the ones that show the hazard.
        basis: where the positives came from: `real` photos, `made` scenes where real ones are too few, or `none`:
            the data support neither curve nor threshold. None: not stated, in a bundle of schema version 1.
        made_positives: scenes that were made, rendered or composed into photos, and stood in for photos with the
            hazard.
        made_negatives: such scenes without it; they test the threshold and are not in the curve.
        stands_from: raw score from which triage may name the hazard without a person; None with a stated basis: from
            none.
    """

    hazard: Category
    scores: Annotated[tuple[Share, ...], Field(min_length=1, max_length=MOST_KNOTS)]
    probabilities: Annotated[tuple[Share, ...], Field(max_length=MOST_KNOTS)]
    photos: Count
    positives: Count
    basis: Basis | None = None
    made_positives: Count = 0
    made_negatives: Count = 0
    stands_from: Share | None = None

    @model_validator(mode="after")
    def _knots_in_order(self) -> Self:
        if len(self.scores) != len(self.probabilities):
            raise ValueError(f"{len(self.scores)} scores for {len(self.probabilities)} probabilities")
        if any(low >= high for low, high in pairwise(self.scores)):
            raise ValueError("scores must rise from knot to knot")
        if any(low > high for low, high in pairwise(self.probabilities)):
            raise ValueError("probabilities must not fall from knot to knot")
        if self.positives > self.photos:
            raise ValueError(f"{self.positives} positives of {self.photos} photos")
        if self.stands_from is not None and self.basis in {None, "none"}:
            raise ValueError("stands_from needs a basis")
        return self

    @property
    def abstains(self) -> bool:
        """Whether triage must always ask a person about this hazard."""
        return self.basis is not None and self.stands_from is None


class InputSpec(Part):
    """What the graph takes: one float32 tensor (1, 3, size_px, size_px), made by `preprocess.letterbox`."""

    size_px: Annotated[int, Field(ge=32, le=4096, multiple_of=32)]
    layout: Literal["NCHW"] = "NCHW"
    colour: Literal["RGB"] = "RGB"
    range: Literal["0..1"] = "0..1"
    pad_value: Literal[114] = 114
    resize: Literal["letterbox"] = "letterbox"


class OutputSpec(Part):
    """What the graph gives, and how `postprocess.decode_output` reads it.

    Attributes:
        form: the layout.
        iou_threshold: for suppression.
        min_confidence: raw score below which nothing is reported at all, to triage neither.
        max_detections: per photo.
    """

    form: OutputForm
    iou_threshold: Share = 0.6
    min_confidence: Annotated[float, Field(gt=0, le=1)] = 0.05
    max_detections: Annotated[int, Field(ge=1, le=1000)] = 100


class TrainingInfo(Part):
    """Where the weights came from.

    Attributes:
        dataset: the split manifest's name.
        dataset_sha256: of that manifest.
        base: the weights that the training started from.
        config: a summary of the run's configuration.
        versions: of the packages that matter, by name.
    """

    dataset: str
    dataset_sha256: Sha256
    base: str
    config: dict[str, Any] = {}
    versions: dict[str, str] = {}


class Metrics(Part):
    """How the model did on its test set.

    Attributes:
        test_set: the split that was held out.
        test_set_sha256: of the manifest that names its photos.
        labels: per label, the evaluation's own fields.
        hazards: per hazard, the same.
        summary: of the whole model.
    """

    test_set: str
    test_set_sha256: Sha256
    labels: dict[str, dict[str, Any]] = {}
    hazards: dict[str, dict[str, Any]] = {}
    summary: dict[str, Any] = {}


class ManifestDraft(Part):
    """A manifest before its files were written: what training hands to `bundle.write_bundle`.

    `weights` says what the graph computes in; an 8-bit bundle keeps its graph in float32 beside it.
    """

    schema_version: Literal[1, 2] = SCHEMA_VERSION
    name: Name
    version: Name
    created: AwareDatetime
    licence: Annotated[str, Field(min_length=1, max_length=200)]
    parent: Name | None = None
    labels: Annotated[tuple[LabelEntry, ...], Field(min_length=1, max_length=MOST_LABELS)]
    input: InputSpec
    output: OutputSpec
    weights: Literal["float32", "int8"] = "float32"
    calibration: Annotated[tuple[CalibrationCurve, ...], Field(max_length=len(Category))] = ()
    training: TrainingInfo
    metrics: Metrics

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        for what, names in (
            ("label", [label.name for label in self.labels]),
            ("calibration of", [curve.hazard.value for curve in self.calibration]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} {', '.join(twice)} is there more than once")
        return self


class Manifest(ManifestDraft):
    """A bundle's manifest; `files` maps each other file of the bundle to its sha256."""

    files: dict[FileName, Sha256]
