"""Somebody, as far as the service knows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from starlette.requests import Request

from hazardlens.serve.access.roles import ROLE_ACTIONS, Action, Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request.

    Attributes:
        kind: how they came in; "system" is the service itself.
        id: of the account or key; "" for the anonymous and the service itself.
        name: for people to read.
        actions: what they may do.
        role: of an account; None for keys.
        group: reporter group of a key.
    """

    kind: Literal["anonymous", "key", "account", "system"]
    id: str
    name: str
    actions: frozenset[Action]
    role: Role | None = None
    group: str | None = None

    @property
    def actor(self) -> str:
        """How rows name them: "account:ID", "key:ID", "anonymous" or "system"."""
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM: Final = Principal("system", "", "hazardlens", frozenset())
ANONYMOUS: Final = Principal("anonymous", "", "anonymous", ROLE_ACTIONS[Role.PUBLIC], Role.PUBLIC)

Authenticate = Callable[[Request], Awaitable[Principal]]
"""The seam between a request and who makes it. Whoever brings no credentials is anonymous.

It raises UnauthenticatedError for credentials that are not or no longer good, and CsrfError for a session's change that
comes without its token.
"""
