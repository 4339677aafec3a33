"""Overload from outside: a real server in this process, sockets, and clients that behave badly."""

import contextlib
import http.client
import json
import resource
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from hazardlens.serve.connections import Connection
from hazardlens.serve.crowding import Guard
from hazardlens.serve.server import within_open_files
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.keeper import StoreKeeper
from support import pictures
from support.live import live_server
from support.serving import PATIENCE_S, GatedDetector, wait_until

HEAD: Final = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
LARGE: Final = bytes(4_000_000)  # more than the buffers of a connection hold


def port_of(address: str) -> int:
    return urlsplit(address).port or 0


@contextlib.contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port_of(address)), timeout=PATIENCE_S) as client:
        yield client


def ask(address: str, method: str, path: str, **request: Any) -> tuple[int, dict[str, str], bytes]:  # noqa: ANN401
    connection = http.client.HTTPConnection("127.0.0.1", port_of(address), timeout=PATIENCE_S)
    with contextlib.closing(connection):
        connection.request(method, path, **request)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def classify(address: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """Status, and the code of a problem."""
    sent = {"Content-Type": "image/jpeg", **{name.replace("_", "-"): value for name, value in headers.items()}}
    status, received, answer = ask(address, "POST", "/v1/classify", body=body or pictures.jpeg(), headers=sent)
    if status in {429, 503}:
        assert int(received["retry-after"]) >= 1
    return status, json.loads(answer).get("code", "")


def gauge(address: str, name: str) -> float:
    lines = ask(address, "GET", "/metrics")[2].decode().splitlines()
    return float(next((line.split()[-1] for line in lines if line.startswith(name)), "0"))


def drip(client: socket.socket, data: bytes, every_s: float) -> bytes:
    """Send a byte at a time until there is an answer, or the end of the line."""
    client.settimeout(every_s)
    for byte in data:
        with contextlib.suppress(TimeoutError):
            return client.recv(10_000)
        client.sendall(bytes([byte]))
    return b""


def answer_to_drip(address: str, start: bytes, rest: bytes) -> bytes:
    with connected(address) as client:
        client.sendall(start)
        return drip(client, rest, 0.05)


@pytest.fixture
def gated() -> Iterator[GatedDetector]:
    """A detector that waits; what it holds up goes on at the end."""
    detector = GatedDetector()
    yield detector
    detector.gate.set()


@contextlib.contextmanager
def busy(address: str, detector: GatedDetector, count: int, **headers: str) -> Iterator[list[Any]]:
    """Requests in the server, the first of them at work, until the block ends; their answers come afterwards."""
    with ThreadPoolExecutor(count) as threads:
        asked = []
        for number in range(count):
            asked.append(threads.submit(partial(classify, address, None, **headers)))
            wait_until(lambda number=number: gauge(address, "hazardlens_queue_length ") == number)  # type: ignore[misc]
        assert detector.entered.acquire(timeout=PATIENCE_S)
        try:
            yield asked
        finally:
            detector.gate.set()


def test_a_body_below_the_least_rate_is_given_up_although_it_never_stops() -> None:
    with live_server(GatedDetector(), body_idle_timeout_s=0.5, body_min_bytes_per_s=10_000) as address:
        answer = answer_to_drip(address, HEAD + b"Content-Length: 1000\r\n\r\n", bytes(1000))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_timeout"' in answer


def test_a_body_that_takes_too_long_is_given_up_at_any_rate() -> None:
    with live_server(GatedDetector(), body_timeout_s=0.5, body_min_bytes_per_s=1) as address:
        answer = answer_to_drip(address, HEAD + b"Content-Length: 1000\r\n\r\n", bytes(1000))
        assert gauge(address, "hazardlens_received_bytes") == 0
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_head_that_takes_too_long_is_given_up() -> None:
    with live_server(GatedDetector(), head_timeout_s=0.5) as address:
        assert answer_to_drip(address, b"GET", b" /" + b"a" * 1000).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(("size_bytes", "status"), [(900, 404), (1100, 431)])
def test_a_head_has_a_longest_length(size_bytes: int, status: int) -> None:
    with live_server(GatedDetector(), max_head_bytes=1024) as address:
        assert ask(address, "GET", "/nothing", headers={"X": "a" * (size_bytes - 100)})[0] == status


def test_a_client_that_does_not_take_its_answer_is_given_up() -> None:
    with live_server(GatedDetector(), send_timeout_s=1) as address, connected(address) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 40)
        wait_until(lambda: gauge(address, "hazardlens_connections ") == 2)
        wait_until(lambda: gauge(address, "hazardlens_connections ") == 1)  # the one that asks


def test_a_connection_between_requests_is_kept_for_a_while() -> None:
    with live_server(GatedDetector(), keep_alive_s=1) as address, connected(address) as client:
        for _ in range(2):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(10_000).startswith(b"HTTP/1.1 200 ")
        assert client.recv(10_000) == b""


