"""Is it alive, is it ready, how is it doing: for load balancers, orchestrators and Prometheus."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from hazardlens.serve.documents import problem_answers
from hazardlens.serve.errors import ModelLoadingError, ModelUnusableError
from hazardlens.serve.metrics import CONTENT_TYPE
from hazardlens.serve.problems import answer_for, respond
from hazardlens.serve.registry.views import DamageView, FallbackView
from hazardlens.serve.services import Services, services_of
from hazardlens.serve.settings import Settings

router = APIRouter(tags=["operation"])

_EXAMPLE_METRICS = "# TYPE hazardlens_photos_total counter\nhazardlens_photos_total 6.0\n"


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Requests will be answered."""

    status: Literal["ready"] = "ready"
    model: str = Field(examples=["hazardlens-yolo11n 2026.1"])
    policy: str = Field(examples=["2026.1+0a1b2c3d4e5f"])
    fallback: FallbackView | None = Field(
        None, description="There while the model that was chosen cannot be used and another one answers in its place."
    )
    damaged: DamageView | None = Field(
        None,
        description="There while the model in service is damaged or gone on disk: a restart would not have it.",
    )


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Alive:
    """Answers at once, whatever the load and whether or not a model is there."""
    return Alive()


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    summary="Can it do its work?",
    responses={
        200: {"description": "Yes.", "model": Ready},
        **problem_answers("model_loading", "bundle_checksum_mismatch", "store_unavailable", "media_store_unavailable"),
    },
)
async def readyz(request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """200 when a model has run, and database and photo store answer; else 503 with a code that says what is missing."""
    try:
        classifier = services.slot.model.classifier
    except ModelUnusableError as error:
        return respond(request.scope, replace(answer_for(error), detail=_without_folders(error, services.settings)))
    except ModelLoadingError as error:
        return respond(request.scope, answer_for(error))
    await services.keeper.check()
    detector = classifier.detector
    ready = Ready(
        model=f"{detector.name} {detector.version}",
        policy=classifier.policy.id,
        fallback=FallbackView.of(services.models.fallback),
        damaged=DamageView.of(services.models.disk.damage),
    )
    return Response(ready.model_dump_json(exclude_none=True), media_type="application/json")


def _without_folders(error: ModelUnusableError, settings: Settings) -> str:
    """What is wrong with which file, without where this machine keeps its files: that is in the log."""
    detail = str(error.reason)
    for path in (settings.bundle_path, settings.policy_path):
        detail = detail.replace(f"{path.parent}/", "")
    return detail


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={
        200: {"description": "All metrics.", "content": {"text/plain": {"example": _EXAMPLE_METRICS}}},
        **problem_answers("overloaded"),
    },
)
async def metrics(services: Annotated[Services, Depends(services_of)]) -> Response:
    """Counts and times in Prometheus' text format."""
    return Response(services.metrics.render(), media_type=CONTENT_TYPE)
