"""The figures as they are sent: one list of flat rows a table, so that JSON and CSV say the same."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Sample = Literal["all", "audit", "rest"]
"""`audit`: drawn at random from the reports that the machine was sure of, whose figures stand for all of those.

`rest`: the others, which people chose to look at because the machine was unsure or the matter urgent.
"""


class Row(BaseModel):
    """A row of a table."""

    model_config = ConfigDict(frozen=True)


class Share(Row):
    """A share with Wilson's 95 % interval; null where nothing was counted."""

    share: float | None = Field(ge=0, le=1, examples=[0.9])
    low: float | None = Field(ge=0, le=1, examples=[0.596])
    high: float | None = Field(ge=0, le=1, examples=[0.982])


class ReceivedRow(Row):
    """Reports that came in during one day or week, by the urgency that they have now."""

    first_day: date = Field(description="The day, or the Monday of the week.", examples=["2026-01-05"])
    immediate: int = Field(examples=[2])
    urgent: int = Field(examples=[5])
    routine: int = Field(examples=[9])
    none: int = Field(examples=[1])
    total: int = Field(examples=[17])


class CountRow(Row):
    """How many of one kind."""

    key: str = Field(description="The kind; empty where there is none.", examples=["stacked_clutter"])
    n: int = Field(examples=[12])


class WaitingRow(Row):
    """Reports of one urgency that nobody has decided, by how long they have waited. `all` sums them up."""

    urgency: str = Field(examples=["immediate"])
    n: int = Field(examples=[7])
    under_1_h: int = Field(examples=[3])
    under_4_h: int = Field(examples=[2])
    under_24_h: int = Field(examples=[1])
    under_3_d: int = Field(examples=[1])
    under_7_d: int = Field(examples=[0])
    older: int = Field(examples=[0])
    oldest_at: AwareDatetime | None = Field(examples=["2026-01-05T08:00:00Z"])


class KeptRow(Share):
    """How often reviewers kept the pre-fill of one kind."""

    key: str = Field(description="The category that the machine chose, a model version, or a week's Monday.")
    sample: Sample
    decided: int = Field(examples=[10])
    kept: int = Field(examples=[9])


class CoverageRow(Row):
    """How often the machine did not ask for a person, and how often it was right then."""

    model_version: str = Field(description="Empty: all versions together.", examples=["2026.1"])
    prefilled: int = Field(description="Reports that came in and were pre-filled.", examples=[100])
    covered: int = Field(description="Of these, the machine did not ask for a person.", examples=[80])
    coverage: float | None = Field(examples=[0.8])
    coverage_low: float | None = Field(examples=[0.711])
    coverage_high: float | None = Field(examples=[0.867])
    decided: int = Field(description="Decided reports of the random audit.", examples=[8])
    kept: int = Field(description="Of these, the pre-fill was kept.", examples=[8])
    accuracy: float | None = Field(examples=[1.0])
    accuracy_low: float | None = Field(examples=[0.676])
    accuracy_high: float | None = Field(examples=[1.0])


class OverrideRow(Row):
    """One cell of machine's category against person's category."""

    machine: str = Field(examples=["stacked_clutter"])
    person: str = Field(examples=["blocked_fire_exit"])
    n: int = Field(examples=[3])


class ReasonRow(Row):
    """Why reviewers overruled the machine."""

    verdict: str = Field(examples=["correct"])
    reason: str = Field(examples=["wrong_category"])
    n: int = Field(examples=[3])


class ClueRow(Share):
    """What the clues of one reporter group were worth: `share` of those decided that told of a hazard."""

    group: str = Field(description="Empty: reporters without a group.", examples=["couriers"])
    decided: int = Field(examples=[10])
    valid: int = Field(description="Confirmed or corrected, and a hazard.", examples=[8])
    cannot_tell: int = Field(description="Not among the decided.", examples=[1])


class ReviewTimeRow(Row):
    """Seconds from claim to decision."""

    verdict: str = Field(description="`all` takes them together.", examples=["confirm"])
    n: int = Field(examples=[40])
    median_s: float = Field(examples=[6.5])
    p90_s: float = Field(examples=[21.0])


class AgreementRow(Share):
    """How far a first and a second reviewer of the same report agree; `share` is the raw agreement."""

    what: Literal["category", "urgency"]
    n: int = Field(examples=[20])
    agreed: int = Field(examples=[18])
    kappa: float | None = Field(description="Cohen's; null where chance alone agrees.", examples=[0.85])


