"""`/v1/queue`, and what reviewers do with a report: claim, release, decide, reopen."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping

from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.gate import require
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.metrics import Judged
from hazardlens.serve.reports.assembly import view_of
from hazardlens.serve.reports.claims import claim_report, release_report, reopen_report
from hazardlens.serve.reports.queue import QueuePage, read_queue
from hazardlens.serve.reports.queue_query import QUEUE_PARAMETERS, Shelf, parse_queue_query
from hazardlens.serve.reports.review_views import ReviewsView, read_reviews
from hazardlens.serve.reports.reviewing import ReviewRules, review_report
from hazardlens.serve.reports.second_look import blinded, wants_second
from hazardlens.serve.reports.verdicts import ReviewBody
from hazardlens.serve.reports.views import ReportView
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["review"])

Reviewer = Annotated[Principal, Depends(require(Action.REVIEW))]
Parts = Annotated[Services, Depends(services_of)]

_SHARED_CODES: Final = ("unauthenticated", "forbidden", "csrf_token_missing", "store_unavailable")
_CHANGE_CODES: Final = (
    *_SHARED_CODES,
    *("report_missing", "report_changed", "move_not_allowed", "json_invalid", "text_not_utf8", "field_unknown"),
    *("field_invalid", "content_type_unsupported", "body_too_large", "body_timeout", "overloaded"),
)
_DESCRIPTIONS: Final = {
    "state": f"`{Shelf.OPEN}` (the default): what can be worked on, by urgency, then doubt, then age. `{Shelf.MINE}`: "
    f"what whoever asks holds. `{Shelf.DECIDED}`: decisions, newest first. `{Shelf.ALL}`: everything, newest first.",
    "category": "One or several, with commas between them.",
    "urgency": "One or several, with commas between them.",
    "needs_human": "`true` or `false`: whether the machine abstained.",
    "limit": "Reports on a page, 1 to 100; 50 without it.",
    "after": "The `next` of an earlier answer.",
}
_PARAMETERS: Final = [
    {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": _DESCRIPTIONS[name]}
    for name in QUEUE_PARAMETERS
]


class ClaimBody(BaseModel):
    """What a change of a report has to say: which version of it was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(description="Of the report as it was seen.", examples=[2])


class ReleaseBody(BaseModel):
    """As `ClaimBody`; a version is only checked where there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int | None = Field(None, description="Of the report as it was seen.", examples=[3])


class ReopenBody(ClaimBody):
    """Why a decision is taken back."""

    reason: str | None = Field(None, max_length=40, description="A word for the history.", examples=["undo"])


@router.get(
    "/queue",
    summary="What waits for a reviewer",
    response_model=QueuePage,
    responses=problem_answers(*_SHARED_CODES, "field_unknown", "field_invalid", "text_not_utf8"),
    openapi_extra={"parameters": _PARAMETERS},
)
def get_queue(request: Request, services: Parts, principal: Reviewer) -> Response:
    """One page of the queue, with how much waits in all.

    A decided report that wants a second look is among the others, and looks like one that nobody has decided.
    """
    query = parse_queue_query(request.scope["query_string"])
    with services.store.read() as connection:
        page = read_queue(connection, query, principal, services.now())
    return Response(page.model_dump_json(), media_type="application/json")


@router.post(
    "/reports/{report_id}/claim",
    summary="Hold a report while reviewing it",
    response_model=ReportView,
    responses=problem_answers(*_CHANGE_CODES),
)
def claim(
    report_id: str, principal: Reviewer, body: Annotated[ClaimBody, Depends(JsonOf(ClaimBody))], services: Parts
) -> Response:
    """Only its holder can decide a report. A claim runs out after `claim_lease_s`; claiming again renews it."""

    def act(connection: Connection) -> RowMapping:
        lease_s = services.settings.claim_lease_s
        return claim_report(
            connection, report_id, principal=principal, now=services.now(), version=body.version, lease_s=lease_s
        )

    return _change(services, principal, act)


@router.post(
    "/reports/{report_id}/release",
    summary="Give a report back to the queue",
    response_model=ReportView,
    responses=problem_answers(*_CHANGE_CODES),
)
def release(
    report_id: str, principal: Reviewer, body: Annotated[ReleaseBody, Depends(JsonOf(ReleaseBody))], services: Parts
) -> Response:
    """Undecided, for others to take."""

    def act(connection: Connection) -> RowMapping:
        return release_report(connection, report_id, principal=principal, now=services.now(), version=body.version)

    return _change(services, principal, act)


@router.post(
    "/reports/{report_id}/review",
    summary="Decide a report",
    response_model=ReportView,
    responses=problem_answers(*_CHANGE_CODES, "model_loading", "bundle_checksum_mismatch"),
)
def review(
    report_id: str, principal: Reviewer, body: Annotated[ReviewBody, Depends(JsonOf(ReviewBody))], services: Parts
) -> Response:
    """Confirm what is there, correct it, reject it, or say that it cannot be told.

    The same request sent again, because its answer got lost, is answered again and changes nothing.
    """
    rules = ReviewRules.of(services)
    judged: list[Judged] = []

    def act(connection: Connection) -> RowMapping:
        now = services.now()
        return review_report(connection, report_id, body, principal=principal, now=now, rules=rules, told=judged.append)

    answer = _change(services, principal, act)
    for one in judged:
        services.metrics.reviewed(one)
    return answer


@router.post(
    "/reports/{report_id}/reopen",
    summary="Take a decision back",
    response_model=ReportView,
    responses=problem_answers(*_CHANGE_CODES),
)
def reopen(
    report_id: str, principal: Reviewer, body: Annotated[ReopenBody, Depends(JsonOf(ReopenBody))], services: Parts
) -> Response:
    """Whoever does it holds the report then. What was decided stays in the history."""

    def act(connection: Connection) -> RowMapping:
        lease_s = services.settings.claim_lease_s
        return reopen_report(
            connection,
            report_id,
            principal=principal,
            now=services.now(),
            version=body.version,
            lease_s=lease_s,
            reason=body.reason,
        )

    return _change(services, principal, act)


@router.get(
    "/reports/{report_id}/reviews",
    summary="What reviewers said of a report",
    response_model=ReviewsView,
    responses=problem_answers("unauthenticated", "forbidden", "report_missing", "store_unavailable"),
)
def get_reviews(
    report_id: str, services: Parts, principal: Annotated[Principal, Depends(require(Action.READ_REPORTS))]
) -> Response:
    """Every decision and every second look, oldest first, with the boxes."""
    with services.store.read() as connection:
        found = read_reviews(connection, report_id, principal)
    return Response(found.model_dump_json(), media_type="application/json")


def _change(services: Services, principal: Principal, act: Callable[[Connection], RowMapping]) -> Response:
    """Run a change in one transaction, and show the report as it is after it."""
    with services.store.write() as connection:
        row = act(connection)
        view = view_of(connection, row, principal)
        if wants_second(row) and row["decided_by"] != principal.actor:
            view = blinded(view)
    return Response(view.model_dump_json(), media_type="application/json")
