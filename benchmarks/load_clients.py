"""Clients that send photos to a server as fast as it answers, in a process of their own, to share no lock with anyone.

    python load_clients.py '{"port": 8000, "path": "/v1/classify", "form": "raw", ...}'

Prints one JSON object. Requests are encoded before the clock starts and sent over connections that stay open, so that
what the clients cost is little more than copying the bytes.
"""

import json
import socket
import sys
import threading
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
_BOUNDARY: Final = b"hazardlens-benchmark-boundary"
_TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """What to send.

    Attributes:
        port: of a server on this machine.
        path: of the URL.
        form: "raw" (the photo is the body) or "multipart" (the form that browsers send).
        photos: files to send in turn.
        clients: connections that each send one photo at a time.
        warm_up_s: sent but not counted.
        window_s: answers that arrive within it are counted. Clients go on sending until its end.
        requests: stop after this many answers instead of after the window.
    """

    port: int
    path: str
    form: str
    photos: tuple[str, ...]
    clients: int
    warm_up_s: float = 0.5
    window_s: float = 3.0
    requests: int | None = None


@dataclass(slots=True)
class Outcome:
    """What came back within the window.

    Attributes:
        answered: count of answers by HTTP status.
        latencies_ms: of answers with status 200.
        window_s: length of the window.
        example: one answer of another status, to see what went wrong.
    """

    window_s: float
    answered: dict[str, int] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    example: str = ""


def encode_request(load: Load, photo: Path) -> bytes:
    """A whole HTTP/1.1 request."""
    data = photo.read_bytes()
    kind = "image/jpeg" if photo.suffix in {".jpg", ".jpeg"} else f"image/{photo.suffix[1:]}"
    if load.form == "multipart":
        part = f'Content-Disposition: form-data; name="file"; filename="{photo.name}"\r\nContent-Type: {kind}\r\n\r\n'
        data = b"--%b\r\n%b%b\r\n--%b--\r\n" % (_BOUNDARY, part.encode(), data, _BOUNDARY)
        kind = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    head = f"POST {load.path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


class Connection:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and read the status and body of its answer."""
        self._socket.sendall(request)
        received = self._receive()
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers["content-length"])
        while len(body) < length:
            body += self._receive()
        return int(lines[0].split()[1]), body

    def _receive(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionError("the server hung up")
        return received


class Clients:
    """Threads that send in turn and write down what came back. They mostly wait for the system: one lock will do."""

    def __init__(self, load: Load) -> None:
        self.outcome = Outcome(load.window_s)
        self._load = load
        self._requests = [encode_request(load, Path(photo)) for photo in load.photos]
        self._lock = threading.Lock()
        self._sent = 0
        self._first_s = self._last_s = 0.0

    def run(self) -> Outcome:
        """Send until the window or the count is over."""
        start = time.perf_counter()
        self._first_s = start + (0.0 if self._load.requests else self._load.warm_up_s)
        self._last_s = float("inf") if self._load.requests else self._first_s + self._load.window_s
        threads = [threading.Thread(target=self._work) for _ in range(self._load.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._load.requests:
            self.outcome.window_s = time.perf_counter() - start
        return self.outcome

    def _next_request(self) -> bytes | None:
        with self._lock:
            over = self._sent >= self._load.requests if self._load.requests else time.perf_counter() >= self._last_s
            if over:
                return None
            self._sent += 1
            return self._requests[self._sent % len(self._requests)]

    def _work(self) -> None:
        try:
            with closing(Connection(self._load.port)) as connection:
                while (request := self._next_request()) is not None:
                    started = time.perf_counter()
                    status, body = connection.exchange(request)
                    self._note(started, time.perf_counter(), status, body)
        except OSError as error:
            with self._lock:
                self._count("failed")
                self.outcome.example = str(error)

    def _count(self, status: str) -> None:
        self.outcome.answered[status] = self.outcome.answered.get(status, 0) + 1

    def _note(self, started: float, ended: float, status: int, body: bytes) -> None:
        if not self._first_s <= ended <= self._last_s:
            return
        with self._lock:
            self._count(str(status))
            if status == 200:
                self.outcome.latencies_ms.append((ended - started) * 1000)
            else:
                self.outcome.example = body[:200].decode("utf-8", "replace")


def main() -> None:
    """Read the load from the command line, send it, print the outcome."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    load = Load(**{**spec, "photos": tuple(spec["photos"])})
    print(json.dumps(asdict(Clients(load).run())))


if __name__ == "__main__":
    main()
