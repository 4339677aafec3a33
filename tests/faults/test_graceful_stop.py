"""SIGTERM while reports come in: what was begun is answered, and what was not answered was not stored."""

import http.client
import json
import signal
import sqlite3
import threading
from pathlib import Path
from typing import Final

import pytest

from support.intake import photo_of
from support.serving import PATIENCE_S, server_process, wait_until
from support.tiny_bundle import make_tiny_bundle

SERVE: Final = """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""
CLIENTS: Final = 6


class Senders:
    """Clients that send reports as fast as they are answered, each over a new connection, until nobody listens."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.stored: list[str] = []
        self.refused: list[int] = []
        self.unanswered = 0
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def _run(self, seed: int) -> None:
        photo = photo_of(seed)
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
            try:
                connection.connect()
            except OSError:
                return  # nobody listens any more
            try:
                connection.request("POST", "/v1/reports", photo, {"Content-Type": "image/jpeg"})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                return  # the door was closed while it knocked
            finally:
                connection.close()
            if answer.status == 201:
                self.stored.append(json.loads(body)["id"])
            else:
                self.refused.append(answer.status)


@pytest.mark.slow
def test_a_stop_under_load_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """10 s: a server, six clients, and a stop in the middle."""
    bundle = make_tiny_bundle(tmp_path / "tiny").path
    environ = {"HAZARDLENS_BUNDLE_PATH": str(bundle), "HAZARDLENS_INFERENCE_THREADS": "2"}
    environ |= {"HAZARDLENS_RATE_LIMIT_ANONYMOUS_PER_MINUTE": "0"}
    with server_process(tmp_path, SERVE, environ) as server:
        wait_until(lambda: "model_ready" in server.log.read_text())
        senders = Senders(server.port)
        senders.start()
        wait_until(lambda: len(senders.stored) >= 3 * CLIENTS)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_S) == 0
        senders.join()
        logged = [json.loads(line) for line in server.log.read_text().splitlines()]
    with sqlite3.connect(tmp_path / "var" / "hazardlens.sqlite3") as database:
        rows = {row[0] for row in database.execute("SELECT id FROM reports")}
        photos = {row[0] for row in database.execute("SELECT sha256 FROM report_media")}
    assert rows == set(senders.stored)
    assert len(senders.stored) == len(rows)
    assert set(senders.refused) <= {503}
    assert all((tmp_path / "var" / "media" / name[:2] / name).exists() for name in photos)
    begun = [line for line in logged if line["event"] == "request" and line["route"] == "/v1/reports"]
    assert {line["status"] for line in begun} <= {201, 503}  # 499 would be one that was cut off
