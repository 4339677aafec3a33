"""A crowd of clients at one server, in a process of its own: greedy, polite and slow ones, and one that checks health.

    python crowd.py '{"port": 8000, "warm_up_s": 1, "window_s": 5, "groups": [{"name": "all", "clients": 200, ...}]}'

Prints one JSON object. Each client is a connection that sends one request at a time, opened again when the server has
closed it. Answers that arrive within the window count; clients go on until its end.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import uvloop

HOST: Final = "127.0.0.1"
PATH: Final = "/v1/classify"
HEALTH: Final = ("/healthz", "/readyz")
PULSE_S: Final = 0.1
_TIMEOUT_S: Final = 60.0
_DRIP_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Group:
    """Clients of one kind.

    Attributes:
        name: what the report calls them.
        clients: how many.
        photos: files that they send in turn; for "health" none.
        kind: "steady" sends whole photos; "head" and "body" send the head or the body of a request at a byte a second;
            "health" asks for the health checks in turn, each on a connection of its own.
        key: API key; empty: none.
        patient: whether they wait as Retry-After says; else they come again at once.
    """

    name: str
    clients: int
    photos: tuple[str, ...] = ()
    kind: str = "steady"
    key: str = ""
    patient: bool = False


@dataclass(slots=True)
class Outcome:
    """What came back within the window.

    Attributes:
        answered: answers by status; "lost": the connection broke before one; "closed": a slow one that was cut off.
        accepted_ms: times of answers with status 200, from the first byte that was sent to the last that came.
        refused_ms: times of answers with status 429 and 503.
        retry_after_s: what refusals said, and how often; "": one that said nothing.
    """

    answered: dict[str, int] = field(default_factory=dict)
    accepted_ms: list[float] = field(default_factory=list)
    refused_ms: list[float] = field(default_factory=list)
    retry_after_s: dict[str, int] = field(default_factory=dict)


class Line:
    """A connection that is opened when it is needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def exchange(self, request: bytes) -> tuple[int, dict[str, str]]:
        """Send a request, as far as the server takes it, and read status and headers of its answer to its end.

        Raises:
            OSError, EOFError: the line broke before the answer had come.
        """
        reader, writer = await self.open()
        writer.write(request)
        with suppress(ConnectionError):  # it may have answered and closed before it read all
            await writer.drain()
        return await self.read_answer(reader)

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Both ends."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        return self._reader, self._writer

    async def read_answer(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        """Status and headers of one answer, whose body is read too."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(head[0].split()[1]), headers

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Crowd:
    """All groups at one server."""

    def __init__(self, port: int, groups: list[Group], *, warm_up_s: float, window_s: float) -> None:
        self.outcomes = {group.name: Outcome() for group in groups}
        self._port = port
        self._groups = groups
        self._first_s = time.perf_counter() + warm_up_s
        self._last_s = self._first_s + window_s

    async def run(self) -> dict[str, Outcome]:
        """Send until the window is over; requests that are under way then are broken off."""
        kinds = {"steady": self._steady, "head": self._drip, "body": self._drip, "health": self._health}
        tasks = [
            asyncio.create_task(self._again(kinds[group.kind], group, number))
            for group in self._groups
            for number in range(group.clients)
        ]
        await asyncio.sleep(self._last_s - time.perf_counter())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return self.outcomes

    async def _again(self, act: Callable[[Group, Line, int], Awaitable[None]], group: Group, number: int) -> None:
        """Act again and again; what breaks a line is counted, and the next one is opened."""
        turn = number
        line = Line(self._port)
        while True:
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    await act(group, line, turn)
            except (OSError, EOFError, TimeoutError):
                self._count(group, "lost" if group.kind in {"steady", "health"} else "closed")
                line.close()
                await asyncio.sleep(0.01)
            turn += 1

    async def _steady(self, group: Group, line: Line, turn: int) -> None:
        request = _request(group, turn)
        began_s = time.perf_counter()
        status, headers = await line.exchange(request)
        self._note(group, status, headers, began_s)
        if status in {429, 503} and group.patient:
            await asyncio.sleep(float(headers.get("retry-after", "1")))

    async def _health(self, group: Group, line: Line, turn: int) -> None:
        request = f"GET {HEALTH[turn % len(HEALTH)]} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        began_s = time.perf_counter()
        status, headers = await line.exchange(request)
        self._note(group, status, headers, began_s)
        await asyncio.sleep(PULSE_S)

    async def _drip(self, group: Group, line: Line, turn: int) -> None:
        request = _request(group, turn)
        start = 10 if group.kind == "head" else request.index(b"\r\n\r\n") + 14
        reader, writer = await line.open()
        answer = asyncio.create_task(line.read_answer(reader))
        began_s = time.perf_counter()
        try:
            writer.write(request[:start])
            for byte in request[start:]:
                done, _ = await asyncio.wait({answer}, timeout=_DRIP_S)
                if done:
                    break
                writer.write(bytes([byte]))
            status, headers = await answer
            self._note(group, status, headers, began_s)
        finally:
            answer.cancel()
            line.close()

    def _in_window(self) -> bool:
        return self._first_s <= time.perf_counter() <= self._last_s

    def _count(self, group: Group, what: str) -> None:
        if self._in_window():
            _add_one(self.outcomes[group.name].answered, what)

    def _note(self, group: Group, status: int, headers: dict[str, str], began_s: float) -> None:
        if not self._in_window():
            return
        outcome, took_ms = self.outcomes[group.name], (time.perf_counter() - began_s) * 1000
        _add_one(outcome.answered, str(status))
        if status == 200:
            outcome.accepted_ms.append(took_ms)
        elif status in {429, 503}:
            outcome.refused_ms.append(took_ms)
            _add_one(outcome.retry_after_s, headers.get("retry-after", ""))


def _add_one(counts: dict[str, int], what: str) -> None:
    counts[what] = counts.get(what, 0) + 1


_requests: dict[tuple[str, str], bytes] = {}


def _request(group: Group, turn: int) -> bytes:
    """A whole request with the photo whose turn it is; made once."""
    photo = group.photos[turn % len(group.photos)]
    if (group.key, photo) not in _requests:
        data = Path(photo).read_bytes()
        key = f"Authorization: Bearer {group.key}\r\n" if group.key else ""
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\n{key}Content-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n"
        )
        _requests[group.key, photo] = f"{head}\r\n".encode() + data
    return _requests[group.key, photo]


def main() -> None:
    """Read the crowd from the command line, let it send, print the outcome."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    groups = [Group(**{**group, "photos": tuple(group.get("photos", ()))}) for group in spec.pop("groups")]

    async def run() -> dict[str, Outcome]:
        return await Crowd(spec["port"], groups, warm_up_s=spec["warm_up_s"], window_s=spec["window_s"]).run()

    outcomes = uvloop.run(run())
    print(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}))


if __name__ == "__main__":
    main()
