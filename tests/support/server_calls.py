"""Requests to a server in a process of its own, and what it answers."""

import http.client
import json
from typing import Any, Final

from support import pictures
from support.serving import CLASSIFY, PATIENCE_S, ServerProcess

HEAD: Final = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"

SERVE: Final = """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""


def call(server: ServerProcess, method: str, path: str, **request: Any) -> tuple[int, dict[str, str], bytes]:  # noqa: ANN401
    """Status, headers with lower-case names, and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, **request)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def status_of(server: ServerProcess, path: str) -> int:
    """Of a GET."""
    return call(server, "GET", path)[0]


def classify(server: ServerProcess) -> int:
    """The status that a good photo gets."""
    return call(server, "POST", CLASSIFY, body=pictures.jpeg(), headers={"Content-Type": "image/jpeg"})[0]


def gauge(server: ServerProcess, name: str) -> float:
    """A figure of `/metrics`."""
    lines = call(server, "GET", "/metrics")[2].decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


def problem_in(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str]:
    """Status and code of a problem; fails where the answer is none."""
    status, headers, body = answer
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == json.loads(body)["request_id"]
    return status, json.loads(body)["code"]
