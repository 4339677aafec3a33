"""Somebody who is told of decisions: a small HTTP server on this machine that keeps what it gets."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.serving import PATIENCE_S


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Message
    body: bytes


@dataclass
class Answer:
    """What to say.

    Attributes:
        raw: bytes to write instead of an answer, one after the other, until the peer or the test hangs up.
    """

    status: int = 204
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None


class Receiver(ThreadingHTTPServer):
    """Answers each request by `answer`.

    Attributes:
        received: all requests so far.
        closing: set when the test is over.
    """

    daemon_threads = True

    def __init__(self, answer: Callable[[Received], Answer], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.received: list[Received] = []
        self.closing = threading.Event()
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._scheme}://127.0.0.1:{self.port}/hazards"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Say nothing: tests hang up in the middle."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(self.path, self.headers, body)
        self.server.received.append(received)
        answer = self.server.answer(received)
        if answer.raw is not None:
            self._drip(answer.raw)
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _drip(self, raw: bytes) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(raw)
            while not self.server.closing.wait(0.005):
                self.wfile.write(b"x")
        self.close_connection = True

    def log_message(self, *args: Any) -> None:  # noqa: ANN401 - http.server's signature
        """Say nothing."""


@contextlib.contextmanager
def receiver(
    answer: Callable[[Received], Answer] = lambda _: Answer(), *, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Serve until the block ends."""
    with Receiver(answer, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join(PATIENCE_S)
