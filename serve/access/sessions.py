"""Sessions of people: begun by a password, kept by a cookie, ended by signing out, by time or by an administrator."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from hazardlens.serve.access.tokens import new_token, token_sha256
from hazardlens.serve.store.tables import accounts, sessions

COOKIE: Final = "hazardlens_session"
"""Where the browser came without TLS."""
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
"""Where it came by TLS: browsers take it from this host alone, for all its paths, and send it by TLS only."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exact `seen_at` and `last_used_at` are: a row is not written with every request."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What the browser gets: `token` in a cookie that scripts cannot read, `csrf_token` for scripts of our pages."""

    token: str
    csrf_token: str


def open_session(connection: Connection, account_id: str, now: datetime, max_hours: float) -> OpenedSession:
    """Begin a session, and clear away those that have ended by themselves.

    Args:
        connection: of `Store.write`.
        account_id: whose.
        now: the time, with zone.
        max_hours: hours after which it ends, used or not.
    """
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    opened = OpenedSession(new_token(), new_token())
    connection.execute(
        insert(sessions).values(
            token_sha256=token_sha256(opened.token),
            account_id=account_id,
            csrf_token=opened.csrf_token,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=max_hours),
        )
    )
    return opened


def find_session(connection: Connection, token: str, now: datetime, idle_hours: float) -> RowMapping | None:
    """The session of a cookie with its account (`id`, `name`, `display_name`, `role`); None where it has ended."""
    query = (
        select(
            sessions.c.token_sha256,
            sessions.c.csrf_token,
            sessions.c.seen_at,
            accounts.c.id,
            accounts.c.name,
            accounts.c.display_name,
            accounts.c.role,
        )
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(
            sessions.c.token_sha256 == token_sha256(token),
            sessions.c.expires_at > now,
            sessions.c.seen_at > now - timedelta(hours=idle_hours),
            accounts.c.disabled_at.is_(None),
        )
    )
    return connection.execute(query).mappings().one_or_none()


def mark_seen(connection: Connection, hashed: str, now: datetime) -> None:
    """Note that a session is in use; `hashed` is its `token_sha256`."""
    query = update(sessions).where(sessions.c.token_sha256 == hashed, sessions.c.seen_at < now)
    connection.execute(query.values(seen_at=now))


def end_session(connection: Connection, token: str) -> None:
    """End the session of a cookie, if there is one."""
    connection.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256(token)))


def end_sessions_of(connection: Connection, account_id: str) -> None:
    """End all sessions of an account."""
    connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
