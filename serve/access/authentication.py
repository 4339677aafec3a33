"""Who makes a request: an API key, a session, or nobody in particular."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hmac import compare_digest
from typing import Final

from sqlalchemy import RowMapping
from starlette.requests import Request

from hazardlens.serve.access.clients import (
    address_of,
    is_this_machine,
    refuse_other_sites,
    sender_of,
    session_cookie,
)
from hazardlens.serve.access.errors import CsrfError, UnauthenticatedError
from hazardlens.serve.access.keys import find_key, mark_used, principal_of_key
from hazardlens.serve.access.principals import ANONYMOUS, Principal
from hazardlens.serve.access.rates import RateLimit
from hazardlens.serve.access.roles import ROLE_ACTIONS, Action, Role
from hazardlens.serve.access.sessions import SEEN_EVERY, find_session, mark_seen
from hazardlens.serve.access.tokens import ApiKey
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError

CSRF_HEADER: Final = "X-CSRF-Token"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT_OUT: Final = Principal("anonymous", "", "anonymous", frozenset({Action.READ_MODELS}), Role.PUBLIC)


class Authenticator:
    """The real `Authenticate`.

    An `Authorization` header that is not a good API key is refused, whatever else comes along. A cookie whose session
    has ended is as good as none: the browser sends it by itself, and a rider whose phone once was a reviewer's must
    still be able to report. Nothing is granted by that, because whatever needs an account is then refused with 401.
    """

    def __init__(self, store: Store, settings: Settings, now: Callable[[], datetime]) -> None:
        """Take the parts; nothing is looked up yet."""
        self._store = store
        self._settings = settings
        self._now = now
        self._key_rate = RateLimit("key", settings.rate_limit_key_per_minute)
        self._anonymous_rate = RateLimit("anonymous", settings.rate_limit_anonymous_per_minute)

    async def __call__(self, request: Request) -> Principal:
        """Who it is.

        Raises:
            UnauthenticatedError: an API key that is not, or no longer, good.
            CsrfError: a session's change that does not come from a page of ours.
            RateLimitedError: too many requests.
            StoreUnavailableError: keys and sessions cannot be looked up.
        """
        header = request.headers.get("Authorization")
        if header is not None:
            return await self._key(header, request)
        token = request.cookies.get(session_cookie(request, self._settings))
        session = await asyncio.to_thread(self._session, token) if token else None
        if session is not None:
            self._check_csrf(request, session["csrf_token"])
            role = Role(session["role"])
            return Principal("account", session["id"], session["display_name"], ROLE_ACTIONS[role], role)
        self._count_anonymous(request)
        return ANONYMOUS if self._settings.anonymous_intake else _KEPT_OUT

    async def _key(self, header: str, request: Request) -> Principal:
        scheme, _, credentials = header.partition(" ")
        key = ApiKey.parse(credentials.strip()) if scheme.lower() == "bearer" else None
        row = await asyncio.to_thread(self._find_key, key) if key else None
        if row is None:
            self._count_anonymous(request)
            raise UnauthenticatedError("this is no API key, or one that was revoked")
        self._key_rate.count(row["id"])
        return principal_of_key(row)

    def _find_key(self, key: ApiKey) -> RowMapping | None:
        now = self._now()
        with self._store.read() as connection:
            row = find_key(connection, key)
        if row is not None and (row["last_used_at"] is None or row["last_used_at"] <= now - SEEN_EVERY):
            # A database that is busy for long must not keep out whoever has the right to come in.
            with suppress(StoreUnavailableError), self._store.write() as connection:
                mark_used(connection, key.id, now)
        return row

    def _session(self, token: str) -> RowMapping | None:
        now = self._now()
        with self._store.read() as connection:
            row = find_session(connection, token, now, self._settings.session_idle_h)
        if row is not None and row["seen_at"] <= now - SEEN_EVERY:
            with suppress(StoreUnavailableError), self._store.write() as connection:
                mark_seen(connection, row["token_sha256"], now)
        return row

    def _check_csrf(self, request: Request, expected: str) -> None:
        if request.method in _SAFE_METHODS:
            return
        refuse_other_sites(request, self._settings)
        if not compare_digest(request.headers.get(CSRF_HEADER, "").encode(), expected.encode()):
            raise CsrfError(f"a change by a session needs its token in {CSRF_HEADER}; GET /v1/session tells it")

    def _count_anonymous(self, request: Request) -> None:
        if not is_this_machine(request):  # else: a laptop, a benchmark, a job beside the server
            self._anonymous_rate.count(sender_of(address_of(request, self._settings)))
