"""Receives request bodies, with bounds on each one's time and on the memory of them all.

How many bytes any body may have is checked before this, by `body_limit`; some routes allow far fewer.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Final, Self

from starlette.requests import Request

from hazardlens.serve.errors import BodyTimeoutError, BodyTooLargeError, ContentTypeError, OverloadedError
from hazardlens.serve.refusing import RETRY_AFTER_S
from hazardlens.serve.settings import Settings

_LARGE_BYTES: Final = 4 * 1024 * 1024


class Hold:
    """The bytes that one request holds."""

    def __init__(self, memory: "BodyMemory", sender: str) -> None:
        self._memory = memory
        self.sender = sender
        self.size_bytes = 0

    def add(self, count_bytes: int) -> None:
        """Hold more.

        Raises:
            OverloadedError: all requests together, or those of this sender, would hold more than they may.
        """
        self._memory.take(self, count_bytes)
        self.size_bytes += count_bytes


class BodyMemory:
    """Counts the bytes of all bodies in memory. Only the event loop's thread touches it.

    A sender's bodies together may take no more than is free after them: one sender gets half, two get a third each, and
    there is always room for one who comes later. A sender's only body is not held back by this.
    """

    def __init__(self, limit_bytes: int, *, refused: Callable[[], None] = lambda: None) -> None:
        """Hold nothing yet.

        Args:
            limit_bytes: of all bodies.
            refused: told of each body that has no room.
        """
        self._limit_bytes = limit_bytes
        self._refused = refused
        self._bytes_of = Counter[str]()
        self._holds_of = Counter[str]()
        self.held_bytes = 0

    def take(self, hold: Hold, count_bytes: int) -> None:
        """Count more bytes as held.

        Raises:
            OverloadedError: that would be more than the limit, or the sender's share.
        """
        free_bytes = self._limit_bytes - self.held_bytes - count_bytes
        shares = self._holds_of[hold.sender] > 1
        if free_bytes < 0 or (shares and self._bytes_of[hold.sender] + count_bytes > free_bytes):
            self._refused()
            raise OverloadedError("too many uploads are under way; try again later", retry_after_s=RETRY_AFTER_S)
        self.held_bytes += count_bytes
        self._bytes_of[hold.sender] += count_bytes

    @contextmanager
    def hold(self, sender: str) -> Iterator[Hold]:
        """A hold of `sender` that is given back at the end, however that comes."""
        held = Hold(self, sender)
        self._holds_of[sender] += 1
        try:
            yield held
        finally:
            self.held_bytes -= held.size_bytes
            self._bytes_of[sender] -= held.size_bytes
            self._holds_of[sender] -= 1
            if not self._holds_of[sender]:
                del self._holds_of[sender], self._bytes_of[sender]


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come.

    Attributes:
        idle_timeout_s: longest pause, and a head start for the rate.
        min_bytes_per_s: least rate from the body's beginning on, once the head start is over.
        timeout_s: for the whole body.
    """

    idle_timeout_s: float
    min_bytes_per_s: int
    timeout_s: float

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """As the operator says."""
        return cls(settings.body_idle_timeout_s, settings.body_min_bytes_per_s, settings.body_timeout_s)

    def patience_s(self, elapsed_s: float, received_bytes: int) -> float:
        """For how long to wait for the next byte; nothing is left at 0 and below."""
        by_rate_s = self.idle_timeout_s + received_bytes / self.min_bytes_per_s
        return min(self.idle_timeout_s, by_rate_s - elapsed_s, self.timeout_s - elapsed_s)


async def receive_body(
    request: Request,
    *,
    hold: Hold,
    pace: Pace,
    max_bytes: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """The whole body.

    Args:
        request: whose body.
        hold: what it is counted with.
        pace: how slowly it may come.
        max_bytes: of this body, where the route allows fewer than the app; what comes beyond is not even held.
        clock: seconds.

    Raises:
        ContentTypeError: it is compressed. A megabyte may hold a gigabyte then, and photos are compressed already.
        BodyTooLargeError: more than `max_bytes`.
        BodyTimeoutError: it came too slowly.
        OverloadedError: the memory for bodies, or the sender's share of it, is used up.
        starlette.requests.ClientDisconnect: the client hung up.
        starlette.exceptions.HTTPException: status 413, the body passed its limit while it came in chunks.
    """
    content_coding = request.headers.get("content-encoding", "").strip().lower()
    transfer_coding = request.headers.get("transfer-encoding", "").strip().lower()
    if content_coding not in {"", "identity"} or transfer_coding not in {"", "chunked"}:
        raise ContentTypeError("send the body as it is, not compressed by Content-Encoding or Transfer-Encoding")
    chunks: list[bytes] = []
    began_s = clock()
    async with aclosing(request.stream()) as stream:
        while True:
            patience_s = pace.patience_s(clock() - began_s, hold.size_bytes)
            try:
                if patience_s <= 0:
                    raise TimeoutError  # noqa: TRY301 - a byte that is there already would be taken all the same
                async with asyncio.timeout(patience_s):
                    chunk = await anext(stream)
            except StopAsyncIteration:
                return await _joined(chunks, hold.size_bytes)
            except TimeoutError as error:
                raise BodyTimeoutError(_too_slow(pace, clock() - began_s, hold.size_bytes)) from error
            if max_bytes is not None and hold.size_bytes + len(chunk) > max_bytes:
                raise BodyTooLargeError(f"more than {max_bytes} bytes")
            hold.add(len(chunk))
            chunks.append(chunk)


async def _joined(chunks: list[bytes], size_bytes: int) -> bytes:
    """One piece of them all. While large ones are joined in a thread, Python lets the loop go on."""
    if size_bytes < _LARGE_BYTES:
        return b"".join(chunks)
    return await asyncio.to_thread(b"".join, chunks)


def _too_slow(pace: Pace, elapsed_s: float, received_bytes: int) -> str:
    return (
        f"{received_bytes} bytes came in {elapsed_s:.0f} s: a pause may last {pace.idle_timeout_s:g} s, the whole "
        f"body {pace.timeout_s:g} s, and after {pace.idle_timeout_s:g} s {pace.min_bytes_per_s} bytes a second come"
    )
