"""`GET /v1/exports`: what reviewers decided, as a zip that is sent while it is made."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import StreamingResponse

from hazardlens.model.exports.entries import zip_chunks
from hazardlens.model.exports.forms import FormName
from hazardlens.model.taxonomy import Category
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.documents import parameter, problem_answers
from hazardlens.serve.errors import UnavailableError
from hazardlens.serve.exports.asking import PARAMETERS, read_wanted
from hazardlens.serve.exports.exporting import ExportSource, begin_export, entries_of, file_name
from hazardlens.serve.facts import facts_of
from hazardlens.serve.gate import require
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["exports"])

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

_MEDIA_TYPE: Final = "application/zip"
_DESCRIPTIONS: Final[dict[str, str]] = {
    "form": f"One of {', '.join(FormName)}; the first without it.",
    "from": "Decided at this time or later: a day (its midnight in UTC), or a time with zone.",
    "to": "Decided before this time.",
    "category": "As decided.",
    "include_text": "`true`: with the reporters' words, which may name people. Only the reviewed form has them.",
    "model_version": "Of the model whose word was reviewed.",
}
_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "form": {"type": "string", "enum": list(FormName)},
    "category": {"type": "string", "enum": list(Category)},
    "include_text": {"type": "string", "enum": ["true", "false"]},
}
_DOCUMENTED: Final = [
    parameter(name, _SCHEMAS.get(name, {"type": "string"}), _DESCRIPTIONS[name]) for name in PARAMETERS
]


@router.get(
    "/exports",
    summary="What reviewers decided, with photos",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A zip; docs/exports.md tells what is in it. One that was cut off is no zip to any reader.",
            "content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        **problem_answers(
            "unauthenticated", "forbidden", "field_unknown", "field_invalid", "text_not_utf8", "store_unavailable"
        ),
    },
    openapi_extra={"parameters": _DOCUMENTED},
)
def get_export(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Annotated[Principal, Depends(require(Action.EXPORT))],
) -> StreamingResponse:
    """Every report with a final verdict, except those that nobody could tell about.

    Photos are upright, at full size and without metadata; places are rounded to about 100 m; reporters, addresses and,
    unless asked for, words stay here. Who exported what is in the audit log.
    """
    source = ExportSource(services.store, services.blobs, services.settings)
    act = Act(principal, services.now(), facts_of(request.scope).request_id)
    export = begin_export(source, read_wanted(request.scope["query_string"]), act, _labels_in_service(services))
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(export)}"',
        "Cache-Control": "no-store",
    }
    chunks = _filled(
        zip_chunks(entries_of(source, export, partial(_note_left_out, export.head.name)), export.head.created)
    )
    return StreamingResponse(chunks, headers=headers, media_type=_MEDIA_TYPE)


def _note_left_out(name: str, report_id: str, _: str) -> None:
    # Without the reason's words: they may quote what is in a photo's name.
    _log.warning("report_left_out", export=name, report_id=report_id)


def _labels_in_service(services: Services) -> dict[str, Category | None]:
    try:
        detector = services.slot.model.classifier.detector
    except UnavailableError:  # old decisions can be had without a model
        return {}
    return {label.name: label.hazard for label in detector.info.labels}


def _filled(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Without the empty pieces, which would only keep the server busy."""
    return (chunk for chunk in chunks if chunk)
