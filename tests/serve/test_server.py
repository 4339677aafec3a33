"""A process and sockets: what the guide says works, and bodies that are too long or that stop are refused."""

import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support import pictures
from support.project import REPO
from support.server_calls import HEAD, SERVE, call, classify, gauge, problem_in, status_of
from support.serving import CLASSIFY, PATIENCE_S, ServerProcess, server_process, wait_until
from support.tiny_bundle import make_tiny_bundle

MAX_BODY_BYTES: Final = 400_000


@pytest.fixture(scope="module")
def bundle_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny").path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bundle_path: Path) -> Iterator[ServerProcess]:
    environ = {"HAZARDLENS_BUNDLE_PATH": str(bundle_path), "HAZARDLENS_MAX_BODY_BYTES": str(MAX_BODY_BYTES)}
    environ |= {"HAZARDLENS_BODY_IDLE_TIMEOUT_S": "0.5"}
    with server_process(tmp_path_factory.mktemp("server"), SERVE, environ) as server:
        wait_until(lambda: status_of(server, "/readyz") == 200)
        yield server


def test_a_photo_is_classified(server: ServerProcess) -> None:
    assert classify(server) == 200


def _commands_of_the_guide() -> list[str]:
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", (REPO / "docs" / "api.md").read_text("utf-8"))
    return [block for block in blocks if "curl" in block]


@pytest.mark.parametrize("command", _commands_of_the_guide(), ids=lambda command: command.split("\n")[0][:40])
def test_the_commands_of_the_guide_work(server: ServerProcess, command: str) -> None:
    missing = [tool for tool in ("bash", "curl", "jq") if tool in command + "bash" and not shutil.which(tool)]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}, which this machine does not have")
    here = command.replace("http://127.0.0.1:8000", server.address)
    output = subprocess.run(["bash", "-c", here], cwd=REPO, capture_output=True, check=True, timeout=PATIENCE_S).stdout
    assert {"prefill", "status"} & set(json.loads(output)), output
    assert "code" not in json.loads(output)


def _programs_of_the_guide() -> list[str]:
    return re.findall(r"(?ms)^```python\n(.*?)^```", (REPO / "docs" / "api.md").read_text("utf-8"))


@pytest.mark.parametrize("program", _programs_of_the_guide(), ids=["classify", "report"])
def test_the_python_of_the_guide_works(server: ServerProcess, program: str) -> None:
    here = program.replace("http://127.0.0.1:8000", server.address).replace("import httpx", "import httpx2 as httpx")
    told = subprocess.run([sys.executable, "-c", here], cwd=REPO, capture_output=True, text=True, check=True)
    assert told.stdout.startswith("stacked_clutter "), told.stdout


def test_an_announced_body_over_the_limit_is_refused_readably(server: ServerProcess) -> None:
    answer = call(server, "POST", CLASSIFY, body=bytes(2 * MAX_BODY_BYTES), headers={"Content-Type": "image/jpeg"})
    assert problem_in(answer) == (413, "body_too_large")
    assert answer[1]["connection"] == "close"


def test_a_chunked_body_over_the_limit_is_refused_readably(server: ServerProcess) -> None:
    body = (b"x" * 10_000 for _ in range(2 * MAX_BODY_BYTES // 10_000))
    answer = call(server, "POST", CLASSIFY, body=body, headers={"Content-Type": "image/jpeg"}, encode_chunked=True)
    assert problem_in(answer) == (413, "body_too_large")


def test_a_body_to_another_route_is_limited_too(server: ServerProcess) -> None:
    assert problem_in(call(server, "POST", "/healthz", body=bytes(2 * MAX_BODY_BYTES))) == (413, "body_too_large")


def test_an_endless_body_is_cut_off(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):  # noqa: PT012 - until the server has had enough
            for _ in range(100_000):
                client.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")


def test_a_body_that_stops_arriving_is_given_up(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
        client.sendall(
            b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\nabc"
        )
        answer = client.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    wait_until(lambda: gauge(server, "hazardlens_received_bytes") == 0)


def test_a_client_that_hangs_up_while_sending_leaves_nothing_behind(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
        client.sendall(
            b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\nabc"
        )
        wait_until(lambda: gauge(server, "hazardlens_received_bytes") == 3)
    wait_until(lambda: gauge(server, "hazardlens_received_bytes") == 0)
    assert classify(server) == 200


def test_what_is_no_http_is_refused(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
        client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert classify(server) == 200


def test_connections_are_reused(server: ServerProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    for _ in range(3):
        connection.request("POST", CLASSIFY, body=pictures.jpeg(), headers={"Content-Type": "image/jpeg"})
        response = connection.getresponse()
        response.read()
        assert not response.will_close
    connection.close()
