"""`/v1/session`: sign in, sign out, who am I; and `/v1/setup`, where one-time links lead."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.clients import address_of, is_https, refuse_other_sites, sender_of, session_cookie
from hazardlens.serve.access.errors import UnauthenticatedError
from hazardlens.serve.access.links import look_at_link, redeem_link
from hazardlens.serve.access.passwords import MAX_CHARS
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import ROLE_ACTIONS, Role
from hazardlens.serve.access.sessions import end_session, find_session
from hazardlens.serve.access.signing_in import change_password, sign_in
from hazardlens.serve.access.views import AccountBrief, SessionView
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.facts import facts_of
from hazardlens.serve.gate import principal_of
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["access"])

_BODY: Final = ("json_invalid", "text_not_utf8", "body_timeout", "body_too_large", "content_type_unsupported")
_FIELDS: Final = ("field_unknown", "field_invalid")
_REFUSED: Final = ("csrf_token_missing", "rate_limited", "store_unavailable")


class LoginBody(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(max_length=200, examples=["li"])
    password: str = Field(max_length=4 * MAX_CHARS)


class PasswordBody(BaseModel):
    """The present password and the next one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    password: str = Field(max_length=4 * MAX_CHARS)
    new_password: str = Field(max_length=4 * MAX_CHARS)


class LinkBody(BaseModel):
    """A one-time link."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(max_length=200, description="What the link's address ends with.")


class SetupBody(LinkBody):
    """A one-time link and what was chosen."""

    name: str = Field("", max_length=200, description="Only for the first administrator.", examples=["admin"])
    password: str = Field(max_length=4 * MAX_CHARS)


class LinkView(BaseModel):
    """What a one-time link is for."""

    purpose: Literal["setup", "password"] = Field(
        description="setup: choose the administrator's name and password; password: choose one for `account_name`."
    )
    account_name: str = Field(examples=["li"])
    password_min_chars: int = Field(examples=[12])


@router.post(
    "/session",
    status_code=201,
    summary="Sign in",
    responses=problem_answers("unauthenticated", "login_failed", "overloaded", *_BODY, *_FIELDS, *_REFUSED),
)
def create_session(
    request: Request,
    response: Response,
    services: Annotated[Services, Depends(services_of)],
    principal: Annotated[Principal, Depends(principal_of)],
    body: Annotated[LoginBody, Depends(JsonOf(LoginBody))],
) -> SessionView:
    """Begin a session; its cookie comes with the answer. After five failures each further one doubles the wait."""
    refuse_other_sites(request, services.settings)
    row, opened = sign_in(
        services.store,
        services.settings,
        Act(principal, services.now(), facts_of(request.scope).request_id),
        name=body.name,
        password=body.password,
        sender=sender_of(address_of(request, services.settings)),
        now=services.now,
    )
    response.set_cookie(session_cookie(request, services.settings), opened.token, **_cookie(request, services))
    return _view(AccountBrief.of(row), opened.csrf_token)


@router.get("/session", summary="Who am I?", responses=problem_answers("unauthenticated", *_REFUSED))
def read_session(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Annotated[Principal, Depends(principal_of)],
) -> SessionView:
    """The account that is signed in, what it may do, and the token that its changes must carry."""
    token = request.cookies.get(session_cookie(request, services.settings))
    row = None
    if principal.kind == "account" and token is not None:
        with services.store.read() as connection:
            row = find_session(connection, token, services.now(), services.settings.session_idle_h)
    if row is None:
        raise UnauthenticatedError("nobody is signed in")
    return _view(AccountBrief.of(row), row["csrf_token"])


@router.delete("/session", status_code=204, summary="Sign out", responses=problem_answers("unauthenticated", *_REFUSED))
def delete_session(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Annotated[Principal, Depends(principal_of)],
) -> Response:
    """End the session and its cookie; 204 too where it has ended already."""
    token = request.cookies.get(session_cookie(request, services.settings))
    if principal.kind == "account" and token is not None:
        act = Act(principal, services.now(), facts_of(request.scope).request_id)
        with services.store.write() as connection:
            end_session(connection, token)
            act.write(connection, "signed_out", principal.actor)
    response = Response(status_code=204)
    response.delete_cookie(session_cookie(request, services.settings), **_cookie(request, services))
    return response


@router.post(
    "/session/password",
    status_code=204,
    summary="Change my password",
    responses=problem_answers(
        *("unauthenticated", "login_failed", "password_weak", "overloaded"), *_BODY, *_FIELDS, *_REFUSED
    ),
)
def change_own_password(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Annotated[Principal, Depends(principal_of)],
    body: Annotated[PasswordBody, Depends(JsonOf(PasswordBody))],
) -> Response:
    """Needs the present password. All sessions of the account end, this one too: sign in with the new one."""
    if principal.kind != "account":
        raise UnauthenticatedError("nobody is signed in")
    change_password(
        services.store,
        services.settings,
        Act(principal, services.now(), facts_of(request.scope).request_id),
        password=body.password,
        new_password=body.new_password,
        sender=sender_of(address_of(request, services.settings)),
    )
    response = Response(status_code=204)
    response.delete_cookie(session_cookie(request, services.settings), **_cookie(request, services))
    return response


@router.post(
    "/setup/look",
    summary="What is this one-time link for?",
    responses=problem_answers("unauthenticated", "link_invalid", *_BODY, *_FIELDS, *_REFUSED),
)
def look_at_setup(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    _: Annotated[Principal, Depends(principal_of)],
    body: Annotated[LinkBody, Depends(JsonOf(LinkBody))],
) -> LinkView:
    """Looks at a link without using it."""
    refuse_other_sites(request, services.settings)
    with services.store.read() as connection:
        offer = look_at_link(connection, body.token, services.now())
    return LinkView(
        purpose=offer.purpose,
        account_name=offer.account_name,
        password_min_chars=services.settings.password_min_chars,
    )


@router.post(
    "/setup",
    status_code=201,
    summary="Use a one-time link",
    responses=problem_answers(
        *("unauthenticated", "name_taken", "link_invalid", "password_weak", "overloaded"), *_BODY, *_FIELDS, *_REFUSED
    ),
)
def use_setup(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    _: Annotated[Principal, Depends(principal_of)],
    body: Annotated[SetupBody, Depends(JsonOf(SetupBody))],
) -> AccountBrief:
    """Makes the first administrator, or gives an account its password; the link is used up, sign in afterwards."""
    refuse_other_sites(request, services.settings)
    row = redeem_link(
        services.store,
        token=body.token,
        name=body.name,
        password=body.password,
        min_chars=services.settings.password_min_chars,
        now=services.now(),
        request_id=facts_of(request.scope).request_id,
    )
    return AccountBrief.of(row)


def _view(account: AccountBrief, csrf_token: str) -> SessionView:
    return SessionView(account=account, csrf_token=csrf_token, actions=sorted(ROLE_ACTIONS[Role(account.role)]))


def _cookie(request: Request, services: Services) -> dict[str, Any]:
    """Attributes of the session's cookie. It has no lifetime: on a shared computer it ends with the browser."""
    secure = is_https(request, services.settings)
    return {"path": "/", "httponly": True, "samesite": "strict", "secure": secure}
