"""What each bomb costs a running service: time, and memory above what it has when it is idle.

    python benchmarks/bombs.py [--only HEIC]

Starts a server with the bundle that ships, sends bombs one by one (`bomb_photos`, `bomb_containers`, `bomb_bodies`) and
looks at its process: the clock, the processor's time, and the highest resident size. Prints a table in Markdown. Exit
code 1: one had no answer of the kind 2xx or 4xx, or took more than 100 ms of the processor or 100 MB, beside what
receiving so many bytes takes, and what any photo takes that is answered.
"""

import argparse
import contextlib
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bomb_bodies import BODY_BOMBS, Body, photo
from bomb_photos import BOMBS
from hazardlens.model.bundle import SHIPPED_BUNDLE
from servers import HOST, Server, hazardlens_server, memory_mib

MOST_MS: Final = 100.0
MOST_MIB: Final = 95.4
"""100 MB."""
_RECEIVING_MS: Final = 3.0
_RECEIVING_COPIES: Final = 3
"""What each MiB of any body takes: time of the processor, and its bytes in pieces, as a whole and on the way."""
_PATIENCE_S: Final = 300.0
_HARMLESS: Final = "PNG circular EXIF"
_PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one bomb did.

    Attributes:
        name: of the bomb.
        sent_bytes: of the body.
        status: of the answer; 0: none came.
        code: of the problem; empty where it was answered as a photo.
        clock_ms: from the first byte sent to the whole answer.
        cpu_ms: of all threads of the server.
        peak_mib: the highest resident size above the idle one.
    """

    name: str
    sent_bytes: int
    status: int
    code: str
    clock_ms: float
    cpu_ms: float
    peak_mib: float

    def beyond(self, photo_ms: float) -> bool:
        """Whether it has no proper answer, or costs more than it may beside what any body and any photo cost.

        Args:
            photo_ms: what a small good photo takes of the processor.
        """
        size_mib = self.sent_bytes / (1 << 20)
        own_ms = self.cpu_ms - _RECEIVING_MS * size_mib - (photo_ms if self.status == 200 else 0.0)
        own_mib = self.peak_mib - _RECEIVING_COPIES * size_mib
        return not (200 <= self.status < 500) or own_ms > MOST_MS or own_mib > MOST_MIB


def detonate(server: Server, name: str, body: Body, idle_mib: float) -> Cost:
    """Send one bomb and look at what it does."""
    Path(f"/proc/{server.pid}/clear_refs").write_text("5", encoding="ascii")  # the highest size starts from here
    cpu_before_ms, started = _cpu_ms(server.pid), time.perf_counter()
    status, answer = _post(server, body)
    clock_ms = 1000 * (time.perf_counter() - started)
    peak_mib = (memory_mib(server.pid, "VmHWM") or 0.0) - idle_mib
    code = _code(answer)
    cpu_ms = _cpu_ms(server.pid) - cpu_before_ms
    return Cost(name, len(body.content), status, code, clock_ms, cpu_ms, max(0.0, peak_mib))


def _post(server: Server, body: Body) -> tuple[int, bytes]:
    """Send a request over a connection of its own; a server may answer before it has read all."""
    head = f"POST {server.path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {body.content_type}\r\nConnection: close\r\n"
    head += f"Content-Length: {len(body.content)}\r\n"
    head += f"Content-Encoding: {body.coding}\r\n\r\n" if body.coding else "\r\n"
    with socket.create_connection((HOST, server.port), timeout=_PATIENCE_S) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(head.encode())
            for start in range(0, len(body.content), _PIECE_BYTES):
                connection.sendall(body.content[start : start + _PIECE_BYTES])
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                received += piece
    lines, _, answer = received.partition(b"\r\n\r\n")
    return (int(lines.split()[1]) if lines else 0), answer


def _code(answer: bytes) -> str:
    try:
        return str(json.loads(answer).get("code", ""))
    except ValueError:
        return "no JSON"


def _cpu_ms(pid: int) -> float:
    """Of all threads so far."""
    total = 0
    for path in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has just ended
            total += int((path / "schedstat").read_text(encoding="ascii").split()[0])
    return total / 1e6


def bombs(only: str) -> Iterator[tuple[str, Callable[[], Body]]]:
    """All whose name has this in it."""
    for name in BOMBS:
        if only in name:
            yield name, lambda name=name: photo(name)  # type: ignore[misc]
    yield from ((name, make) for name, make in BODY_BOMBS.items() if only in name)


def table(costs: list[Cost], photo_ms: float) -> str:
    """Markdown."""
    rows = [
        f"| {cost.name} | {cost.sent_bytes:,} | {cost.status} {f'`{cost.code}`' if cost.code else ''} | "
        f"{cost.clock_ms:.0f} | {cost.cpu_ms:.0f} | {cost.peak_mib:.0f} |{' beyond' if cost.beyond(photo_ms) else ''}"
        for cost in costs
    ]
    return "\n".join(
        ["| bomb | bytes | answer | ms | ms of the processor | MiB above idle |", "| --- " * 6 + "|", *rows]
    )


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="bombs whose name has this in it")
    options = parser.parse_args()
    costs: list[Cost] = []
    photo_ms = idle_mib = 0.0
    with tempfile.TemporaryDirectory() as name:
        environ = {"HAZARDLENS_DATA_PATH": f"{name}/var"}
        with hazardlens_server(SHIPPED_BUNDLE, Path(name) / "server.log", environ) as server:
            for _ in range(4):
                photo_ms = detonate(server, _HARMLESS, photo(_HARMLESS), 0.0).cpu_ms
            idle_mib = server.rss_mib() or 0.0
            for bomb, make in bombs(options.only):
                costs.append(detonate(server, bomb, make(), idle_mib))
                print(bomb, file=sys.stderr, flush=True)
    print(table(costs, photo_ms))
    print(f"\nA small good photo takes {photo_ms:.0f} ms of the processor; the idle service has {idle_mib:.0f} MiB.")
    return 1 if any(cost.beyond(photo_ms) for cost in costs) else 0


if __name__ == "__main__":
    sys.exit(main())
