"""One message to one receiver, whatever that one does."""

import contextlib
import hashlib
import hmac
import io
import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import httpx2
import pytest
import structlog

from hazardlens.serve.dispatch.addresses import Resolve
from hazardlens.serve.dispatch.sending import Outcome, Sender
from hazardlens.serve.logs import configure_logs
from support.receiver import Answer, Received, receiver
from support.rows import NOON
from support.serving import PATIENCE_S, wait_until

SECRET = "whs_0123456789abcdef"  # noqa: S105 - of nothing but these tests
MESSAGE = {"type": "test", "route": "消防"}


def _send(
    url: str,
    *,
    timeout_s: float = PATIENCE_S,
    resolve: Resolve = lambda *_: ["127.0.0.1"],
    trusted: ssl.SSLContext | None = None,
) -> Outcome:
    sender = Sender(timeout_s, allow_private=True, now=lambda: NOON, resolve=resolve, trusted=trusted)
    return sender.send(url, SECRET, "d1", MESSAGE)


def test_a_message_is_signed_and_says_who_it_is() -> None:
    with receiver() as server:
        outcome = _send(server.url)
    (received,) = server.received
    assert (outcome.status, outcome.error, outcome.is_delivered) == (204, None, True)
    assert json.loads(received.body) == {"delivery": "d1", **MESSAGE}
    assert received.path == "/hazards"
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["User-Agent"].startswith("hazardlens/")
    assert received.headers["X-Hazardlens-Delivery"] == "d1"
    timestamp = received.headers["X-Hazardlens-Timestamp"]
    assert timestamp == str(int(NOON.timestamp()))
    expected = hmac.new(SECRET.encode(), timestamp.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    assert received.headers["X-Hazardlens-Signature"] == f"sha256={expected}"


def test_the_log_does_not_learn_where_it_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some addresses hold a token, and the HTTP client would log all of them."""
    for name in ("", "httpx2"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", logger.handlers)
        monkeypatch.setattr(logger, "level", logger.level)
    log = io.StringIO()
    configure_logs("json", "debug", stream=log)
    with receiver() as server:
        assert _send(f"{server.url}?access_token=hush").is_delivered
    structlog.reset_defaults()
    assert server.received[0].path.endswith("hush")
    assert "hush" not in log.getvalue()


def test_the_connection_goes_to_the_checked_address_under_the_name() -> None:
    """A name that leads elsewhere when it is asked a second time gains nothing: it is asked once."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    with receiver() as server:
        outcome = _send(f"http://receiver.invalid:{server.port}/a?b=%20c", resolve=resolve)
    assert outcome.is_delivered
    assert (server.received[0].headers["Host"], server.received[0].path) == (
        f"receiver.invalid:{server.port}",
        "/a?b=%20c",
    )
    assert asked == ["receiver.invalid"]


def test_nothing_is_sent_to_where_messages_must_not_go() -> None:
    with receiver() as server:
        sender = Sender(PATIENCE_S, allow_private=False, now=lambda: NOON, resolve=lambda *_: ["127.0.0.1"])
        outcome = sender.send(f"https://receiver.invalid:{server.port}/", SECRET, "d1", MESSAGE)
    assert (outcome.status, outcome.is_delivered, outcome.is_receiver_down) == (None, False, True)
    assert "leads to" in (outcome.error or "")
    assert server.received == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiver() as server:
        assert _send(server.url).is_delivered


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiver() as elsewhere:
        answer = Answer(status, headers=(("Location", elsewhere.url),))
        with receiver(lambda _: answer) as server:
            outcome = _send(server.url)
    assert (outcome.status, outcome.error) == (status, f"answered {status}")
    assert elsewhere.received == []


@pytest.mark.parametrize(
    ("status", "down"), [(400, False), (404, False), (410, False), (429, True), (500, True), (503, True)]
)
def test_a_refusal_is_told_and_whether_it_is_about_this_message_alone(status: int, down: bool) -> None:
    with receiver(lambda _: Answer(status, b'{"status": "resolved"}')) as server:
        outcome = _send(server.url)
    assert (outcome.status, outcome.is_delivered, outcome.is_receiver_down) == (status, False, down)
    assert outcome.answer == {}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"status": "resolved"}', {"status": "resolved"}),
        (b"", {}),
        (b"OK", {}),
        (b"[1]", {}),
        (b"\xff", {}),
        (b"[" * 60_000, {}),
        (b'{"a": "' + b"x" * 70_000 + b'"}', {}),
    ],
    ids=["object", "nothing", "text", "list", "not UTF-8", "deep", "too long"],
)
def test_an_answer_counts_only_if_it_is_a_small_object(body: bytes, answer: dict[str, str]) -> None:
    with receiver(lambda _: Answer(200, body)) as server:
        outcome = _send(server.url)
    assert (outcome.is_delivered, outcome.answer) == (True, answer)


