"""The gate that every route with a right stands behind."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from hazardlens.serve.access.errors import ForbiddenError, UnauthenticatedError
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.services import Services, services_of


async def principal_of(request: Request, services: Annotated[Services, Depends(services_of)]) -> Principal:
    """Who makes this request; looked up once."""
    found: Principal | None = getattr(request.state, "principal", None)
    if found is None:
        found = await services.authenticate(request)
        request.state.principal = found
    return found


class Gate:
    """A dependency that lets through whoever may do `action`, and hands on who that is."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, principal: Annotated[Principal, Depends(principal_of)]) -> Principal:
        """The principal.

        Raises:
            UnauthenticatedError: nobody said who they are, and not everybody may.
            ForbiddenError: they did, and may not.
        """
        if self.action in principal.actions:
            return principal
        if principal.kind == "anonymous":
            raise UnauthenticatedError(f"this needs the right to {self.action}; sign in, or send an API key")
        raise ForbiddenError(f"{principal.name} has no right to {self.action}")


def require(action: Action) -> Callable[[Principal], Awaitable[Principal]]:
    """For routes: `principal: Annotated[Principal, Depends(require(Action.REVIEW))]`."""
    return Gate(action)
