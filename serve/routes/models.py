"""`GET /v1/models`: what is in service, and how good it is known to be."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from hazardlens.model.bundle import LabelEntry, Manifest
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.model_slot import LoadedModel
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["models"])


class ModelMetrics(BaseModel):
    """How the model did on photos of sources that it was not trained on."""

    test_set: str = Field(description="The split that was held out.", examples=["split-v1"])
    summary: dict[str, Any] = Field(examples=[{"photos": 412}])
    hazards: dict[str, dict[str, Any]] = Field(examples=[{"stacked_clutter": {"ap50": 0.9, "photos": 120}}])


class ModelDescription(BaseModel):
    """One model."""

    name: str = Field(examples=["hazardlens-yolo11n"])
    version: str = Field(examples=["2026.1"])
    active: bool = Field(description="Whether it answers requests now.")
    loaded_at: AwareDatetime = Field(examples=["2026-01-05T08:00:00Z"])
    policy: str = Field(
        description="Version and hash of the triage policy beside it.", examples=["2026.1+0a1b2c3d4e5f"]
    )
    input_size_px: int = Field(description="Photos are scaled to this square.", examples=[640])
    created: AwareDatetime | None = Field(description="When it was trained.", examples=["2026-01-04T16:30:00Z"])
    licence: str | None = Field(examples=["AGPL-3.0-only"])
    labels: tuple[LabelEntry, ...] = Field(
        description="What it draws. `hazard` null: context only. `threshold`: raw score from which one detection "
        "counts. `test_photos` 0: nothing is known about how well it finds this."
    )
    metrics: ModelMetrics | None


class ModelList(BaseModel):
    """All models that this server knows."""

    models: list[ModelDescription]


@router.get(
    "/models", summary="Models in service", responses=problem_answers("model_loading", "bundle_checksum_mismatch")
)
async def list_models(services: Annotated[Services, Depends(services_of)]) -> ModelList:
    """The model that answers requests, with its labels, thresholds and measured quality."""
    return ModelList(models=[_describe(services.slot.model)])


def _describe(model: LoadedModel) -> ModelDescription:
    detector, manifest = model.classifier.detector, model.manifest
    return ModelDescription(
        name=detector.name,
        version=detector.version,
        active=True,
        loaded_at=model.loaded_at,
        policy=model.classifier.policy.id,
        input_size_px=detector.input_size_px,
        created=manifest.created if manifest else None,
        licence=manifest.licence if manifest else None,
        labels=detector.info.labels,
        metrics=_metrics(manifest) if manifest else None,
    )


def _metrics(manifest: Manifest) -> ModelMetrics:
    metrics = manifest.metrics
    return ModelMetrics(test_set=metrics.test_set, summary=metrics.summary, hazards=metrics.hazards)
