"""`/v1/erasures`: the data of one reporter, or one report, out; for administrators."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.erasure.requests import begin, find, go_on
from hazardlens.serve.erasure.views import ErasureBody, ErasureView
from hazardlens.serve.facts import facts_of
from hazardlens.serve.gate import require
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.services import Services, services_of
from hazardlens.serve.store.removals import remove_noted

router = APIRouter(prefix="/v1", tags=["erasure"])

_BODY: Final = ("json_invalid", "text_not_utf8", "body_timeout", "body_too_large", "content_type_unsupported")
_REFUSED: Final = ("unauthenticated", "forbidden", "csrf_token_missing", "rate_limited", "store_unavailable")


@router.post(
    "/erasures",
    summary="Erase the data of one reporter, or one report",
    responses=problem_answers(
        "report_missing", "field_unknown", "field_invalid", "media_store_unavailable", *_BODY, *_REFUSED
    ),
)
def post_erasure(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Annotated[Principal, Depends(require(Action.ERASE))],
    body: Annotated[ErasureBody, Depends(JsonOf(ErasureBody))],
) -> ErasureView:
    """Photos, words, place, names and what was sent on are gone with the answer; what figures are made of stays.

    Asked again, it finds nothing left to erase. Cut off, the server goes on with it by itself. The audit log knows who
    asked and how much it was, and not whom it was about. Exports and messages that have left are out of reach.
    """
    now = services.now()
    if body.dry_run:
        with services.store.read() as connection:
            found = find(connection, body.whose)
        return ErasureView(
            id=None, reports=found.reports, photos=found.photos, undecided=found.undecided, finished_at=None
        )
    with services.store.write() as connection:
        found = find(connection, body.whose)
        erasure_id = begin(connection, body.whose, Act(principal, now, facts_of(request.scope).request_id))
    row = go_on(services.store, erasure_id, now)
    remove_noted(services.store, services.blobs, now)
    services.store.settle()
    return ErasureView(
        id=erasure_id,
        reports=row["reports"],
        photos=row["photos"],
        undecided=found.undecided,
        finished_at=row["finished_at"],
    )
