"""Limits the bytes of every request's body, whichever route it goes to.

Starlette counts what arrives and stops at the limit. What it lacks is here: its answer to a body whose *announced*
length is over the limit is plain text, and nothing keeps a connection open until the client has read an early answer.
"""

import asyncio
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hazardlens.serve.errors import BodyTooLargeError, OverloadedError
from hazardlens.serve.problems import answer_for, respond
from hazardlens.serve.refusing import CROWDED, HEALTH_PATHS, RETRY_AFTER_S

LINGER_S: Final = 2.0


class BodyLimitMiddleware:
    """Refuses bodies over the limit, by announcement or by count, with our own kind of answer.

    An answer that is sent before the body is read to its end says `Connection: close`, and a little more of the body is
    read and thrown away first: a server that just closes makes the client's system discard the answer.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        self.app = RequestBodyLimitMiddleware(app, max_body_size=max_body_bytes)
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = _announced_bytes(scope)
        lingering = _LingeringConnection(receive, send, self._max_body_bytes, has_body=announced != 0)
        if announced is not None and announced > self._max_body_bytes:
            error = BodyTooLargeError(f"the body has {announced} bytes; the limit is {self._max_body_bytes}")
            await respond(scope, answer_for(error))(scope, lingering.receive, lingering.send)
            return
        if scope.get(CROWDED) and scope["path"] not in HEALTH_PATHS:
            crowded = OverloadedError("too many connections are open; try again later", retry_after_s=RETRY_AFTER_S)
            await respond(scope, answer_for(crowded))(scope, lingering.receive, lingering.send)
            return
        await self.app(scope, lingering.receive, lingering.send)


class _LingeringConnection:
    """Passes messages on, and holds the answer's end back until the client had a chance to read it."""

    def __init__(self, receive: Receive, send: Send, max_drained_bytes: int, *, has_body: bool) -> None:
        self._receive = receive
        self._send = send
        self._max_drained_bytes = max_drained_bytes
        self._body_ended = not has_body

    async def receive(self) -> Message:
        """Pass a message on and note the body's end."""
        message = await self._receive()
        self._body_ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass a message on; before the last one of an early answer, drain."""
        if self._body_ended:
            await self._send(message)
            return
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
        if message["type"] != "http.response.body" or message.get("more_body", False):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._drain()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self) -> None:
        drained_bytes = 0
        try:
            async with asyncio.timeout(LINGER_S):
                while not self._body_ended and drained_bytes <= self._max_drained_bytes:
                    drained_bytes += len((await self.receive()).get("body", b""))
        except TimeoutError:
            self._body_ended = True


def _announced_bytes(scope: Scope) -> int | None:
    """The body's length as announced; 0 where there is no body; None where it comes in chunks."""
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers:
        return None
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else None
