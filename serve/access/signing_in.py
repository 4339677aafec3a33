"""From a name and a password to a session."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from hazardlens.serve.access.accounts import account_named, account_of, set_password
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.errors import LoginFailedError
from hazardlens.serve.access.passwords import check_strength, hash_password, is_outdated, password_matches
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import ROLE_ACTIONS, Role
from hazardlens.serve.access.sessions import OpenedSession, open_session
from hazardlens.serve.access.throttle import begin_attempt, forgive
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import accounts


def sign_in(
    store: Store, settings: Settings, act: Act, *, name: str, password: str, sender: str, now: Callable[[], datetime]
) -> tuple[RowMapping, OpenedSession]:
    """Begin a session.

    Args:
        store: the database.
        settings: how long sessions last.
        act: of whoever asks, still nobody.
        name: of the account, as it was typed.
        password: as it was typed.
        sender: where the attempt comes from, see `clients.sender_of`.
        now: the time, with zone.

    Returns:
        The account and its session.

    Raises:
        RateLimitedError: too early after too many failures.
        LoginFailedError: no such account, no such password, or a disabled account: nobody is told which.
    """
    began = act.now
    with store.write() as connection:
        begin_attempt(connection, name, sender, began)
    with store.read() as connection:
        row = account_named(connection, name)
    able = row is not None and row["disabled_at"] is None
    stored = row["password_hash"] if row is not None and able else None
    if not password_matches(password, stored) or row is None or stored is None:
        with store.write() as connection:
            act.write(connection, "sign_in_refused", f"account:{row['id']}" if row else "unknown", sender=sender)
        raise LoginFailedError("the name or the password is wrong")
    renewed = hash_password(password) if is_outdated(stored) else None
    with store.write() as connection:
        forgive(connection, name, sender, began)
        _require_unchanged(connection, row)
        if renewed:
            same = (accounts.c.id == row["id"], accounts.c.password_hash == stored)
            connection.execute(update(accounts).where(*same).values(password_hash=renewed))
        opened = open_session(connection, row["id"], now(), settings.session_max_h)
        signed_in = replace(act, principal=principal_of_account(row))
        signed_in.write(connection, "signed_in", f"account:{row['id']}", sender=sender)
    return row, opened


def change_password(
    store: Store, settings: Settings, act: Act, *, password: str, new_password: str, sender: str
) -> None:
    """Change the password of whoever is signed in. All sessions of the account end, this one too.

    Args:
        store: the database.
        settings: what a password needs.
        act: of an account.
        password: the present one: a session that was left open must not be enough.
        new_password: the chosen one.
        sender: where the attempt comes from, see `clients.sender_of`.

    Raises:
        RateLimitedError: too early after too many failures.
        LoginFailedError: it is not the present password.
        PasswordWeakError: another one, please.
    """
    with store.read() as connection:
        row = account_of(connection, act.principal.id)
    check_strength(new_password, row["name"], min_chars=settings.password_min_chars)
    with store.write() as connection:
        begin_attempt(connection, row["name"], sender, act.now)
    if not password_matches(password, row["password_hash"]):
        raise LoginFailedError("this is not the present password")
    hashed = hash_password(new_password)
    with store.write() as connection:
        forgive(connection, row["name"], sender, act.now)
        _require_unchanged(connection, row)
        set_password(connection, act, row["id"], hashed)


def _require_unchanged(connection: Connection, row: RowMapping) -> None:
    """See that a password that was looked at is still that of an account that may come in.

    Looking takes a while. Without this, whoever keeps signing in with a password that was found out would still be in
    after it was changed.

    Args:
        connection: of `Store.write`.
        row: of `accounts`, as it was before the look.

    Raises:
        LoginFailedError: it is not: changed, or the account was disabled, meanwhile.
    """
    query = select(accounts.c.id).where(
        accounts.c.id == row["id"],
        accounts.c.password_changed_at == row["password_changed_at"],  # not the hash: another sign-in may renew that
        accounts.c.disabled_at.is_(None),
    )
    if connection.execute(query.with_for_update()).first() is None:
        raise LoginFailedError("the name or the password is wrong")


def principal_of_account(row: RowMapping) -> Principal:
    """Who an account is."""
    role = Role(row["role"])
    return Principal("account", row["id"], row["display_name"], ROLE_ACTIONS[role], role)
