"""Models as JSON."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from hazardlens.model.bundle import LabelEntry, Manifest
from hazardlens.serve.model_slot import LoadedModel
from hazardlens.serve.problems import MEDIA_TYPE
from hazardlens.serve.registry.bundles import Entry
from hazardlens.serve.registry.on_disk import Damage
from hazardlens.serve.registry.registry import Fallback, Listing
from hazardlens.serve.registry.state import Shadow


def refusal_answer() -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for a bundle that must not be used: its own code, but 422, as nothing is wrong here."""
    codes = "`bundle_missing`, `bundle_checksum_mismatch`, `bundle_invalid` or `policy_invalid`"
    text = (
        f"The bundle must not be used: {codes}. Or the request says what it cannot: `field_invalid`, `field_unknown`."
    )
    return {422: {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}}


class ModelMetricsView(BaseModel):
    """How the model did on photos of sources that it was not trained on."""

    test_set: str = Field(description="The split that was held out.", examples=["split-v1"])
    summary: dict[str, Any] = Field(examples=[{"photos": 412}])
    hazards: dict[str, dict[str, Any]] = Field(examples=[{"stacked_clutter": {"ap50": 0.9, "photos": 120}}])


class BundleProblem(BaseModel):
    """Why a bundle cannot be used."""

    code: str = Field(examples=["bundle_checksum_mismatch"])
    detail: str = Field(examples=["model.onnx: sha256 is 5f…, the manifest says 0a…"])


class ModelDescription(BaseModel):
    """One model."""

    name: str = Field(examples=["hazardlens-yolo11n"])
    version: str = Field(examples=["2026.1"])
    ref: str = Field(
        description="Names it in paths of this API, where its version alone would name several.",
        examples=["hazardlens-yolo11n@2026.1"],
    )
    origin: Literal["default", "registry"] = Field(
        description="`default`: what the server was started with. `registry`: a folder of the registry."
    )
    active: bool = Field(description="Whether it answers requests now.")
    shadow: bool = Field(default=False, description="Whether it looks at live reports without a say.")
    loaded_at: AwareDatetime | None = Field(
        default=None, description="Since when it answers; null where it does not.", examples=["2026-01-05T08:00:00Z"]
    )
    policy: str | None = Field(
        default=None, description="Version and hash of the triage policy beside it.", examples=["2026.1+0a1b2c3d4e5f"]
    )
    sha256: str | None = Field(default=None, description="Of its manifest, which names the sha256 of its other files.")
    input_size_px: int | None = Field(default=None, description="Photos are scaled to this square.", examples=[640])
    created: AwareDatetime | None = Field(
        default=None, description="When it was trained.", examples=["2026-01-04T16:30:00Z"]
    )
    licence: str | None = Field(default=None, examples=["AGPL-3.0-only"])
    labels: tuple[LabelEntry, ...] = Field(
        default=(),
        description="What it draws. `hazard` null: context only. `threshold`: raw score from which one detection "
        "counts. `test_photos` 0: nothing is known about how well it finds this.",
    )
    metrics: ModelMetricsView | None = None
    problem: BundleProblem | None = Field(default=None, description="Why it cannot be used; null where it can.")


class FallbackView(BaseModel):
    """The chosen model cannot be used on this server, and another one answers in its place."""

    wanted: str = Field(examples=["hazardlens-yolo11n@2026.2"])
    code: str = Field(examples=["bundle_checksum_mismatch"])
    detail: str = Field(examples=["model.onnx: sha256 is 5f…, the manifest says 0a…"])

    @classmethod
    def of(cls, fallback: Fallback | None) -> "FallbackView | None":
        """The same for the API."""
        if fallback is None:
            return None
        return cls(wanted=fallback.wanted, code=fallback.code, detail=fallback.detail)


class DamageView(BaseModel):
    """The model in service answers from memory, but its bundle on disk is damaged or gone."""

    model: str = Field(examples=["hazardlens-yolo11n@2026.2"])
    code: str = Field(examples=["bundle_checksum_mismatch"])
    detail: str = Field(examples=["model.onnx: sha256 is 5f…, the manifest says 0a…"])

    @classmethod
    def of(cls, damage: Damage | None) -> "DamageView | None":
        """The same for the API."""
        return None if damage is None else cls(model=damage.model, code=damage.code, detail=damage.detail)


class ShadowView(BaseModel):
    """The candidate that looks at live reports without a say."""

    name: str = Field(examples=["hazardlens-yolo11n"])
    version: str = Field(examples=["2026.2"])
    started_at: AwareDatetime = Field(examples=["2026-01-05T08:00:00Z"])
    dropped: int = Field(description="Reports that it never saw, because there was no time.", examples=[0])

    @classmethod
    def of(cls, shadow: Shadow) -> "ShadowView":
        """The same for the API."""
        model = shadow.model
        return cls(name=model.name, version=model.version, started_at=shadow.started_at, dropped=shadow.dropped)


class ModelList(BaseModel):
    """All models that this server knows; the one that answers comes first."""

    models: list[ModelDescription]
    previous: str | None = Field(default=None, description="What a rollback would put back.", examples=["tiny@0.1"])
    shadow: ShadowView | None = None
    fallback: FallbackView | None = None


def describe_listing(listing: Listing) -> ModelList:
    """All models as JSON."""
    shadow_sha256 = listing.shadow.model.sha256 if listing.shadow else None
    others = {entry.sha256 or entry.key: entry for entry in reversed(listing.entries)}
    own = others.pop(listing.active.sha256, None)
    ordered = [entry for entry in listing.entries if others.get(entry.sha256 or entry.key) is entry]
    return ModelList(
        models=[
            describe_active(listing.active, own.origin if own else "default"),
            *(_describe_entry(entry, shadow_sha256) for entry in ordered),
        ],
        previous=listing.choice.history[-1].ref if listing.choice and listing.choice.history else None,
        shadow=ShadowView.of(listing.shadow) if listing.shadow else None,
        fallback=FallbackView.of(listing.fallback),
    )


def describe_active(model: LoadedModel, origin: Literal["default", "registry"] = "registry") -> ModelDescription:
    """The model in service as JSON."""
    detector = model.classifier.detector
    return ModelDescription(
        name=detector.name,
        version=detector.version,
        ref=model.ref,
        origin=origin,
        active=True,
        loaded_at=model.loaded_at,
        policy=model.classifier.policy.id,
        sha256=model.sha256 or None,
        input_size_px=detector.input_size_px,
        labels=detector.info.labels,
        **_from_manifest(model.manifest),
    )


def _describe_entry(entry: Entry, shadow_sha256: str | None) -> ModelDescription:
    manifest = entry.manifest
    if manifest is None:
        detail = entry.without_folders(str(entry.problem))
        return ModelDescription(
            name=entry.key.partition("@")[0],
            version=entry.version,
            ref=entry.key,
            origin=entry.origin,
            active=False,
            problem=BundleProblem(code=entry.problem.code if entry.problem else "bundle_invalid", detail=detail),
        )
    return ModelDescription(
        name=manifest.name,
        version=manifest.version,
        ref=entry.ref,
        origin=entry.origin,
        active=False,
        shadow=entry.sha256 == shadow_sha256,
        sha256=entry.sha256,
        input_size_px=manifest.input.size_px,
        labels=manifest.labels,
        **_from_manifest(manifest),
    )


def _from_manifest(manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        return {}
    metrics = manifest.metrics
    return {
        "created": manifest.created,
        "licence": manifest.licence,
        "metrics": ModelMetricsView(test_set=metrics.test_set, summary=metrics.summary, hazards=metrics.hazards),
    }
