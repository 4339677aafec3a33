"""Sends one message to one receiver, and says what came of it. Nothing is raised: a receiver can do no wrong to us."""

import contextlib
import functools
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

import httpx2

from hazardlens.serve.dispatch.addresses import Destination, Resolve, find_destination, resolve
from hazardlens.serve.dispatch.errors import TargetUrlError
from hazardlens.serve.dispatch.signing import DELIVERY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_of

_MAX_ANSWER_BYTES: Final = 64 * 1024
_MAX_ADDRESSES: Final = 3
_OVERLOADED: Final = frozenset({408, 425, 429})

Trace = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a message.

    Attributes:
        status: of the answer; None when there was none.
        answer: its body as JSON, where it is an object; {} else.
        error: why it was not taken, in a few words; None when it was.
    """

    status: int | None
    answer: Mapping[str, Any]
    error: str | None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.error is None

    @property
    def is_receiver_down(self) -> bool:
        """Whether other messages would fare no better now."""
        return self.error is not None and (self.status is None or self.status >= 500 or self.status in _OVERLOADED)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends messages.

    Attributes:
        timeout_s: for the whole of a message: connecting, sending and the answer.
        allow_private: see the setting `webhook_allow_private`.
        resolve: names to addresses.
        now: the time, with zone.
        trusted: certificates that are believed; None for those of SSL_CERT_FILE, or else the usual ones.
    """

    timeout_s: float
    allow_private: bool
    now: Callable[[], datetime]
    resolve: Resolve = resolve
    trusted: ssl.SSLContext | None = None

    def send(self, url: str, secret: str, delivery_id: str, message: Mapping[str, Any]) -> Outcome:
        """POST a message, signed; redirects are an answer like any other, and not followed."""
        body = json.dumps({"delivery": delivery_id, **message}, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = int(self.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"hazardlens/{version('hazardlens')}",
            DELIVERY_HEADER: delivery_id,
            "Accept-Encoding": "identity",
            TIMESTAMP_HEADER: str(timestamp),
            SIGNATURE_HEADER: signature_of(secret, timestamp, body),
        }
        try:
            destination = find_destination(url, allow_private=self.allow_private, resolve=self.resolve)
        except TargetUrlError as error:
            return Outcome(None, {}, error.detail)
        outcome = Outcome(None, {}, "no address")
        for address in destination.addresses[:_MAX_ADDRESSES]:
            try:
                return self._post(destination, address, headers, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                outcome = Outcome(None, {}, _say(error))
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                return Outcome(None, {}, _say(error))
        return outcome

    def _post(self, destination: Destination, address: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        with (
            _deadline(self.timeout_s) as trace,
            httpx2.HTTPTransport(verify=self.trusted or _usual_certificates()) as transport,
            httpx2.Client(transport=transport, trust_env=False, timeout=self.timeout_s) as client,
            client.stream(
                "POST",
                # The checked address, under the name that was asked for: no second look-up.
                httpx2.URL(destination.url).copy_with(host=address),
                headers={**headers, "Host": _host_header(destination)},
                content=body,
                extensions={"sni_hostname": destination.host, "trace": trace},
            ) as response,
        ):
            if response.is_success:
                return Outcome(response.status_code, _read_answer(response), None)
            return Outcome(response.status_code, {}, f"answered {response.status_code}")


@functools.cache
def _usual_certificates() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _host_header(destination: Destination) -> str:
    return httpx2.URL(destination.url).netloc.decode("ascii")


def _read_answer(response: httpx2.Response) -> Mapping[str, Any]:
    """The answer, if it is a small JSON object; whatever else it is does not matter, the message was taken."""
    content = b""
    try:
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > _MAX_ANSWER_BYTES:
                return {}
        answer = json.loads(content)
    except (httpx2.HTTPError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _say(error: Exception) -> str:
    """In a few words, without what the receiver may have put in."""
    if isinstance(error, httpx2.ConnectError):
        return f"no connection: {error}"[:200]
    if isinstance(error, httpx2.TimeoutException):
        return f"not in time: {type(error).__name__}"
    return f"the connection broke: {type(error).__name__}"


@contextlib.contextmanager
def _deadline(timeout_s: float) -> Iterator[Trace]:
    """Cut the connection when time is up. httpx2's timeouts are for each byte, so a slow receiver could go on for days.

    Yields:
        For the request's extension "trace": learns which connection there is.
    """
    handles: list[socket.socket] = []

    def cut() -> None:
        for one in handles:
            with contextlib.suppress(OSError):  # the receiver was faster
                one.shutdown(socket.SHUT_RDWR)

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            # A second handle to the connection, because TLS takes the first one away.
            handles.append(info["return_value"].get_extra_info("socket").dup())
            timer.start()

    timer = threading.Timer(timeout_s, cut)
    timer.daemon = True
    try:
        yield trace
    finally:
        timer.cancel()
        for one in handles:
            timer.join()
            one.close()
