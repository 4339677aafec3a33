"""What reviewers said of a report, as it leaves through the API."""

from typing import Literal

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection, select

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.values import Answer
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.reports.reading import missing
from hazardlens.serve.reports.second_look import wants_second
from hazardlens.serve.reports.verdicts import PhotoBoxes, Reason
from hazardlens.serve.reports.workflow import Verdict
from hazardlens.serve.store.tables import reports, reviews


class ReviewView(Answer):
    """One review."""

    seq: int = Field(description="Rises with time, over all reports.", examples=[7])
    kind: Literal["first", "second"] = Field(description="A decision that holds, or a second look at one.")
    at: AwareDatetime
    reviewer: str = Field(examples=["account:019b8d6c4a00aa"])
    verdict: Verdict
    category: Category
    urgency: Urgency
    reason: Reason | None
    note: str | None
    boxes: list[PhotoBoxes] = Field(description="For each photo, in pixels of the upright original.")
    looked_for: list[str] = Field(description="Labels that were searched for on all photos, completely.")
    seconds: float | None = Field(description="From taking the report to deciding it.", examples=[6.5])
    audit: bool
    prefill_kept: bool = Field(description="Whether category, urgency and boxes are all as the machine had them.")
    model_version: str | None = Field(examples=["2026.1"])
    policy: str | None = Field(examples=["2026.1+0a1b2c3d4e5f"])


class ReviewsView(Answer):
    """All reviews of a report, oldest first. They are only ever added to."""

    reviews: list[ReviewView]


def read_reviews(connection: Connection, report_id: str, viewer: Principal) -> ReviewsView:
    """All reviews of a report; none to somebody who may be the one to take a second look at it.

    Raises:
        ReportMissingError: no such report.
    """
    row = connection.execute(select(reports).where(reports.c.id == report_id)).mappings().one_or_none()
    if row is None:
        raise missing(report_id)
    if wants_second(row) and Action.REVIEW in viewer.actions and row["decided_by"] != viewer.actor:
        return ReviewsView(reviews=[])
    query = select(reviews).where(reviews.c.report_id == report_id).order_by(reviews.c.seq)
    names = list(ReviewView.model_fields)
    found = [ReviewView(**{name: one[name] for name in names}) for one in connection.execute(query).mappings()]
    return ReviewsView(reviews=found)
