"""The outermost layer of the app: a request's id, log line, metrics and headers, and the last net for errors."""

import asyncio
import math
import re
import time
from collections.abc import Callable
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hazardlens.serve.access.clients import is_https, sender_of_request
from hazardlens.serve.access.errors import RateLimitedError
from hazardlens.serve.errors import OverloadedError
from hazardlens.serve.facts import STATIC_ROUTE, RequestFacts, attach_facts, route_template
from hazardlens.serve.logs import log_failure
from hazardlens.serve.metrics import Metrics
from hazardlens.serve.problems import INTERNAL_ERROR, http_answer, respond
from hazardlens.serve.refusing import CROWDED, Spacing
from hazardlens.serve.settings import Settings
from hazardlens.serve.tracing import Tracing

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens.access")

REQUEST_ID_HEADER: Final = "X-Request-ID"
CLIENT_GONE_STATUS: Final = 499
_SANE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), display-capture=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries unless its route sets the header itself."""

QUIET_ROUTES: Final = frozenset({"/healthz", "/readyz", "/metrics", STATIC_ROUTE})
"""Called all the time by machines: logged only when they fail."""

_SPACED: Final = frozenset({OverloadedError.code, RateLimitedError.code})
"""Refusals that a client can cause as fast as it can ask. Where connections are short, none is held open for them."""


class RequestMiddleware:
    """Wraps each request; nothing that happens inside goes uncounted or unanswered."""

    def __init__(
        self, app: ASGIApp, *, settings: Settings, metrics: Metrics, tracing: Tracing, new_id: Callable[[], str]
    ) -> None:
        self.app = app
        self._settings = settings
        self._metrics = metrics
        self._tracing = tracing
        self._new_id = new_id
        self._spacing = Spacing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        facts = RequestFacts(self._request_id(scope))
        attach_facts(scope, facts)
        start = time.perf_counter()
        status = CLIENT_GONE_STATUS  # until an answer is begun

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if facts.problem_code in _SPACED and not scope.get(CROWDED):
                    await self._hold(scope, headers)
                _complete_headers(headers, facts.request_id)
                self._promise_tls(scope, headers)
            await send(message)

        with (
            structlog.contextvars.bound_contextvars(request_id=facts.request_id),
            self._tracing.request(Headers(scope=scope), facts.request_id) as span,
        ):
            self._metrics.started()
            try:
                # No name has this character in it, and PostgreSQL refuses to look for one.
                app = respond(scope, http_answer(404)) if "\0" in scope["path"] else self.app
                await app(scope, receive, send_with_headers)
            except ClientDisconnect:
                return  # nobody is there to answer
            except Exception as error:  # the last net
                log_failure(error)
                if status != CLIENT_GONE_STATUS:
                    raise  # half an answer is out: the server must close the connection
                await respond(scope, INTERNAL_ERROR)(scope, receive, send_with_headers)
            finally:
                self._finish(scope, facts, status, time.perf_counter() - start)
                route = route_template(scope)
                span.end_as(f"{scope['method']} {route}", {"http.route": route, "http.response.status_code": status})

    async def _hold(self, scope: Scope, headers: MutableHeaders) -> None:
        sender = sender_of_request(Request(scope), self._settings)
        held_s = self._spacing.hold_s(sender, time.perf_counter())
        if held_s > 0:
            await asyncio.sleep(held_s)
            headers["Retry-After"] = str(max(1, math.ceil(int(headers.get("Retry-After", "1")) - held_s)))

    def _request_id(self, scope: Scope) -> str:
        sent = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        return sent if _SANE_ID.fullmatch(sent) else self._new_id()

    def _promise_tls(self, scope: Scope, headers: MutableHeaders) -> None:
        """HSTS, where the operator wants it; browsers believe it by TLS only."""
        if self._settings.hsts_max_age_s and is_https(Request(scope), self._settings):
            headers["Strict-Transport-Security"] = f"max-age={self._settings.hsts_max_age_s}"

    def _finish(self, scope: Scope, facts: RequestFacts, status: int, seconds: float) -> None:
        route = route_template(scope)
        self._metrics.ended(route, scope["method"], status, seconds, facts.problem_code)
        if route in QUIET_ROUTES and status < 400:
            return
        _log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            received_bytes=facts.received_bytes,
            photos=facts.photos,
            **{key: value for key, value in (("code", facts.problem_code), ("category", facts.category)) if value},
        )


def _complete_headers(headers: MutableHeaders, request_id: str) -> None:
    headers[REQUEST_ID_HEADER] = request_id
    headers.setdefault("Cache-Control", "no-store")
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
