"""Connections: how many there may be, how long a request's head may take, and what becomes of those who do not read.

uvicorn bounds none of this: `limit_concurrency` refuses health checks too and does not say when to come back, a head
that comes a byte a minute is waited for without end, and so is a client that does not take its answer.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hazardlens.serve.access.clients import is_trusted, sender_of
from hazardlens.serve.refusing import CROWDED
from hazardlens.serve.settings import Settings

SPARE: Final = 64
"""Connections beyond the limit, half of them for any one address, so that health checks and refusals get through."""

_TICK_S: Final = 0.5
_SURELY_SLOW_S: Final = 1.0
_HEAD_TIMEOUT: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)
_NO_PLACE: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What connections may do.

    Attributes:
        connections: that may be open.
        head_bytes: of a request's line and headers.
        head_timeout_s: from a connection's or a request's begin to the end of its head.
        send_timeout_s: for which a client may take nothing of its answer.
    """

    connections: int
    head_bytes: int
    head_timeout_s: float
    send_timeout_s: float

    @classmethod
    def from_settings(cls, settings: Settings) -> "Bounds":
        """As the operator says."""
        return cls(settings.max_connections, settings.max_head_bytes, settings.head_timeout_s, settings.send_timeout_s)


class Guard:
    """Keeps all connections of a server within their bounds. Only the event loop's thread touches it.

    An address may have no more connections than are free, so that one has half of them at most, two a third each; the
    trusted proxies speak for many and are not counted so. Where there is no place, a connection that does nothing goes:
    one between two requests, or one whose head is surely slow.
    """

    def __init__(
        self,
        bounds: Bounds,
        *,
        is_proxy: Callable[[str], bool],
        refused: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Know no connection.

        Args:
            bounds: for all of them.
            is_proxy: whether an address is that of a trusted proxy.
            refused: told of each connection that finds no place.
            clock: seconds.
        """
        self.bounds = bounds
        self.clock = clock
        self._is_proxy = is_proxy
        self._refused = refused
        self._placed: dict[Connection, str] = {}
        self._crowded: dict[Connection, str] = {}
        self._count_of = Counter[str]()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def open(self) -> int:
        """Connections that are open."""
        return len(self._placed) + len(self._crowded)

    def admit(self, connection: "Connection", address: str) -> bool | None:
        """Take a new connection in.

        Returns:
            Whether it has a place; None where it cannot even be refused in full.
        """
        sender = sender_of(address)
        if self._has_place(sender, address) or self._make_room(sender):
            self._placed[connection] = sender
            self._count_of[sender] += 1
            return True
        self._refused()
        if len(self._crowded) >= SPARE or sum(other == sender for other in self._crowded.values()) >= SPARE // 2:
            return None
        self._crowded[connection] = sender
        return False

    def forget(self, connection: "Connection") -> None:
        """A connection is gone."""
        self._crowded.pop(connection, None)
        sender = self._placed.pop(connection, None)
        if sender is not None:
            self._count_of[sender] -= 1
            if not self._count_of[sender]:
                del self._count_of[sender]

    def watch(self) -> None:
        """Look after the connections from now on, as long as there are any."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK_S, self._tick)

    def look(self, now_s: float) -> None:
        """Close what is out of bounds."""
        for connection in [*self._placed, *self._crowded]:
            connection.look(now_s)

    def _tick(self) -> None:
        self._timer = None
        self.look(self.clock())
        if self.open:
            self.watch()

    def _has_place(self, sender: str, address: str) -> bool:
        free = self.bounds.connections - len(self._placed)
        return free > 0 and (self._is_proxy(address) or self._count_of[sender] < free)

    def _make_room(self, sender: str) -> bool:
        """Close a connection that does nothing: of this sender, where it has most of them, else the oldest."""
        now_s = self.clock()
        full = len(self._placed) >= self.bounds.connections
        idle = (one for one, name in self._placed.items() if (full or name == sender) and one.is_idle(now_s))
        longest = min(idle, key=lambda one: one.since_s, default=None)
        if longest is None:
            return False
        longest.drop()
        self.forget(longest)
        return True


class Connection(HttpToolsProtocol):
    """One connection under a guard; a class for each guard is made by `guarded`."""

    guard: Guard

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client has connected, and is expected to say something."""
        super().connection_made(transport)
        self.since_s = self._unsent_since_s = self.guard.clock()
        self._awaited, self._heard, self._in_head, self._too_large = True, False, False, False
        self._head_bytes = self._unsent_bytes = 0
        self._placed = self.guard.admit(self, self.client[0] if self.client else "")
        self.guard.watch()
        if self._placed is None:
            self._end(_NO_PLACE)
        elif not self._placed:
            self.app = _crowded(self.app)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.guard.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head, and see when one begins."""
        self._heard = True
        if self._is_free and not self._awaited:
            self._awaited, self.since_s = True, self.guard.clock()
        was_in_head = self._in_head
        super().data_received(data)
        if was_in_head and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.guard.bounds.head_bytes:
                self._end(_HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._in_head = self._awaited = False
        size_bytes = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size_bytes > self.guard.bounds.head_bytes:
            self._too_large = True
            raise _HeadTooLargeError
        super().on_headers_complete()
        if not self._placed:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; where the parser was stopped for our sake, say why."""
        if self._too_large:
            self._end(_HEAD_TOO_LARGE)
        else:
            super().send_400_response(msg)

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
        return self._is_free and (not self._awaited or now_s - self.since_s >= _SURELY_SLOW_S)

    def drop(self) -> None:
        """Close it: nothing is under way here, and its place is needed or its time is over."""
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

    @property
    def _is_free(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # None at first

    def _end(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


class _HeadTooLargeError(Exception):
    """Stops the parser."""


def guarded(guard: Guard) -> type[Connection]:
    """The class of connections that uvicorn makes, under this guard."""
    return type("GuardedConnection", (Connection,), {"guard": guard})


def make_guard(settings: Settings, refused: Callable[[], None]) -> Guard:
    """A guard as the settings say."""
    return Guard(
        Bounds.from_settings(settings), is_proxy=lambda address: is_trusted(address, settings), refused=refused
    )


def _crowded(app: Callable[..., Any]) -> ASGIApp:
    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CROWDED: True}, receive, send)

    return marked
