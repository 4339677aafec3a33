"""Receives request bodies, with bounds on each one's time and on the memory of them all.

How many bytes any body may have is checked before this, by `body_limit`; some routes allow far fewer.
"""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager

from starlette.requests import Request

from hazardlens.serve.errors import BodyTimeoutError, BodyTooLargeError, OverloadedError

RETRY_AFTER_S = 5


class Hold:
    """The bytes that one request holds."""

    def __init__(self, memory: "BodyMemory") -> None:
        self._memory = memory
        self.size_bytes = 0

    def add(self, count_bytes: int) -> None:
        """Hold more.

        Raises:
            OverloadedError: all requests together would hold more than they may.
        """
        self._memory.take(count_bytes)
        self.size_bytes += count_bytes


class BodyMemory:
    """Counts the bytes of all bodies in memory. Only the event loop's thread touches it."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.held_bytes = 0

    def take(self, count_bytes: int) -> None:
        """Count more bytes as held.

        Raises:
            OverloadedError: that would be more than the limit.
        """
        if self.held_bytes + count_bytes > self._limit_bytes:
            raise OverloadedError("too many uploads are under way; try again later", retry_after_s=RETRY_AFTER_S)
        self.held_bytes += count_bytes

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        """A hold that is given back at the end, however that comes."""
        held = Hold(self)
        try:
            yield held
        finally:
            self.held_bytes -= held.size_bytes


async def receive_body(request: Request, *, hold: Hold, idle_timeout_s: float, max_bytes: int | None = None) -> bytes:
    """The whole body.

    Args:
        request: whose body.
        hold: what it is counted with.
        idle_timeout_s: longest pause.
        max_bytes: of this body, where the route allows fewer than the app; what comes beyond is not even held.

    Raises:
        BodyTooLargeError: more than `max_bytes`.
        BodyTimeoutError: nothing came for `idle_timeout_s`.
        OverloadedError: the memory for bodies is used up.
        starlette.requests.ClientDisconnect: the client hung up.
        starlette.exceptions.HTTPException: status 413, the body passed its limit while it came in chunks.
    """
    chunks: list[bytes] = []
    async with aclosing(request.stream()) as stream:
        while True:
            try:
                async with asyncio.timeout(idle_timeout_s):
                    chunk = await anext(stream)
            except StopAsyncIteration:
                return b"".join(chunks)
            except TimeoutError as error:
                raise BodyTimeoutError(f"no byte came for {idle_timeout_s:g} s") from error
            if max_bytes is not None and hold.size_bytes + len(chunk) > max_bytes:
                raise BodyTooLargeError(f"more than {max_bytes} bytes")
            hold.add(len(chunk))
            chunks.append(chunk)
