"""`/v1/reports`: reports in, and out again for those who may read them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from starlette.convertors import IntegerConvertor, register_url_convertor

from hazardlens.serve.access.errors import ForbiddenError
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.documents import GATE_CODES, UPLOAD_CODES, named_example, problem_answers
from hazardlens.serve.gate import require
from hazardlens.serve.ranges import read_range
from hazardlens.serve.reports.documents import (
    IDEMPOTENCY_KEY,
    LIST_PARAMETERS,
    MEDIA_PARAMETERS,
    READ_CODES,
    REPORT_CODES,
    REPORT_PARAMETERS,
    REPORT_REQUEST,
)
from hazardlens.serve.reports.idempotency import HEADER, read_key
from hazardlens.serve.reports.intake import receive_report
from hazardlens.serve.reports.media import (
    MediaForm,
    content_of,
    find_media,
    headers_of,
    media_type_of,
    read_form,
    require_form,
)
from hazardlens.serve.reports.progress import read_progress
from hazardlens.serve.reports.reading import list_reports, read_history, read_list_query, read_report_view
from hazardlens.serve.reports.views import HistoryView, ProgressView, ReportList, ReportView
from hazardlens.serve.services import Services, services_of
from hazardlens.serve.uploads import read_query


class _PlaceConvertor(IntegerConvertor):
    """A number in a path; of more digits than Python turns into one, starlette's own makes an error of ours."""

    regex = "[0-9]{1,20}"


register_url_convertor("place", _PlaceConvertor())
router = APIRouter(prefix="/v1/reports", tags=["reports"])

Reader = Annotated[Principal, Depends(require(Action.READ_REPORTS))]
Parts = Annotated[Services, Depends(services_of)]


def _answer(description: str, model: type[BaseModel], example: str) -> dict[str, Any]:
    return {"description": description, "model": model, "content": named_example(example)}


_PICTURE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "",
    status_code=201,
    summary="Photos, a clip and words in, a stored and pre-filled report out",
    responses={
        201: {
            **_answer("Photos and report are on disk.", ReportView, "report"),
            "headers": {
                "Location": {"description": "Of the report.", "schema": {"type": "string"}},
                "Idempotent-Replay": {
                    "description": "`true`: the report was there already.",
                    "schema": {"type": "string"},
                },
            },
        },
        **problem_answers(*UPLOAD_CODES, *GATE_CODES, *REPORT_CODES),
    },
    openapi_extra={"requestBody": REPORT_REQUEST, "parameters": REPORT_PARAMETERS},
)
async def create_report(
    request: Request, services: Parts, principal: Annotated[Principal, Depends(require(Action.REPORT))]
) -> Response:
    """Send photos of one hazard, a clip of it, or both, in any form that `POST /v1/classify` takes.

    The answer comes when all of it is stored. Without a model the report is stored too, in the state `received`, and
    pre-filled when there is one. A report with a clip is `received` too: `work` tells how far the work on it is, and in
    the end there is one decision on all that was sent. Send an `Idempotency-Key`, and a report that is sent again
    because the line was gone is not stored twice. Who may not read reports sees their own report only in this answer,
    and with its key under `/work`.
    """
    stored = await receive_report(request, services, principal)
    headers = {"Location": f"/v1/reports/{stored.view.id}"}
    if stored.replayed:
        headers["Idempotent-Replay"] = "true"
    return Response(stored.content, 201, headers, media_type="application/json")


@router.get(
    "",
    summary="Reports, newest first",
    responses={
        200: _answer("One page.", ReportList, "reports"),
        **problem_answers(*READ_CODES, "field_invalid"),
    },
    openapi_extra={"parameters": LIST_PARAMETERS},
)
def get_reports(request: Request, services: Parts, principal: Reader) -> Response:
    """All filters must hold. Send `next` as `after`, with the same filters, for the next page.

    Pages are stable: a report that comes in while you read moves nothing on later pages.
    """
    query = read_list_query(request.scope["query_string"], principal)
    with services.store.read() as connection:
        page = list_reports(connection, query, principal)
    return Response(page.model_dump_json(), media_type="application/json")