class ShadowRow(Row):
    """A model that runs in the shadow against the one in service, on the same reports.

    A model is right where its category is the reviewer's; reports without a decision count in `seen` and `same` only.
    """

    model_version: str = Field(examples=["2026.2"])
    seen: int = Field(examples=[100])
    same: int = Field(description="Both models chose the same category.", examples=[90])
    decided: int = Field(examples=[40])
    shadow_right: int = Field(examples=[36])
    shadow_share: float | None = Field(examples=[0.9])
    shadow_low: float | None = Field(examples=[0.77])
    shadow_high: float | None = Field(examples=[0.96])
    active_right: int = Field(examples=[34])
    active_share: float | None = Field(examples=[0.85])
    active_low: float | None = Field(examples=[0.709])
    active_high: float | None = Field(examples=[0.929])
    only_shadow_right: int = Field(examples=[4])
    only_active_right: int = Field(examples=[2])


class Tables(BaseModel):
    """Every table; the name of a field is the name of its CSV file."""

    received_by_day: list[ReceivedRow]
    received_by_week: list[ReceivedRow]
    received_by_category: list[CountRow]
    received_by_urgency: list[CountRow]
    received_by_source: list[CountRow]
    received_by_group: list[CountRow]
    waiting: list[WaitingRow]
    kept: list[KeptRow]
    kept_by_category: list[KeptRow]
    kept_by_model: list[KeptRow]
    kept_by_week: list[KeptRow]
    coverage: list[CoverageRow]
    overrides: list[OverrideRow]
    reasons: list[ReasonRow]
    clues_by_group: list[ClueRow]
    review_time: list[ReviewTimeRow]
    agreement: list[AgreementRow]
    shadow: list[ShadowRow]


class Stats(BaseModel):
    """All figures of a window of days."""

    first_day: date = Field(examples=["2026-01-05"])
    last_day: date = Field(examples=["2026-02-01"])
    utc_offset_min: int = Field(description="Days are those of a place so far ahead of UTC.", examples=[480])
    made_at: AwareDatetime = Field(examples=["2026-02-01T08:00:00Z"])
    received: int = Field(description="Reports that came in.", examples=[420])
    waiting_now: int = Field(description="Reports that nobody has decided, whenever they came.", examples=[12])
    in_review_now: int = Field(description="Of these, somebody has claimed.", examples=[2])
    cannot_tell_now: int = Field(description="Reports that a reviewer could not tell, open for another.", examples=[3])
    second_review_now: int = Field(
        description="Reports that wait for a second reviewer, those of `cannot_tell_now` among them.", examples=[4]
    )
    reviews: int = Field(description="Decisions made, second ones and changes of mind included.", examples=[390])
    reviewers: int = Field(description="People who made them.", examples=[6])
    tables: Tables


class Box(Row):
    """Corners in pixels of the upright original."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float


Suspicion = Literal["sure_but_overruled", "box_far_from_prediction", "sure_box_removed"]


class Doubt(Row):
    """One thing about a decision that is worth a second look."""

    why: Suspicion
    photo: int | None = Field(description="Which photo, from 0; null: the whole report.", examples=[0])
    label: str | None = Field(description="Of the box.", examples=["manhole_open"])
    score: float | None = Field(description="The machine's.", examples=[0.93])
    iou: float | None = Field(description="With the nearest predicted or final box.", examples=[0.12])
    box: Box | None


class SuspiciousReport(BaseModel):
    """A decided report with at least one doubt."""

    report_id: str = Field(examples=["018f3a5c6d7e8f901234567890abcdef"])
    link: str = Field(description="Where to look at it again.", examples=["/review?report=018f3a5c…"])
    decided_at: AwareDatetime
    machine: str | None = Field(examples=["raised_manhole_cover"])
    person: str = Field(examples=["not_a_hazard"])
    confidence: float | None = Field(examples=[0.94])
    model_version: str | None = Field(examples=["2026.1"])
    doubts: list[Doubt]


class SuspiciousList(BaseModel):
    """Newest decisions first."""

    first_day: date
    last_day: date
    looked_at: int = Field(description="Decisions that were searched.", examples=[390])
    complete: bool = Field(description="False: older decisions of the window were not searched.")
    reports: list[SuspiciousReport]
