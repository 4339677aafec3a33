"""A small server that speaks as much of S3 as `S3Blobs` needs: objects in memory, no signature checked.

It is a stand-in, not a proof of S3: what it shows is that our side sends the right requests and survives bad answers.
"""

import contextlib
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

_MISSING = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>missing</Message></Error>'
_REST: Final = re.compile(r"bytes=(\d+)-(\d*)")  # as a read goes on that was cut off
_RESET: Final = struct.pack("ii", 1, 0)  # of SO_LINGER: what is closed is reset, and what was not sent is forgotten


class ObjectServer(ThreadingHTTPServer):
    """What it holds and what it was asked.

    Attributes:
        objects: path, with the bucket -> content.
        requests: method and path of each request.
        failing: the status to answer everything with; None to work.
        cutting: methods whose connections are reset: in the middle of what is put or got, or in place of an answer.
        closing: whether each connection ends with its first answer, so that the next one has to look up our name.
        delay_s: seconds before each answer.
        written_at: when all objects are said to have been put.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.failing: int | None = None
        self.cutting: frozenset[str] = frozenset()
        self.closing = False
        self.delay_s = 0.0
        self.written_at = datetime.now(UTC)
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread()

    @property
    def url(self) -> str:
        """For the setting `s3_endpoint_url`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Serve, in a thread of its own."""
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections, and reset those that are open."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):  # it has just ended by itself
                reset(connection)
                connection.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def gone(self) -> Iterator[None]:
        """Its process is gone during the block, and afterwards there again with all that it held."""
        self.stop()
        yield
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self.start()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Know the connection as long as it is open."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Close without a word before, so that what is to be reset is reset."""
        self._open.discard(request)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Say nothing of connections that broke."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def reset(connection: socket.socket) -> None:
    """Let a connection be reset once it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


class _Handler(BaseHTTPRequestHandler):
    server: ObjectServer
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        size_bytes = int(self.headers["Content-Length"])
        content = self.rfile.read(size_bytes // 2 if self._is_cut() else size_bytes)
        if self._is_working():
            self.server.objects[self._path()] = content
            self._answer(200)

    def do_GET(self) -> None:
        if self._is_working():
            asked = parse_qs(urlsplit(self.path).query)
            if "list-type" in asked:
                self._answer(200, self._listing(asked.get("prefix", [""])[0]))
                return
            content = self.server.objects.get(self._path())
            if content is None:
                self._answer(404, _MISSING)
                return
            rest = _REST.fullmatch(self.headers["Range"] or "")
            if rest is None:
                self._answer(200, content)
            else:
                first, last = int(rest[1]), min(int(rest[2] or len(content)), len(content) - 1)
                self._answer(206, content[first : last + 1], f"bytes {first}-{last}/{len(content)}")

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def do_DELETE(self) -> None:
        if self._is_working():
            self.server.objects.pop(self._path(), None)
            self._answer(204)

    def _listing(self, prefix: str) -> bytes:
        bucket = f"{self._path().rstrip('/')}/"
        keys = sorted(path.removeprefix(bucket) for path in self.server.objects if path.startswith(bucket + prefix))
        found = "".join(
            f"<Contents><Key>{key}</Key><LastModified>{self.server.written_at.isoformat()}</LastModified>"
            f"<Size>{len(self.server.objects[bucket + key])}</Size></Contents>"
            for key in keys
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()

    def _path(self) -> str:
        return urlsplit(self.path).path

    def _is_working(self) -> bool:
        self.server.requests.append((self.command, self._path()))
        if self._is_cut() and self.command != "GET":
            self._reset()
            return False
        time.sleep(self.server.delay_s)
        if self.server.failing is not None:
            self._answer(self.server.failing, b"<Error><Code>Broken</Code></Error>")
        return self.server.failing is None

    def _answer(self, status: int, content: bytes = b"", content_range: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", formatdate(0, usegmt=True))
        self.send_header("ETag", '"0"')
        if self.server.closing:
            self.send_header("Connection", "close")
        if content_range is not None:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        if self._is_cut():
            self._reset()
            content = content[: len(content) // 2]
        if self.command != "HEAD":
            self.wfile.write(content)

    def _is_cut(self) -> bool:
        return self.command in self.server.cutting

    def _reset(self) -> None:
        reset(self.connection)
        self.close_connection = True

    def log_message(self, *args: Any) -> None:  # noqa: ANN401 - http.server's signature
        """Say nothing."""


@contextlib.contextmanager
def object_server() -> Iterator[ObjectServer]:
    """Serve until the block ends."""
    with ObjectServer() as server:
        server.start()
        try:
            yield server
        finally:
            server.stop()