@router.get(
    "/{report_id}",
    summary="One report",
    responses={
        200: _answer("The report as it is now.", ReportView, "report"),
        **problem_answers(*READ_CODES, "report_missing"),
    },
)
def get_report(report_id: str, request: Request, services: Parts, principal: Reader) -> Response:
    """With its photos' addresses, what the machine said of it, who reviews it, and its likely duplicates."""
    read_query(request.scope["query_string"], ())
    with services.store.read() as connection:
        view = read_report_view(connection, report_id, principal)
    return Response(view.model_dump_json(), media_type="application/json")


@router.get(
    "/{report_id}/work",
    summary="How far the work on a report's clip is",
    responses={
        200: _answer("As it is now.", ProgressView, "progress"),
        **problem_answers(
            *("field_unknown", "field_invalid", "text_not_utf8", "report_missing", "store_unavailable"), *GATE_CODES
        ),
    },
    openapi_extra={"parameters": [IDEMPOTENCY_KEY]},
)
def get_work(
    report_id: str,
    request: Request,
    services: Parts,
    principal: Annotated[Principal, Depends(require(Action.REPORT))],
) -> Response:
    """For whoever sent the report, and waits: what the machine makes of it, without anybody's words or photos.

    Whoever may not read reports sends the `Idempotency-Key` with which they sent this one.
    """
    read_query(request.scope["query_string"], ())
    key = read_key(request.headers.get(HEADER))
    with services.store.read() as connection:
        view = read_progress(connection, report_id, principal, key)
    return Response(view.model_dump_json(), media_type="application/json")


@router.get(
    "/{report_id}/history",
    summary="All that happened to a report",
    responses={
        200: _answer("Oldest first.", HistoryView, "history"),
        **problem_answers(*READ_CODES, "report_missing"),
    },
    dependencies=[Depends(require(Action.READ_REPORTS))],
)
def get_history(report_id: str, request: Request, services: Parts) -> Response:
    """Who changed what, when and why, and with which model and policy. Events are only ever added."""
    read_query(request.scope["query_string"], ())
    with services.store.read() as connection:
        history = read_history(connection, report_id)
    return Response(history.model_dump_json(), media_type="application/json")


@router.get(
    "/{report_id}/media/{n:place}",
    summary="One photo, clip or frame of a report",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {"image/*": _PICTURE, "video/*": _PICTURE}},
        206: {
            "description": "The range of a clip that was asked for. What cannot be met gets the whole clip.",
            "content": {"video/*": _PICTURE},
            "headers": {"Content-Range": {"required": True, "schema": {"type": "string"}}},
        },
        304: {"description": "It is what `If-None-Match` says is known."},
        **problem_answers(*READ_CODES, "field_invalid", "media_missing", "media_store_unavailable"),
    },
    openapi_extra={"parameters": MEDIA_PARAMETERS},
)
def get_media(report_id: str, n: int, request: Request, services: Parts, principal: Reader) -> Response:
    """As it came in (`original`), or small, upright and without metadata (`preview`), or that with boxes (`annotated`).

    The small copy of a clip is a silent MP4, once the work on it is done; clips are sent in ranges where asked for.

    Answers carry an `ETag` and may be kept for good by whoever asked, but not by a cache that others share.
    """
    form = read_form(request.scope["query_string"])
    if form is MediaForm.ORIGINAL and Action.READ_ORIGINALS not in principal.actions:
        raise ForbiddenError(f"{principal.name} has no right to {Action.READ_ORIGINALS}")
    with services.store.read() as connection:
        media = find_media(connection, report_id, n)
    require_form(media, form)
    headers = headers_of(media, form)
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    content, media_type = content_of(media, form, services.blobs), media_type_of(media, form)
    wanted = None
    if media.is_clip:
        asked = request.headers
        wanted = read_range(asked.get("Range"), len(content), if_range=asked.get("If-Range"), etag=headers["ETag"])
    if wanted is None:
        return Response(content, headers=headers, media_type=media_type)
    headers["Content-Range"] = wanted.content_range
    return Response(wanted.cut(content), 206, headers, media_type=media_type)
