"""Somebody who makes requests in a test, without passwords and keys: a header says who."""

from typing import Final

from starlette.requests import Request

from hazardlens.serve.access.principals import ANONYMOUS, Principal
from hazardlens.serve.access.roles import ROLE_ACTIONS, Role

HEADER: Final = "X-Test-Person"


def person(name: str, role: Role) -> Principal:
    """An account of this role; its id is its name."""
    return Principal("account", name, name, ROLE_ACTIONS[role], role)


def headers_of(name: str, role: Role = Role.REVIEWER) -> dict[str, str]:
    """Headers of a request that `name` makes."""
    return {HEADER: f"{role.value} {name}"}


async def authenticate_by_header(request: Request) -> Principal:
    """For `create_app(authenticate=...)`: believes the header, and takes everybody else for anonymous."""
    told = request.headers.get(HEADER)
    if told is None:
        return ANONYMOUS
    role, name = told.split(" ", 1)
    return person(name, Role(role))
