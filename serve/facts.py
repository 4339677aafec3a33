"""What is known about a request while it is answered: filled on the way, read by the log and the metrics at the end."""

from dataclasses import dataclass
from typing import Final

from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_KEY: Final = "hazardlens.facts"
STATIC_ROUTE: Final = "/static"


@dataclass(slots=True)
class RequestFacts:
    """Nothing here may be content: no words, no names of files, no pixels.

    Attributes:
        request_id: the caller's, where it sent a sane one, or ours.
        problem_code: of the problem that was answered.
        received_bytes: size of the body, as far as it was read.
        photos: how many photos were classified.
        category: what was decided.
    """

    request_id: str
    problem_code: str | None = None
    received_bytes: int = 0
    photos: int = 0
    category: str | None = None


def attach_facts(scope: Scope, facts: RequestFacts) -> None:
    """Begin to keep facts about the request of `scope`."""
    scope[_KEY] = facts


def facts_of(scope: Scope) -> RequestFacts:
    """The facts about the request of `scope`.

    Raises:
        KeyError: the request did not come through the app's own middleware.
    """
    facts: RequestFacts = scope[_KEY]
    return facts


def route_template(scope: Scope) -> str:
    """The route's path with its parameters by name, like "/v1/reports/{id}": a metric's label has few values."""
    if isinstance(scope.get("endpoint"), StaticFiles):
        return STATIC_ROUTE
    return str(getattr(scope.get("route"), "path", "") or "unmatched")
