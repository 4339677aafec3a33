"""From a request on the wire to its whole body in memory: what all endpoints that take photos do first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from hazardlens.serve.access.clients import sender_of_request
from hazardlens.serve.facts import facts_of
from hazardlens.serve.received import Pace, receive_body
from hazardlens.serve.services import Services
from hazardlens.serve.uploads import Received, check_content_type


@asynccontextmanager
async def accepted_body(request: Request, services: Services) -> AsyncIterator[Received]:
    """The body, whose memory is accounted for until the block ends.

    What can be refused without the body is refused before it is received.

    Raises:
        HazardlensError: it is of no known kind, too large or too slow, or there is no room for its work.
        starlette.requests.ClientDisconnect: the client hung up.
    """
    content_type = request.headers.get("content-type", "")
    check_content_type(content_type)
    sender = sender_of_request(request, services.settings)
    services.pool.require_room(sender)
    with services.memory.hold(sender) as hold:
        with services.metrics.receiving():
            body = [await receive_body(request, hold=hold, pace=Pace.from_settings(services.settings))]
        facts_of(request.scope).received_bytes = hold.size_bytes
        services.metrics.received(hold.size_bytes)
        yield Received(content_type, request.scope["query_string"], body.pop())  # a clip's bytes are not kept here


async def hung_up(request: Request) -> None:
    """Return when the client has hung up. The body was received, so no other message can come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
