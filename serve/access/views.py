"""Accounts, keys and audit events as the API shows them: never a hash, never a secret but a new one's."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping

from hazardlens.serve.access.roles import Action, Role


class AccountBrief(BaseModel):
    """Who somebody is."""

    id: str = Field(examples=["0f3a6f5d4c3b2a190f3a6f5d4c3b2a19"])
    name: str = Field(examples=["li"])
    display_name: str = Field(examples=["李雷"])
    role: Role

    @classmethod
    def of(cls, row: RowMapping) -> "AccountBrief":
        """From a row with these columns."""
        return cls(id=row["id"], name=row["name"], display_name=row["display_name"], role=row["role"])


class SessionView(BaseModel):
    """A session as its own pages see it."""

    account: AccountBrief
    csrf_token: str = Field(description="To be sent as `X-CSRF-Token` with every change.", examples=["9c1f…"])
    actions: list[Action] = Field(description="What the account may do.")


class AccountView(AccountBrief):
    """An account as administrators see it."""

    created_at: AwareDatetime
    disabled_at: AwareDatetime | None
    has_password: bool = Field(description="False: a one-time link waits to be used.")

    @classmethod
    def of(cls, row: RowMapping) -> "AccountView":
        """From a row of `accounts`."""
        return cls(
            **AccountBrief.of(row).model_dump(),
            created_at=row["created_at"],
            disabled_at=row["disabled_at"],
            has_password=row["password_hash"] is not None,
        )


class KeyView(BaseModel):
    """An API key, without its secret."""

    id: str = Field(examples=["5b2f6e1d4c3b2a190f3a6f5d4c3b2a19"])
    name: str = Field(examples=["city hotline"])
    actions: list[str] = Field(examples=[["classify", "report"]])
    reporter_group: str | None = Field(description="Whose reports it sends, for the figures.", examples=["RIDERS"])
    created_at: AwareDatetime
    created_by: str = Field(examples=["account:0f3a6f5d4c3b2a190f3a6f5d4c3b2a19"])
    last_used_at: AwareDatetime | None = Field(description="To the minute.")
    revoked_at: AwareDatetime | None

    @classmethod
    def of(cls, row: RowMapping) -> "KeyView":
        """From a row of `api_keys`."""
        return cls(**{name: row[name] for name in cls.model_fields})


class AuditEvent(BaseModel):
    """Something that somebody did."""

    model_config = ConfigDict(from_attributes=True)

    seq: int = Field(examples=[17])
    at: AwareDatetime
    actor: str = Field(examples=["account:0f3a6f5d4c3b2a190f3a6f5d4c3b2a19"])
    actor_name: str = Field(examples=["李雷"])
    action: str = Field(examples=["key_added"])
    target: str = Field(examples=["key:5b2f6e1d4c3b2a190f3a6f5d4c3b2a19"])
    detail: dict[str, Any]
    request_id: str | None = Field(examples=["3f8e2b6c9d1a4f70"])

    @classmethod
    def of(cls, row: RowMapping) -> "AuditEvent":
        """From a row of `audit_events`."""
        return cls(**{name: row[name] for name in cls.model_fields})
