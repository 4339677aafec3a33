"""`/v1/keys`: API keys of intake systems, for administrators."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.keys import add_key, list_keys, revoke_key
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.access.views import KeyView
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.facts import facts_of
from hazardlens.serve.gate import require
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["access"])

_BODY: Final = ("json_invalid", "text_not_utf8", "body_timeout", "body_too_large", "content_type_unsupported")
_REFUSED: Final = ("unauthenticated", "forbidden", "csrf_token_missing", "rate_limited", "store_unavailable")

Administrator = Annotated[Principal, Depends(require(Action.MANAGE_KEYS))]


class KeyBody(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=120, description="Which system it is for.", examples=["city hotline"])
    actions: list[Action] = Field(description="What it is good for.", examples=[["classify", "report"]])
    reporter_group: str | None = Field(
        None, max_length=80, description="Whose reports it sends, for the figures.", examples=["RIDERS"]
    )


class KeyList(BaseModel):
    """All keys."""

    keys: list[KeyView]


class NewKey(BaseModel):
    """A new key. `secret` is shown this once, and kept nowhere."""

    key: KeyView
    secret: str = Field(description="To be sent as `Authorization: Bearer ...`.", examples=["hzl_5b2f…_9c1f…"])


@router.get("/keys", summary="API keys", responses=problem_answers(*_REFUSED))
def read_keys(services: Annotated[Services, Depends(services_of)], _: Administrator) -> KeyList:
    """All keys, revoked ones too, by name; never their secrets."""
    with services.store.read() as connection:
        return KeyList(keys=[KeyView.of(row) for row in list_keys(connection)])


@router.post(
    "/keys",
    status_code=201,
    summary="Add an API key",
    responses=problem_answers("name_taken", "field_unknown", "field_invalid", *_BODY, *_REFUSED),
)
def create_key(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    principal: Administrator,
    body: Annotated[KeyBody, Depends(JsonOf(KeyBody))],
) -> NewKey:
    """Makes a key that can do nothing but its actions; its secret comes with this answer and never again."""
    act = Act(principal, services.now(), facts_of(request.scope).request_id)
    with services.store.write() as connection:
        row, key = add_key(connection, act, name=body.name, actions=body.actions, group=body.reporter_group)
    return NewKey(key=KeyView.of(row), secret=str(key))


@router.delete(
    "/keys/{key_id}", status_code=204, summary="Revoke an API key", responses=problem_answers("key_missing", *_REFUSED)
)
def delete_key(
    key_id: str, request: Request, services: Annotated[Services, Depends(services_of)], principal: Administrator
) -> Response:
    """Makes the key useless at once and for good; it stays in the list, because reports name it."""
    act = Act(principal, services.now(), facts_of(request.scope).request_id)
    with services.store.write() as connection:
        revoke_key(connection, act, key_id)
    return Response(status_code=204)
