"""A small server that speaks as much of S3 as `S3Blobs` needs: objects in memory, no signature checked.

It is a stand-in, not a proof of S3: what it shows is that our side sends the right requests and survives bad answers.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_MISSING = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>missing</Message></Error>'


class ObjectServer(ThreadingHTTPServer):
    """What it holds and what it was asked.

    Attributes:
        objects: path, with the bucket -> content.
        requests: method and path of each request.
        failing: the status to answer everything with; None to work.
        delay_s: seconds before each answer.
        written_at: when all objects are said to have been put.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.failing: int | None = None
        self.delay_s = 0.0
        self.written_at = datetime.now(UTC)

    @property
    def url(self) -> str:
        """For the setting `s3_endpoint_url`."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: ObjectServer
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
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
            else:
                self._answer(200, content)

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
        time.sleep(self.server.delay_s)
        if self.server.failing is not None:
            self._answer(self.server.failing, b"<Error><Code>Broken</Code></Error>")
        return self.server.failing is None

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", formatdate(0, usegmt=True))
        self.send_header("ETag", '"0"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *args: Any) -> None:  # noqa: ANN401 - http.server's signature
        """Say nothing."""


@contextlib.contextmanager
def object_server() -> Iterator[ObjectServer]:
    """Serve until the block ends."""
    with ObjectServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
