"""Reports as they leave through the API."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from hazardlens.model.pipeline import ClipDetection, DetectionResult, ModelRef
from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.values import Answer, Decision
from hazardlens.serve.reports.workflow import State, Verdict

_ID = "019b8d6c4a003f8e2b6c9d1a4f7055aa"


class MediaUrls(Answer):
    """Where the forms of a photo, clip or frame are; each has rights of its own."""

    original: str = Field(
        description="As it came in, with its metadata.", examples=[f"/v1/reports/{_ID}/media/0?form=original"]
    )
    preview: str | None = Field(
        description="Small, upright, without metadata; of a clip a silent MP4, null until there is one.",
        examples=[f"/v1/reports/{_ID}/media/0?form=preview"],
    )
    annotated: str | None = Field(
        description="The preview with the machine's boxes; a clip has none, its frames have.",
        examples=[f"/v1/reports/{_ID}/media/0?form=annotated"],
    )


class SeenMedia(Answer):
    """What the machine saw on a photo, in a clip or on a frame of a clip."""

    n: int = Field(
        ge=0,
        description="Its place, from 0: photos in the order sent, then the clip, then its frames in order of time.",
        examples=[0],
    )
    name: str = Field(description="As sent, made harmless.", examples=["a.jpg"])
    kind: Literal["image", "video", "frame"] = "image"
    width: int = Field(ge=1, description="Of the upright original, in pixels.", examples=[4032])
    height: int = Field(ge=1, description="Of the upright original, in pixels.", examples=[3024])
    duration_s: float | None = Field(ge=0, description="Of a clip.", examples=[31.2])
    of_n: int | None = Field(ge=0, description="Of a frame: the clip's place.", examples=[1])
    time_s: float | None = Field(ge=0, description="Of a frame: when, from the clip's first.", examples=[13.4])
    detections: list[ClipDetection | DetectionResult] = Field(
        description="What the model saw, best first; in a clip one for each thing that it followed, with its time."
    )


class MediaView(SeenMedia):
    """One photo, clip or frame of a report."""

    media_type: str = Field(description="Of the original, judged by its content.", examples=["image/jpeg"])
    urls: MediaUrls


class WorkView(Answer):
    """How far the work on a report's clip is."""

    state: Literal["waiting", "running", "failed", "done"]
    progress: float = Field(ge=0, le=1, examples=[0.35])
    problem: str | None = Field(
        description="Code of what it failed for, or of what is missing though it is done: see the list of problems.",
        examples=["video_broken"],
    )


class ClaimView(Answer):
    """Who reviews the report at present."""

    by: str = Field(examples=["account:019b8d6c4a00aa"])
    name: str = Field(examples=["Li"])
    until: AwareDatetime = Field(description="When it goes back into the queue.", examples=["2026-01-05T08:10:00Z"])


class DuplicateView(Answer):
    """Another report that is likely about the same thing."""

    id: str = Field(examples=[_ID])
    same_photo: bool = Field(description="A photo of both is the same file.")
    hash_distance: int | None = Field(
        ge=0, le=64, description="Bits of 64 by which the closest photos differ in their looks.", examples=[3]
    )
    distance_m: float | None = Field(ge=0, description="Metres between them; null without both places.", examples=[12])
    apart_s: float = Field(ge=0, description="Seconds between them.", examples=[340])
    category: Category | None
    urgency: Urgency | None
    state: State
    created_at: AwareDatetime = Field(examples=["2026-01-05T07:55:00Z"])
    preview: str | None = Field(
        description="Of its first photo or frame.", examples=[f"/v1/reports/{_ID}/media/0?form=preview"]
    )


class ReportView(Answer):
    """One report as it is now."""

    id: str = Field(description="32 characters that sort by time.", examples=[_ID])
    created_at: AwareDatetime = Field(examples=["2026-01-05T08:00:00Z"])
    updated_at: AwareDatetime = Field(examples=["2026-01-05T08:00:00Z"])
    version: int = Field(ge=1, description="Rises with every change; send it with yours.", examples=[2])
    state: State
    text: str = Field(description="The reporter's words.", examples=["井盖没了，旁边是学校"])
    latitude: float | None = Field(
        description="Rounded to 3 decimals for those without the right `read_places`.", examples=[31.2304]
    )
    longitude: float | None = Field(description="The same.", examples=[121.4737])
    address: str | None = Field(description="Null without the right `read_places`.", examples=["人民路 12 号门口"])
    reporter: str | None = Field(
        description="What the sender calls the reporter; null without the right `read_places`.", examples=["rider-0042"]
    )
    reporter_group: str | None = Field(description="Of the API key it came with.", examples=["couriers"])
    external_id: str | None = Field(
        description="The sender's own number for it; null without the right `read_places`.",
        examples=["hotline-2026-000123"],
    )
    category: Category | None = Field(description="The machine's word until a reviewer decides.")
    urgency: Urgency | None = Field(description="The machine's word until a reviewer decides.")
    route: str | None = Field(description="Who should act.", examples=["sub_district_grid"])
    verdict: Verdict | None
    decided_by: str | None = Field(examples=["account:019b8d6c4a00aa"])
    decided_at: AwareDatetime | None
    needs_human: bool = Field(description="The machine abstains, or has not looked yet.")
    confidence: float | None = Field(ge=0, le=1, examples=[0.91])
    audit: bool = Field(description="Drawn at random for a look although the machine is sure.")
    second_review: Literal["none", "wanted", "done"]
    prefill: Decision | None = Field(description="What the machine said; null until the model has looked.")
    model: ModelRef | None
    policy: str | None = Field(examples=["2026.1+0a1b2c3d4e5f"])
    erased_at: AwareDatetime | None = Field(description="When photos, words, place and names were erased.")
    area: str | None = Field(description="What is left of the place after that, to 1 km.", examples=["31.23,121.47"])
    claim: ClaimView | None
    work: WorkView | None = Field(description="Of its clip; null without one, and where nobody waits for it.")
    media: list[MediaView]
    duplicates: list[DuplicateView] = Field(description="Likely duplicates, closest first; they are never merged.")


class ReportList(Answer):
    """One page of reports, newest first."""

    reports: list[ReportView]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class ProgressView(Answer):
    """What its sender may know of a report while they wait for its clip."""

    id: str = Field(examples=[_ID])
    state: State
    work: WorkView | None
    prefill: Decision | None
    media: list[SeenMedia]


class EventView(Answer):
    """One change of a report."""

    seq: int = Field(description="Rises with time, over all reports.", examples=[7])
    at: AwareDatetime
    actor: str = Field(examples=["account:019b8d6c4a00aa"])
    actor_name: str = Field(examples=["Li"])
    action: str = Field(description="A move of the workflow, or what else happened.", examples=["confirm"])
    before: dict[str, Any] = Field(description="The fields that changed, as they were.")
    after: dict[str, Any] = Field(description="And as they were then.")
    reason: str | None
    note: str | None
    model_version: str | None = Field(examples=["2026.1"])
    policy: str | None = Field(examples=["2026.1+0a1b2c3d4e5f"])


class HistoryView(Answer):
    """All changes of a report, oldest first. They are only ever added to."""

    events: list[EventView]
