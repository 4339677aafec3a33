"""How many connections there may be, who has to go where there are too many, and how fast requests are begun.

What one connection does is in `connections`.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from hazardlens.serve.access.clients import is_trusted, sender_of
from hazardlens.serve.settings import Settings

SPARE: Final = 64
"""Connections beyond the limit, half of them for any one address, so that health checks and refusals get through."""

_TICK_S: Final = 0.5
_STARTS_AT_ONCE: Final = 4
_MOST_LET_BEFORE: Final = 256


class Guarded(Protocol):
    """A connection, as its guard sees it.

    Attributes:
        since_s: when it began to wait for a head, or to rest.
    """

    since_s: float

    def is_idle(self, now_s: float) -> bool:
        """Whether it can go without loss."""

    def drop(self) -> None:
        """Close it."""

    def look(self, now_s: float) -> None:
        """Close it, if it is out of bounds."""


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
    one between two requests, or one whose head is surely slow, of who has more than the one who comes.
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
        self.starts = Starts()
        self._is_proxy = is_proxy
        self._refused = refused
        self._placed: dict[Guarded, str] = {}
        self._crowded: dict[Guarded, str] = {}
        self._leaving: set[Guarded] = set()  # their places are others' already
        self._count_of = Counter[str]()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def open(self) -> int:
        """Connections that are open."""
        return len(self._placed) + len(self._crowded) + len(self._leaving)

    def admit(self, connection: Guarded, address: str) -> bool | None:
        """Take a new connection in.

        Returns:
            Whether it has a place; None where it cannot even be refused in full.
        """
        sender = sender_of(address)
        is_proxy = self._is_proxy(address)
        if self._has_place(sender, is_proxy=is_proxy) or self._make_room(sender, is_proxy=is_proxy):
            self._placed[connection] = sender
            self._count_of[sender] += 1
            return True
        self._refused()
        if len(self._crowded) >= SPARE or sum(other == sender for other in self._crowded.values()) >= SPARE // 2:
            return None
        self._crowded[connection] = sender
        return False

    def forget(self, connection: Guarded) -> None:
        """A connection is gone."""
        self._leaving.discard(connection)
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
        for connection in [*self._placed, *self._crowded, *self._leaving]:
            connection.look(now_s)

    def _tick(self) -> None:
        self._timer = None
        self.look(self.clock())
        if self.open:
            self.watch()

    def _has_place(self, sender: str, *, is_proxy: bool) -> bool:
        free = self.bounds.connections - len(self._placed)
        return free > 0 and (is_proxy or self._count_of[sender] < free)

    def _make_room(self, sender: str, *, is_proxy: bool) -> bool:
        """Close what has done nothing for longest: of this sender's and, where all is full, of theirs who have more."""
        now_s = self.clock()
        full = len(self._placed) >= self.bounds.connections
        own = self._count_of[sender]
        idle = (
            one
            for one, name in self._placed.items()
            if (name == sender or (full and (is_proxy or self._count_of[name] > own))) and one.is_idle(now_s)
        )
        longest = min(idle, key=lambda one: one.since_s, default=None)
        if longest is None:
            return False
        longest.drop()
        self.forget(longest)
        self._leaving.add(longest)
        return True


class Starts:
    """Starts a few requests in each round of the event loop: what comes in one moment must not keep it for long.

    Between two rounds the loop looks at its sockets, so a health check, which is started at once, waits for one round.
    It takes in one new connection each time, and a health check may be behind many: while any come, nothing is started.
    """

    def __init__(self, *, at_once: int = _STARTS_AT_ONCE, most_let_before: int = _MOST_LET_BEFORE) -> None:
        """Nothing waits yet.

        Args:
            at_once: requests that a round starts.
            most_let_before: connections that are let in before what waits, until nothing waits any more: they may come
                without end.
        """
        self._at_once = at_once
        self._most_let_before = most_let_before
        self._waiting = deque[Callable[[], None]]()
        self._under_way = False
        self._has_come = False
        self._let_before = 0

    def add(self, start: Callable[[], None]) -> None:
        """Start something soon."""
        self._waiting.append(start)
        if not self._under_way:
            self._next_round()

    def connected(self) -> None:
        """A connection has come in, and others may be behind it."""
        self._has_come = True

    def _round(self) -> None:
        self._under_way = False
        has_come, self._has_come = self._has_come, False
        if has_come and self._let_before < self._most_let_before:
            self._let_before += 1
            self._next_round()
            return
        some = [self._waiting.popleft() for _ in range(min(self._at_once, len(self._waiting)))]
        if self._waiting:
            self._next_round()
        else:
            self._let_before = 0
        for start in some:
            start()

    def _next_round(self) -> None:
        self._under_way = True
        asyncio.get_running_loop().call_soon(self._round)


def make_guard(settings: Settings, refused: Callable[[], None]) -> Guard:
    """A guard as the settings say."""
    return Guard(
        Bounds.from_settings(settings), is_proxy=lambda address: is_trusted(address, settings), refused=refused
    )