def test_a_compressed_answer_is_not_unpacked() -> None:
    with receiver(lambda _: Answer(200, b"\x1f\x8b", (("Content-Encoding", "gzip"),))) as server:
        outcome = _send(server.url)
    assert outcome.is_delivered
    assert server.received[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("raw", "delivered"),
    [
        (b"", False),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", True),
    ],
    ids=["no sense", "endless headers", "endless body"],
)
def test_a_receiver_that_drips_is_cut_off(raw: bytes, delivered: bool) -> None:
    """It sends a byte every few milliseconds, so no single wait is ever too long."""
    with receiver(lambda _: Answer(raw=raw)) as server:
        outcome = _send(server.url, timeout_s=0.2)
    assert outcome.is_delivered is delivered
    assert outcome.is_receiver_down is not delivered


def test_a_receiver_that_says_nothing_is_given_up() -> None:
    released = threading.Event()

    def silent(_: Received) -> Answer:
        released.wait(PATIENCE_S)
        return Answer()

    with receiver(silent) as server:
        outcome = _send(server.url, timeout_s=0.1)
        released.set()
    assert outcome.is_receiver_down


def test_the_next_address_is_tried_where_nobody_listens() -> None:
    with receiver() as server:
        outcome = _send(f"http://name.invalid:{server.port}/", resolve=lambda *_: ["127.0.0.2", "127.0.0.1"])
    assert outcome.is_delivered
    assert len(server.received) == 1


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = _send(f"http://127.0.0.1:{port}/")
    assert (outcome.status, outcome.is_receiver_down) == (None, True)
    assert "no connection" in (outcome.error or "")


def test_all_errors_of_httpx2_are_an_outcome_or_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new kind makes this fail, and has to be put on one side."""
    ours = {"CookieConflict", "RequestNotRead", "ResponseNotRead", "StreamClosed", "StreamConsumed", "StreamError"}
    kinds = {kind for kind in vars(httpx2).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert ours <= {kind.__name__ for kind in kinds}
    for kind in kinds:
        if kind.__name__ in ours:
            continue
        error = kind.__new__(kind)

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(Sender, "_post", fail)
        assert _send("http://127.0.0.1:1/").is_receiver_down, kind


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of this name, and for a client that trusts it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the command openssl, which is not installed")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        ["openssl", "req", *kind, *subject, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


@pytest.mark.parametrize(("host", "delivered"), [("receiver.invalid", True), ("other.invalid", False)])
def test_the_certificate_must_be_of_the_name_and_not_of_the_address(tmp_path: Path, host: str, delivered: bool) -> None:
    server_side, client_side = _certificate(tmp_path, "receiver.invalid")
    with receiver(tls=server_side) as server:
        outcome = _send(f"https://{host}:{server.port}/", trusted=client_side)
    assert outcome.is_delivered is delivered
    assert len(server.received) == delivered


def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    server_side, _ = _certificate(tmp_path, "receiver.invalid")
    with receiver(tls=server_side) as server:
        outcome = _send(f"https://receiver.invalid:{server.port}/")
    assert (outcome.is_delivered, server.received) == (False, [])


def test_a_receiver_that_drips_over_tls_is_cut_off(tmp_path: Path) -> None:
    server_side, client_side = _certificate(tmp_path, "receiver.invalid")
    with receiver(lambda _: Answer(raw=b"HTTP/1.1 200 OK\r\nX-Slow: "), tls=server_side) as server:
        outcome = _send(f"https://receiver.invalid:{server.port}/", trusted=client_side, timeout_s=0.5)
    assert outcome.is_receiver_down


def _open_sockets() -> int:
    count = 0
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed while we look
            count += str(handle.readlink()).startswith("socket:")
    return count


def test_no_connection_and_no_thread_is_left_behind() -> None:
    with receiver() as good, receiver(lambda _: Answer(raw=b"")) as dripping:
        threads, sockets = threading.active_count(), _open_sockets()
        for _ in range(5):
            _send(good.url)
            _send(dripping.url, timeout_s=0.01)
            _send("http://127.0.0.1:1/")
        dripping.closing.set()
        wait_until(lambda: (threading.active_count(), _open_sockets()) == (threads, sockets))
