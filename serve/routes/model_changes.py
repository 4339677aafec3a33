"""`/v1/models`: another model into service, back to the one before, and a candidate into the shadow."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.facts import facts_of
from hazardlens.serve.gate import require
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.registry.notes import NOTE_REQUEST, ActivationNote, WantedModel
from hazardlens.serve.registry.views import (
    ModelDescription,
    ShadowView,
    describe_active,
    refusal_answer,
)
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1/models", tags=["models"])

_BODY: Final = (
    *("json_invalid", "text_not_utf8", "content_type_unsupported", "body_timeout", "body_too_large", "overloaded"),
)
_CODES: Final = ("unauthenticated", "forbidden", "csrf_token_missing", "store_unavailable")


def _act(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Annotated[Principal, Depends(require(Action.ACTIVATE_MODELS))],
) -> Act:
    return Act(principal, services.now(), facts_of(request.scope).request_id)


async def _note(request: Request) -> ActivationNote:
    """What the body says; it may be left out, as it mostly is by hand."""
    headers = request.headers
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    return ActivationNote() if empty else await JsonOf(ActivationNote)(request)


ActOf = Annotated[Act, Depends(_act)]
Parts = Annotated[Services, Depends(services_of)]


@router.post(
    "/{version}/activate",
    summary="Put a model into service",
    responses={
        **problem_answers(*_CODES, *_BODY, "model_missing", "model_ambiguous"),
        **refusal_answer(),
    },
    openapi_extra={"requestBody": NOTE_REQUEST},
)
async def activate_model(
    version: WantedModel, services: Parts, act: ActOf, note: Annotated[ActivationNote, Depends(_note)]
) -> ModelDescription:
    """Read, check, load and try the model, and only then exchange it. No request is lost.

    Requests that run keep the model that they started with. Other servers of the same database follow within seconds.
    A bundle that must not be used is refused with its code, and the model in service stays. The choice survives a
    restart.
    """
    loaded = await run_in_threadpool(services.models.activate, version, act, detail=note.detail())
    return describe_active(loaded)


@router.post(
    "/rollback",
    summary="Back to the model before",
    responses={**problem_answers(*_CODES, "no_previous_model"), **refusal_answer()},
)
def roll_back(services: Parts, act: ActOf) -> ModelDescription:
    """Put back what was in service before the present model; again, and it is the one before that."""
    return describe_active(services.models.rollback(act))


@router.post(
    "/{version}/shadow",
    summary="Let a model look on",
    responses={
        **problem_answers(*_CODES, "model_missing", "model_ambiguous", "model_in_service"),
        **refusal_answer(),
    },
)
def start_shadow(version: WantedModel, services: Parts, act: ActOf) -> ShadowView:
    """From now on the model sees the photos of reports after they were answered; what it says is kept for comparison.

    One model at a time: another one that is there leaves. Live requests go first, and what there is no time for is
    dropped and counted.
    """
    return ShadowView.of(services.models.start_shadow(version, act))


@router.delete(
    "/{version}/shadow",
    summary="Take a model out of the shadow",
    responses=problem_answers(*_CODES, "field_invalid", "model_missing"),
)
def stop_shadow(version: WantedModel, services: Parts, act: ActOf) -> ShadowView:
    """What it said so far stays."""
    return ShadowView.of(services.models.stop_shadow(version, act))
