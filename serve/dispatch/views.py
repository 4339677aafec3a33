"""Targets, deliveries and their requests as they travel through the API."""

from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping

from hazardlens.serve.dispatch.addresses import MAX_URL_CHARS, without_secrets
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.dispatch.outcomes import MAX_NOTE_CHARS
from hazardlens.serve.reports.workflow import State

_ID = "019b8d6c4a003f8e2b6c9d1a4f7055aa"


class RouteName(BaseModel):
    """What people call a route."""

    zh: str = Field(examples=["消防救援"])
    en: str = Field(examples=["Fire service"])


class TargetView(BaseModel):
    """Who is told about a route, and where."""

    route: str = Field(description="A key of the policy's routes.", examples=["fire_service"])
    name: RouteName | None = Field(description="Null for a route that the policy no longer has.")
    url: str | None = Field(
        description="Where messages go; null: nowhere. Path and query are shown as `…` to those who may not edit it.",
        examples=["https://fire.example.org/hazards"],
    )
    has_secret: bool = Field(description="Whether messages can be signed; the secret itself is never shown again.")
    enabled: bool
    version: int = Field(ge=0, description="To be sent back with a change; 0: never set.", examples=[3])
    updated_at: AwareDatetime | None = Field(examples=["2026-01-05T08:00:00Z"])
    updated_by: str | None = Field(examples=["account:019b8d6c4a00aa"])

    @classmethod
    def of(cls, route: str, name: RouteName | None, row: RowMapping | None) -> Self:
        """From a row of `dispatch_targets`, if there is one."""
        if row is None:
            return cls(
                route=route,
                name=name,
                url=None,
                has_secret=False,
                enabled=False,
                version=0,
                updated_at=None,
                updated_by=None,
            )
        shown = {field: row[field] for field in ("url", "enabled", "version", "updated_at", "updated_by")}
        return cls(route=route, name=name, has_secret=row["secret"] is not None, **shown)

    def without_secrets(self) -> Self:
        """For those who may read the table and not edit it."""
        return self if self.url is None else self.model_copy(update={"url": without_secrets(self.url)})


class TargetList(BaseModel):
    """All routes, in the policy's order."""

    targets: list[TargetView]


class TargetBody(BaseModel):
    """What a target shall be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=0, description="Of the target as it was seen; 0: never set.", examples=[3])
    url: str | None = Field(
        max_length=MAX_URL_CHARS,
        description="Where messages go; null: nowhere.",
        examples=["https://fire.example.org/hazards"],
    )
    enabled: bool = Field(description="Whether messages go there; those that wait stay until they may.")
    secret: str | None = Field(
        None, min_length=16, max_length=200, pattern=r"^[!-~]+$", description="To sign with; null: kept, or made."
    )
    renew_secret: bool = Field(default=False, description="Make a new secret; the old one signs no more.")


class ChangedTarget(BaseModel):
    """The target as it is now."""

    target: TargetView
    secret: str | None = Field(
        description="Only if it is new, and this once: give it to the receiver.", examples=["whs_5b2f…"]
    )


class TrialResult(BaseModel):
    """What came of a test message."""

    delivered: bool
    status: int | None = Field(description="Of the receiver's answer; null: none came.", examples=[204])
    error: str | None = Field(description="Why it was not taken.", examples=["no answer in time"])


class DeliveryView(BaseModel):
    """A decision on its way to those who act."""

    id: str = Field(examples=[_ID])
    report_id: str = Field(examples=[_ID])
    route: str = Field(examples=["fire_service"])
    state: DeliveryState
    attempts: int = Field(ge=0, examples=[1])
    next_at: AwareDatetime | None = Field(
        description="When it is tried next; null: no more.", examples=["2026-01-05T08:00:20Z"]
    )
    last_error: str | None = Field(examples=["answered 503"])
    created_at: AwareDatetime = Field(examples=["2026-01-05T08:00:00Z"])
    delivered_at: AwareDatetime | None = Field(examples=["2026-01-05T08:00:10Z"])

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """From a row of `deliveries`; what was said stays with the report."""
        next_at = row["next_at"] if row["state"] == DeliveryState.WAITING else None
        return cls(**{name: row[name] for name in cls.model_fields if name != "next_at"}, next_at=next_at)


class DeliveryList(BaseModel):
    """A page of deliveries, the newest first."""

    deliveries: list[DeliveryView]
    next: str | None = Field(description="For `after`, to see the next page; null: this was the last.", examples=[_ID])
    counts: dict[str, int] = Field(
        description="Of all deliveries, by state.",
        examples=[{"waiting": 1, "delivered": 40, "dead": 0, "withdrawn": 2}],
    )


class ResolutionBody(BaseModel):
    """Those who act say that the hazard is gone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Literal["resolved"]
    note: str | None = Field(None, max_length=MAX_NOTE_CHARS, description="What was done.", examples=["井盖已更换"])


class ResolutionView(BaseModel):
    """Where the report stands now."""

    id: str = Field(examples=[_ID])
    state: State
    version: int = Field(examples=[6])
    resolved_at: AwareDatetime = Field(examples=["2026-01-05T12:00:00Z"])
