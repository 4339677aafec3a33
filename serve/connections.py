"""One connection: how long a request's head may take and be, and what becomes of a client that does not read.

uvicorn bounds none of this: `limit_concurrency` refuses health checks too and does not say when to come back, a head
that comes a byte a minute is waited for without end, and so is a client that does not take its answer.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import httptools
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hazardlens.serve.crowding import Guard
from hazardlens.serve.refusing import CROWDED, HEALTH_PATHS, RETRY_AFTER_S

_SURELY_SLOW_S: Final = 1.0
_MOST_AHEAD: Final = 64
_HEAD_TIMEOUT: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)
_NO_PLACE: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: %d\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    % RETRY_AFTER_S
)


class Connection(HttpToolsProtocol):
    """One connection under a guard; a class for each guard is made by `guarded`."""

    guard: Guard

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        """A client is taken in; `connection_made` follows in the next turn of the event loop."""
        super().__init__(*args, **kwargs)
        self.guard.starts.connected()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client has connected, and is expected to say something."""
        super().connection_made(transport)
        self.since_s = self._unsent_since_s = self.guard.clock()
        self._awaited, self._heard, self._in_head, self._too_large = True, False, False, False
        self._in_message = self._has_moved_on = self._is_deaf = False
        self._head_bytes = self._trailer_bytes = self._unsent_bytes = 0
        self._at_work: RequestResponseCycle | None = None
        self._placed = self.guard.admit(self, self.client[0] if self.client else "")
        self.guard.watch()
        if self._placed is None:
            self._end(_NO_PLACE)
        elif not self._placed:
            self.app = _crowded(self.app)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; so is who waits for the request at work, of which uvicorn tells only the newest of several."""
        self.guard.forget(self)
        if self._at_work is not None and not self._at_work.response_complete:
            self._at_work.disconnected = True
            self._at_work.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to no body, and see when a head begins."""
        if self._is_deaf:
            return
        self._heard = True
        if self._is_free and not self._awaited:
            self._awaited, self.since_s = True, self.guard.clock()
        self._has_moved_on = False
        self._unset_keepalive_if_required()
        self._parse(data)
        if self._in_message and not self._has_moved_on:  # all of it is one head, or what stands around a body's chunks
            self._head_bytes += len(data)
            if self._head_bytes > self.guard.bounds.head_bytes:
                self._refuse_head()

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        if len(self.pipeline) >= _MOST_AHEAD:  # each takes memory and a moment of the loop before any is answered
            raise _TooFarAheadError
        self._in_message = self._in_head = True
        self._trailer_bytes = 0
        self._move_on()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is whole; behind a body it is a trailer, which nobody reads, so that it is not kept."""
        if self._in_head:
            super().on_header(name, value)
            return
        self._trailer_bytes += len(name) + len(value) + 4
        self._require(self._trailer_bytes)

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._require(len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers))
        if self._wants_upgrade:
            return  # it is read again without that wish
        http_1_0 = self.parser.get_http_version() == "1.0"
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or not (hosts or http_1_0):
            raise _HostError
        if http_1_0:
            self.expect_100_continue = False
        self._in_head = self._awaited = False
        self._move_on()
        super().on_headers_complete()
        if not self._placed or self.parser.should_upgrade():  # behind CONNECT comes no HTTP
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._move_on()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._wants_upgrade:
            return
        self._in_message = False
        self._move_on()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; where the parser was stopped for our sake, say why."""
        if self._too_large:
            self._refuse_head()
        elif not self._hear_no_more():
            super().send_400_response(msg)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._at_work = cycle
        start = partial(self._start, cycle, app)
        if cycle.scope["path"] in HEALTH_PATHS:
            start()
        else:
            self.guard.starts.add(start)

    def _start(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if not cycle.disconnected:
            super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """A request is answered."""
        self.since_s = self.guard.clock()
        super().on_response_complete()

    def resume_writing(self) -> None:
        """The client takes its answer."""
        self._unsent_since_s = self.guard.clock()
        super().resume_writing()

    def is_idle(self, now_s: float) -> bool:
        """Whether it can go without loss: between two requests, or with a head that does not come."""
        rests = self._is_free and not self.transport.get_write_buffer_size()
        return rests and (not self._awaited or now_s - self.since_s >= _SURELY_SLOW_S)

    def drop(self) -> None:
        """Close it: nothing is under way here, and its place is needed or its time is over."""
        if self.transport.get_write_buffer_size():  # closing would wait until the client has taken it
            self.transport.abort()
        else:
            self._end(_HEAD_TIMEOUT if self._awaited and self._heard else b"")

    def look(self, now_s: float) -> None:
        """Close it, if it is out of bounds."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes == 0 or unsent_bytes < self._unsent_bytes:
            self._unsent_since_s = now_s
        self._unsent_bytes = unsent_bytes
        if now_s - self._unsent_since_s >= self.guard.bounds.send_timeout_s:
            self.transport.abort()
        elif self._is_free and self._awaited and now_s - self.since_s >= self.guard.bounds.head_timeout_s:
            self.drop()

    def _parse(self, data: bytes) -> None:
        """Feed the parser.

        It takes whatever follows a head with `Upgrade` for another protocol. There is none here, and who does not know
        one goes on with HTTP (RFC 9110, 7.8): such a head is read again without that header, and what follows with it.
        Java's HTTP client sends it with its first request, curl with `--http2`.
        """
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserError:
                self.send_400_response("Invalid HTTP request received.")
            except httptools.HttpParserUpgrade as upgrade:
                if self._wants_upgrade:
                    data = self._head_without_upgrade() + data[upgrade.args[0] :]
                    self.parser = httptools.HttpRequestParser(self)
                    continue
                self._is_deaf = True
            return

    @property
    def _wants_upgrade(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _head_without_upgrade(self) -> bytes:
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        kept = (b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        return line + b"".join(kept) + b"\r\n"

    @property
    def _is_free(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # None at first

    def _move_on(self) -> None:
        self._has_moved_on, self._head_bytes = True, 0

    def _require(self, size_bytes: int) -> None:
        if size_bytes > self.guard.bounds.head_bytes:
            self._too_large = True
            raise _HeadTooLargeError

    def _hear_no_more(self) -> bool:
        """Where a whole request waits for its answer, let that be the last one: no other is given in its place."""
        if self._is_free or self.cycle.more_body:
            return False
        self._is_deaf, self.cycle.keep_alive = True, False
        return True

    def _refuse_head(self) -> None:
        if self._hear_no_more():
            return
        # Nothing into the middle of an answer, and no second one to a request that has its own.
        may_answer = self._in_head if self._is_free else not self.cycle.response_started
        self._end(_HEAD_TOO_LARGE if may_answer else b"")

    def _end(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


class _HeadTooLargeError(Exception):
    """Stops the parser."""


class _TooFarAheadError(Exception):
    """Stops it too: as many requests of this connection wait as may; they are answered, and it ends."""


class _HostError(Exception):
    """Stops it too: there is no Host, or more than one, so that a proxy may go by another one than we do."""


def guarded(guard: Guard) -> type[Connection]:
    """The class of connections that uvicorn makes, under this guard."""
    return type("GuardedConnection", (Connection,), {"guard": guard})


def _crowded(app: Callable[..., Any]) -> ASGIApp:
    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CROWDED: True}, receive, send)

    return marked
