"""A process and signals: a server from its start to its end, with its hands full, and what keeps it from starting."""

import contextlib
import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from hazardlens.serve.errors import AddressInUseError
from hazardlens.serve.server import listen, run
from hazardlens.serve.settings import load_settings
from support import pictures
from support.server_calls import HEAD, SERVE, call, classify, gauge, problem_in, status_of
from support.serving import CLASSIFY, PATIENCE_S, ServerProcess, server_process, wait_until
from support.slow_model import WAITING_MODEL
from support.tiny_bundle import make_tiny_bundle

SERVE_SLOWLY: Final = (
    WAITING_MODEL
    + """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""
)

SERVE_AND_COUNT: Final = """
import gc, json
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
run(load_settings())
print(json.dumps({"looked_at": len(gc.get_objects()), "spared": gc.get_freeze_count()}))
"""


@pytest.fixture(scope="module")
def bundle_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny").path


class SlowServer:
    """A server whose detector works only while the gate is open."""

    def __init__(self, server: ServerProcess, gate: Path) -> None:
        self.server = server
        self._gate = gate
        self._threads = ThreadPoolExecutor(2)

    def open_gate(self) -> None:
        self._gate.touch()

    def close_gate(self) -> None:
        self._gate.unlink(missing_ok=True)

    def ask(self) -> Future[int]:
        """Send a photo without waiting for the answer."""
        return self._threads.submit(classify, self.server)

    def fill(self) -> list[Future[int]]:
        """One request at work, one in the queue, no room for more."""
        self.close_gate()
        asked = [self.ask(), self.ask()]
        wait_until(lambda: gauge(self.server, "hazardlens_queue_length") == 1)
        return asked

    def end(self) -> None:
        self.open_gate()
        self._threads.shutdown()


@contextlib.contextmanager
def slowly_serving(folder: Path, bundle_path: Path) -> Iterator[SlowServer]:
    gate = folder / "gate"
    environ = {"HAZARDLENS_BUNDLE_PATH": str(bundle_path), "GATE": str(gate)}
    environ |= {"HAZARDLENS_INFERENCE_THREADS": "1", "HAZARDLENS_QUEUE_LENGTH": "1"}
    with server_process(folder, SERVE_SLOWLY, environ) as server:
        slow = SlowServer(server, gate)
        try:
            yield slow
        finally:
            slow.end()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, bundle_path: Path) -> Iterator[SlowServer]:
    with slowly_serving(tmp_path_factory.mktemp("slow"), bundle_path) as slow:
        slow.open_gate()
        wait_until(lambda: status_of(slow.server, "/readyz") == 200)
        yield slow


def test_a_full_queue_answers_at_once_and_so_do_health_checks(slow: SlowServer) -> None:
    asked = slow.fill()
    answer = call(slow.server, "POST", CLASSIFY, body=pictures.jpeg(), headers={"Content-Type": "image/jpeg"})
    assert problem_in(answer) == (503, "overloaded")
    assert int(answer[1]["retry-after"]) >= 1
    assert status_of(slow.server, "/healthz") == status_of(slow.server, "/readyz") == 200
    assert not any(request.done() for request in asked)
    slow.open_gate()
    assert [request.result(PATIENCE_S) for request in asked] == [200, 200]
    assert classify(slow.server) == 200


def test_a_client_that_hangs_up_in_the_queue_makes_room(slow: SlowServer) -> None:
    slow.close_gate()
    photos_before = gauge(slow.server, "hazardlens_photos_total")
    at_work = slow.ask()
    wait_until(lambda: gauge(slow.server, "hazardlens_workers_busy") == 1)
    with socket.create_connection(("127.0.0.1", slow.server.port), timeout=PATIENCE_S) as client:
        photo = pictures.jpeg()
        client.sendall(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(photo), photo))
        wait_until(lambda: gauge(slow.server, "hazardlens_queue_length") == 1)
    wait_until(lambda: gauge(slow.server, "hazardlens_queue_length") == 0)
    slow.open_gate()
    assert at_work.result(PATIENCE_S) == 200
    assert gauge(slow.server, "hazardlens_photos_total") == photos_before + 1


def test_the_life_of_a_server(tmp_path: Path, bundle_path: Path) -> None:
    with slowly_serving(tmp_path, bundle_path) as slow:
        server = slow.server
        # It listens while its model is still being warmed.
        assert status_of(server, "/healthz") == 200
        assert problem_in(call(server, "GET", "/readyz")) == (503, "model_loading")
        assert classify(server) == 503
        slow.open_gate()
        wait_until(lambda: status_of(server, "/readyz") == 200)
        assert classify(server) == 200
        # It finishes what it has begun.
        asked = slow.fill()
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Shutting down" in server.log.read_text())
        slow.open_gate()
        assert [request.result(PATIENCE_S) for request in asked] == [200, 200]
        assert server.process.wait(PATIENCE_S) == 0
        lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {"model_ready", "request"} <= {line["event"] for line in lines}
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_a_keyboard_interrupt_is_a_clean_end(tmp_path: Path, bundle_path: Path) -> None:
    with server_process(tmp_path, SERVE, {"HAZARDLENS_BUNDLE_PATH": str(bundle_path)}) as server:
        wait_until(lambda: status_of(server, "/readyz") == 200)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(PATIENCE_S) == 0
    assert "Traceback" not in server.log.read_text()


def test_a_full_collection_looks_at_little_of_what_was_imported(tmp_path: Path, bundle_path: Path) -> None:
    with server_process(tmp_path, SERVE_AND_COUNT, {"HAZARDLENS_BUNDLE_PATH": str(bundle_path)}) as server:
        wait_until(lambda: status_of(server, "/readyz") == 200)
        assert classify(server) == 200
        server.process.send_signal(signal.SIGTERM)
        told, _ = server.process.communicate(timeout=PATIENCE_S)
    counts = json.loads(told.splitlines()[-1])
    assert counts["looked_at"] * 4 < counts["spared"], counts


def test_a_taken_port_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert run(load_settings(port=port)) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f"hazardlens: cannot listen on 127.0.0.1:{port}: the port is in use; choose another with HAZARDLENS_PORT\n"
    )


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host", "::ffff:zz"])
def test_an_address_that_is_not_ours_is_one_line(host: str) -> None:
    with pytest.raises(AddressInUseError, match=r"^cannot listen on .*: .+$"):
        listen(host, 0)