def test_with_all_connections_in_use_health_checks_are_answered_and_others_are_told() -> None:
    with live_server(GatedDetector(), max_connections=16) as address, contextlib.ExitStack() as stack:
        for _ in range(8):  # half of them: all that one address may have
            stack.enter_context(connected(address)).sendall(HEAD + b"Content-Length: 9\r\n\r\nabc")
        wait_until(lambda: ask(address, "GET", "/v1/models")[0] == 503)
        status, headers, body = ask(address, "GET", "/v1/models")
        assert (status, json.loads(body)["code"]) == (503, "overloaded")
        assert int(headers["retry-after"]) >= 1
        assert [ask(address, "GET", path)[0] for path in ("/healthz", "/readyz")] == [200, 200]
        assert classify(address, LARGE) == (503, "overloaded")
        stack.close()
        wait_until(lambda: ask(address, "GET", "/v1/models")[0] == 200)
        assert gauge(address, 'hazardlens_overloaded_total{reason="connections"}') >= 3


def test_a_refusal_reaches_a_client_that_has_not_sent_its_body(gated: GatedDetector) -> None:
    with (
        live_server(gated, queue_length=0, rate_limit_anonymous_per_minute=2) as address,
        busy(address, gated, 1),
    ):
        assert classify(address, LARGE) == (503, "overloaded")
        assert gauge(address, "hazardlens_received_bytes") < len(LARGE)
        answers = [classify(address, LARGE, X_Forwarded_For="10.0.0.1") for _ in range(3)]
        assert answers == [(503, "overloaded")] * 2 + [(429, "rate_limited")]


def test_a_request_waits_no_longer_than_it_may(gated: GatedDetector) -> None:
    with live_server(gated, max_queue_wait_s=0.3) as address, busy(address, gated, 1) as asked:
        assert classify(address) == (503, "overloaded")
        assert not asked[0].done()
        assert gauge(address, 'hazardlens_overloaded_total{reason="wait"}') == 1
    assert asked[0].result() == (200, "")


def test_who_comes_later_by_a_trusted_proxy_is_not_kept_out_by_one_who_asks_for_much(gated: GatedDetector) -> None:
    settings: dict[str, Any] = {"queue_length": 3, "trusted_proxies": "127.0.0.1/32", "max_queue_wait_s": PATIENCE_S}
    with live_server(gated, **settings) as address, ThreadPoolExecutor(1) as threads:
        with busy(address, gated, 4, X_Forwarded_For="10.0.0.1") as asked:
            late = threads.submit(classify, address, X_Forwarded_For="10.0.0.2")
            wait_until(asked[3].done)
            assert classify(address, X_Forwarded_For="10.0.0.1") == (503, "overloaded")
            assert gauge(address, 'hazardlens_overloaded_total{reason="share"}') == 1
        assert [one.result() for one in asked] == [(200, "")] * 3 + [(503, "overloaded")]
        assert late.result(PATIENCE_S) == (200, "")


def test_health_checks_wait_neither_for_photos_nor_for_threads_nor_for_the_store(
    gated: GatedDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, asked = threading.Event(), threading.Event()

    def probe(_: Store) -> None:
        if silent.is_set():
            asked.set()
            assert gated.gate.wait(PATIENCE_S)

    monkeypatch.setattr(Store, "probe", probe)
    monkeypatch.setattr("hazardlens.serve.app.StoreKeeper", partial(StoreKeeper, fresh_s=0.0, patience_s=PATIENCE_S))
    paths = ("/healthz", "/readyz")
    with live_server(gated, queue_length=1) as address, busy(address, gated, 2):
        silent.set()
        wait_until(lambda: [ask(address, "GET", path)[0] for path in paths] == [200, 200] and asked.is_set())
        for _ in range(3):
            assert [ask(address, "GET", path)[0] for path in paths] == [200, 200]
        assert not gated.gate.is_set()


def test_a_health_check_is_not_behind_the_requests_of_those_who_came_first(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, begun_before = list[str](), list[int]()
    is_awaited, gate = threading.Event(), threading.Event()
    admit, begin, complete = Guard.admit, Connection._start, Connection.on_response_complete

    def hold_up(guard: Guard, *of: Any) -> bool | None:  # noqa: ANN401 - passed on
        if is_awaited.is_set():
            is_awaited.clear()
            assert gate.wait(PATIENCE_S)
        return admit(guard, *of)

    def note_begin(connection: Connection, *of: Any) -> None:  # noqa: ANN401 - passed on
        begun.append(connection.cycle.scope["path"])
        begin(connection, *of)

    def note_end(connection: Connection) -> None:
        if gate.is_set() and connection.cycle.scope["path"] == "/healthz":
            begun_before.append(begun.count("/v1/classify"))
        complete(connection)

    monkeypatch.setattr(Guard, "admit", hold_up)
    monkeypatch.setattr(Connection, "_start", note_begin)
    monkeypatch.setattr(Connection, "on_response_complete", note_end)
    with live_server(GatedDetector()) as address, contextlib.ExitStack() as stack:
        is_awaited.set()
        for _ in range(40):
            stack.enter_context(connected(address)).sendall(HEAD + b"Content-Length: 9\r\n\r\nabc")
        check = stack.enter_context(connected(address))
        check.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        gate.set()
        assert check.recv(10_000).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: bool(begun_before))
    assert begun_before[0] <= 4


def test_there_are_no_more_connections_than_the_process_may_have_files(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(max_connections=1000)
    limits = [(20_000, 20_000)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[0])
    monkeypatch.setattr(resource, "setrlimit", lambda _, chosen: limits.append(chosen))
    assert within_open_files(settings).max_connections == 1000
    limits[0] = (256, 4096)
    assert within_open_files(settings).max_connections == 1000
    assert limits[1:] == [(1192, 4096)]
    limits[0] = (512, 512)
    assert within_open_files(settings).max_connections == 320
