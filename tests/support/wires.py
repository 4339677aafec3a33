"""Connections without sockets, under a guard whose clock stands still."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Final, ParamSpec

from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from hazardlens.serve.connections import Connection, guarded
from hazardlens.serve.crowding import Bounds, Guard
from hazardlens.serve.refusing import CROWDED

GET: Final = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
P = ParamSpec("P")
BOUNDS: Final = Bounds(connections=8, head_bytes=500, head_timeout_s=10, send_timeout_s=30)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.now_s


class Wire(asyncio.Transport):
    """What a socket would be."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 1), "sockname": ("127.0.0.1", 80)})
        self.written = b""
        self.closed = self.aborted = False
        self.unsent_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what goes out."""
        self.written += bytes(data)

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def abort(self) -> None:
        """Note it."""
        self.aborted = True

    def is_closing(self) -> bool:
        """Whether either was called."""
        return self.closed or self.aborted

    def get_write_buffer_size(self) -> int:
        """As the test says."""
        return self.unsent_bytes

    def pause_reading(self) -> None:
        """There is nothing to pause."""

    def resume_reading(self) -> None:
        """Nor to resume."""


async def echo_place(scope: Scope, receive: Receive, send: Send) -> None:
    """Says whether the connection has a place; /wait never answers."""
    if scope["path"] == "/wait":
        await asyncio.Event().wait()
    body = b"crowded" if scope.get(CROWDED) else b"placed"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


class WiredServer:
    """Makes connections as uvicorn does, and lets time pass."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self.clock = Clock()
        self.refused = 0
        self.guard = Guard(
            bounds, is_proxy=lambda address: address == "10.0.0.9", refused=self._refuse, clock=self.clock
        )
        self._class = guarded(self.guard)
        self._config = Config(echo_place, http=self._class, log_config=None, access_log=False, lifespan="off")
        self._config.load()
        self._state = ServerState()

    def _refuse(self) -> None:
        self.refused += 1

    @property
    def tasks(self) -> int:
        """Requests that were begun and are not answered."""
        return len(self._state.tasks)

    def connect(self, address: str = "10.0.0.1") -> tuple[Connection, Wire]:
        """A client connects."""
        connection, wire = self._class(self._config, self._state, {}), Wire(address)
        connection.connection_made(wire)
        return connection, wire

    def after(self, seconds: float) -> None:
        """Let so much time pass, and the guard look."""
        self.clock.now_s += seconds
        self.guard.look(self.clock.now_s)


async def answered() -> None:
    """Let what was asked be answered."""
    for _ in range(5):
        await asyncio.sleep(0)


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a coroutine."""

    async def whole(*args: P.args, **kwargs: P.kwargs) -> None:
        await test(*args, **kwargs)
        for _ in range(50):  # until all that waits has begun, so that it ends with the loop
            await asyncio.sleep(0)

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(whole(*args, **kwargs))

    return run
