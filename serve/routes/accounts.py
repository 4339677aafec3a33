"""`/v1/accounts`: who may come in, for administrators; and `/v1/audit`: what was done."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hazardlens.serve.access.accounts import add_account, change_account, list_accounts
from hazardlens.serve.access.audit import Act, read_audit
from hazardlens.serve.access.clients import base_url
from hazardlens.serve.access.links import Link, make_password_link
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action, Role
from hazardlens.serve.access.views import AccountView, AuditEvent
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.errors import FieldInvalidError, FieldUnknownError
from hazardlens.serve.facts import facts_of
from hazardlens.serve.gate import require
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["access"])

_BODY: Final = ("json_invalid", "text_not_utf8", "body_timeout", "body_too_large", "content_type_unsupported")
_FIELDS: Final = ("field_unknown", "field_invalid")
_REFUSED: Final = ("unauthenticated", "forbidden", "csrf_token_missing", "rate_limited", "store_unavailable")
_PAGE: Final = 100

Administrator = Annotated[Principal, Depends(require(Action.MANAGE_ACCOUNTS))]
Auditor = Annotated[Principal, Depends(require(Action.READ_AUDIT))]


class AccountBody(BaseModel):
    """A new account."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200, description="To sign in with.", examples=["li"])
    display_name: str = Field(
        "", max_length=120, pattern=r"^[^\x00-\x1f]*$", description="For others to read.", examples=["李雷"]
    )
    role: Role


class AccountChangeBody(BaseModel):
    """What is to change; the rest stays."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(None, max_length=120, pattern=r"^[^\x00-\x1f]*$", examples=["李雷"])
    role: Role | None = None
    disabled: bool | None = Field(None, examples=[True])


class AccountList(BaseModel):
    """All accounts."""

    accounts: list[AccountView]


class LinkAnswer(BaseModel):
    """A one-time link to choose a password with. Give it to the person by a way that others cannot read."""

    url: str = Field(examples=["https://hazards.example.org/setup#token=4f5c…"])
    expires_at: AwareDatetime


class NewAccount(BaseModel):
    """A new account, and how its person gets in."""

    account: AccountView
    link: LinkAnswer


class AuditPage(BaseModel):
    """Events, the latest first."""

    events: list[AuditEvent]
    next: int | None = Field(description="`before` of the next page; null: this was the last.", examples=[1])


@router.get("/accounts", summary="Accounts", responses=problem_answers(*_REFUSED))
def read_accounts(services: Annotated[Services, Depends(services_of)], _: Administrator) -> AccountList:
    """All accounts, disabled ones too, by name."""
    with services.store.read() as connection:
        return AccountList(accounts=[AccountView.of(row) for row in list_accounts(connection)])


@router.post(
    "/accounts",
    status_code=201,
    summary="Add an account",
    responses=problem_answers("name_taken", *_BODY, *_FIELDS, *_REFUSED),
)
def create_account(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Administrator,
    body: Annotated[AccountBody, Depends(JsonOf(AccountBody))],
) -> NewAccount:
    """Makes an account without a password, and a one-time link for its person to choose one."""
    act = Act(principal, services.now(), facts_of(request.scope).request_id)
    with services.store.write() as connection:
        row = add_account(connection, act, name=body.name, display_name=body.display_name, role=body.role)
        link = make_password_link(connection, act, row["id"], services.settings.one_time_link_h)
    return NewAccount(account=AccountView.of(row), link=_answer(link, request, services))


@router.patch(
    "/accounts/{account_id}",
    summary="Change an account",
    responses=problem_answers("account_missing", "last_administrator", *_BODY, *_FIELDS, *_REFUSED),
)
def update_account(
    account_id: str,
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Administrator,
    body: Annotated[AccountChangeBody, Depends(JsonOf(AccountChangeBody))],
) -> AccountView:
    """Changes role or name, disables or enables. A disabled account is signed out at once, a new role holds at once."""
    act = Act(principal, services.now(), facts_of(request.scope).request_id)
    with services.store.write() as connection:
        return AccountView.of(change_account(connection, act, account_id, **body.model_dump()))


@router.post(
    "/accounts/{account_id}/password-link",
    status_code=201,
    summary="Make a one-time link for a password",
    responses=problem_answers("account_missing", *_REFUSED),
)
def create_password_link(
    account_id: str, request: Request, services: Annotated[Services, Depends(services_of)], principal: Administrator
) -> LinkAnswer:
    """The account's earlier links end; its present password stays until the link is used."""
    act = Act(principal, services.now(), facts_of(request.scope).request_id)
    with services.store.write() as connection:
        link = make_password_link(connection, act, account_id, services.settings.one_time_link_h)
    return _answer(link, request, services)


@router.get(
    "/audit",
    summary="The audit log",
    responses=problem_answers(*_FIELDS, *_REFUSED),
    openapi_extra={
        "parameters": [
            {
                "name": "before",
                "in": "query",
                "required": False,
                "schema": {"type": "integer"},
                "description": "Only events with a smaller `seq`: `next` of the page before.",
            },
        ]
    },
)
def read_audit_log(request: Request, services: Annotated[Services, Depends(services_of)], _: Auditor) -> AuditPage:
    """Who did what to accounts, keys, models and settings, the latest first; rows are only ever added."""
    before = _read_before(request)
    with services.store.read() as connection:
        events = [AuditEvent.of(row) for row in read_audit(connection, limit=_PAGE + 1, before=before)]
    more = len(events) > _PAGE
    return AuditPage(events=events[:_PAGE], next=events[_PAGE - 1].seq if more else None)


def _read_before(request: Request) -> int | None:
    for name in request.query_params:
        if name != "before":
            raise FieldUnknownError(f"{name[:40]}: no such parameter")
    text = request.query_params.get("before")
    if text is not None and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise FieldInvalidError("before: not a whole number")
    return None if text is None else int(text)


def _answer(link: Link, request: Request, services: Services) -> LinkAnswer:
    return LinkAnswer(url=link.address(base_url(request, services.settings)), expires_at=link.expires_at)
