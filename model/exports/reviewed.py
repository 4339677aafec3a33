"""The format of the reviewed export: what people decided about reports, for training to read. Serving writes it.

A folder, or a zip of it: `export.json` (an `ExportManifest`), `reports.jsonl` (a `ReviewedReport` a line) and
`photos/<sha256>.<suffix>`. docs/exports.md explains it field by field.
"""

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from hazardlens.model.manifest import Count, Name, Part, Sha256, Share
from hazardlens.model.taxonomy import Category, Urgency

PHOTOS_VERSION: Final = 1
FRAMES_VERSION: Final = 2
"""With frames of clips, which readers of the first version do not know; without any, that version is written."""

MANIFEST_FILE: Final = "export.json"
REPORTS_FILE: Final = "reports.jsonl"
PHOTO_FOLDER: Final = "photos"
PLACE_DECIMALS: Final = 3
"""Of a degree: a cell of about 100 m."""

PHOTO_NAME: Final = re.compile(r"photos/(?P<sha256>[0-9a-f]{64})\.(?P<suffix>jpg|png|webp|heic|avif)")

ReportId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Actor = Annotated[str, Field(min_length=1, max_length=80)]
Verdict = Literal["confirm", "correct", "reject"]
Pixel = Annotated[int, Field(ge=0, le=1_000_000)]
OneLine = Annotated[str, Field(pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]+$", max_length=200)]
"""Words that other forms set into their own files, where a second line would be theirs to obey: YAML has commands."""


class PixelBox(Part):
    """Corners in whole pixels of the upright photo; the far ones are exclusive, so `x_max - x_min` is the width."""

    x_min: Pixel
    y_min: Pixel
    x_max: Pixel
    y_max: Pixel

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        if self.x_min >= self.x_max or self.y_min >= self.y_max:
            raise ValueError("a box needs min < max on both axes")
        return self

    @property
    def xyxy(self) -> tuple[int, int, int, int]:
        """The corners in a row."""
        return self.x_min, self.y_min, self.x_max, self.y_max

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height."""
        return self.x_max - self.x_min, self.y_max - self.y_min


class ReviewedBox(Part):
    """What a person says is there."""

    label: Name
    box: PixelBox


class PredictedBox(Part):
    """What the model had said; `confidence` is its raw score."""

    label: Name
    confidence: Share
    box: PixelBox


class ClipMoment(Part):
    """Where a photo comes from that is a frame of a clip.

    Attributes:
        sha256: of the clip as it came in, which is never in an export; None where it is no longer kept.
        time_s: of the frame, from the first one that is shown.
    """

    sha256: Sha256 | None
    time_s: Annotated[float, Field(ge=0, le=1_000_000)]


class ReviewedPhoto(Part):
    """One photo of a report, or a frame of its clip.

    Attributes:
        file: its name in the export, made of its sha256.
        sha256: of the file in the export, which is not the file as it came in.
        width: of the photo, upright, in pixels.
        height: the same.
        boxes: as reviewed.
        predicted: by the model, as the reviewer saw them.
        video: of a frame, the moment that it shows; not written for photos.
    """

    file: Annotated[str, Field(pattern=rf"^{PHOTO_NAME.pattern}$")]
    sha256: Sha256
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    boxes: tuple[ReviewedBox, ...]
    predicted: tuple[PredictedBox, ...]
    video: ClipMoment | None = None

    @model_validator(mode="after")
    def _named_by_content_and_boxes_within(self) -> Self:
        if self.sha256 not in self.file:
            raise ValueError("a photo's file is named by its sha256")
        for box in (item.box for items in (self.boxes, self.predicted) for item in items):
            if box.x_max > self.width or box.y_max > self.height:
                raise ValueError(f"box {box.xyxy} leaves the photo of {self.width}x{self.height}")
        return self


class Place(Part):
    """WGS 84, rounded to `PLACE_DECIMALS`."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class ModelName(Part):
    """A model and its version."""

    name: str
    version: str


class Prefill(Part):
    """What the machine had said of the report."""

    category: Category
    urgency: Urgency
    confidence: Share
    model: ModelName | None
    policy: str | None


class ReviewEntry(Part):
    """One decision by one person, oldest first; `imported` ones were made in another tool."""

    kind: Literal["first", "second", "imported"]
    verdict: Literal["confirm", "correct", "reject", "cannot_tell"]
    category: Category
    urgency: Urgency
    reviewer: Actor
    at: AwareDatetime


class ReviewedReport(Part):
    """A line of `reports.jsonl`.

    Attributes:
        report_id: in the service that wrote the export.
        created_at: when it came in.
        decided_at: when the verdict that holds was given.
        decided_by: who gave it, by id and never by name.
        verdict: a report that nobody could tell about is not in an export.
        category: as decided.
        urgency: as decided.
        reason: code of a correction or rejection.
        looked_for: labels that were searched for on all photos, completely; any other is unknown there, not absent.
        place: rounded.
        group: reports of one group never part over a split.
        audit: drawn at random, not for being doubtful.
        prefill: None where no model had seen it.
        photos: at least one.
        reviews: all decisions, the last one that counts included.
        text: the reporter's words; only in an export that was asked for them.
    """

    report_id: ReportId
    created_at: AwareDatetime
    decided_at: AwareDatetime
    decided_by: Actor
    verdict: Verdict
    category: Category
    urgency: Urgency
    reason: Annotated[str, Field(max_length=40)] | None
    looked_for: tuple[Name, ...]
    place: Place | None
    group: Annotated[str, Field(min_length=1, max_length=100)]
    audit: bool
    prefill: Prefill | None
    photos: Annotated[tuple[ReviewedPhoto, ...], Field(min_length=1)]
    reviews: tuple[ReviewEntry, ...]
    text: str | None = None

    def labels(self) -> set[str]:
        """All labels that are named in it."""
        reviewed = {item.label for photo in self.photos for item in photo.boxes}
        predicted = {item.label for photo in self.photos for item in photo.predicted}
        return {*self.looked_for, *reviewed, *predicted}

    def line(self) -> bytes:
        """As one line of JSON."""
        still = {n: {"video"} for n, photo in enumerate(self.photos) if photo.video is None}
        without: dict[str, Any] = {"photos": still} if self.text is not None else {"photos": still, "text": True}
        return self.model_dump_json(exclude=without).encode() + b"\n"

    @property
    def has_frames(self) -> bool:
        """Whether a photo is a frame of a clip."""
        return any(photo.video is not None for photo in self.photos)


class ExportLabel(Part):
    """A label, and the hazard that it stands for; None marks context."""

    name: Name
    hazard: Category | None


class ExportFilters(Part):
    """What was asked for; None did not ask.

    Attributes:
        decided_from: least `decided_at`.
        decided_to: `decided_at` is earlier than this.
        category: as decided.
        model_version: of the model whose pre-fill was reviewed.
        include_text: whether the reporters' words are in it.
    """

    decided_from: AwareDatetime | None = None
    decided_to: AwareDatetime | None = None
    category: Category | None = None
    model_version: str | None = None
    include_text: bool = False


class ExportCounts(Part):
    """What is in it.

    Attributes:
        reports: lines of `reports.jsonl`.
        photos: of all reports; one that came twice counts twice.
        negatives: photos without a reviewed box.
        verdicts: reports by verdict.
        categories: reports by category.
        boxes: reviewed boxes by label.
    """

    reports: Count
    photos: Count
    negatives: Count
    verdicts: dict[Verdict, Count]
    categories: dict[Category, Count]
    boxes: dict[Name, Count]


class ExportManifest(Part):
    """`export.json`.

    Attributes:
        schema_version: `FRAMES_VERSION` where a photo is a frame of a clip.
        name: of the export.
        created: when.
        source: the program that wrote it.
        filters: what was asked for.
        labels: every label that is named anywhere.
        counts: what is in it.
        left_out: reports that were asked for, but whose photos are lost or can no longer be read.
        files: each other file of the export and its sha256.
    """

    schema_version: Literal[1, 2] = PHOTOS_VERSION
    name: Name
    created: AwareDatetime
    source: OneLine
    filters: ExportFilters
    labels: tuple[ExportLabel, ...]
    counts: ExportCounts
    left_out: tuple[ReportId, ...] = ()
    files: dict[Annotated[str, Field(pattern=rf"^(?:{PHOTO_NAME.pattern}|reports\.jsonl)$")], Sha256]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names = [label.name for label in self.labels]
        if len(set(names)) < len(names):
            raise ValueError("a label is there more than once")
        if REPORTS_FILE not in self.files:
            raise ValueError(f"files: {REPORTS_FILE} is not listed")
        return self
