"""One-time links: to set up the first administrator, and to give an account a (new) password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from hazardlens.serve.access.accounts import (
    account_of,
    add_account,
    checked_name,
    count_accounts,
    end_links_of,
    set_password,
)
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.errors import LinkInvalidError
from hazardlens.serve.access.passwords import check_strength, hash_password
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Role
from hazardlens.serve.access.tokens import new_token, token_sha256
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import accounts, one_time_links

SETUP: Final = "setup"
PASSWORD: Final = "password"  # noqa: S105 - a purpose, not a password
_FIRST: Final = Principal("system", "", "setup link", frozenset())  # somebody who has no account yet


@dataclass(frozen=True, slots=True)
class Link:
    """A link that can be used once.

    Attributes:
        token: its secret, kept nowhere else.
        expires_at: until when.
    """

    token: str
    expires_at: datetime

    def address(self, base: str) -> str:
        """What to open in a browser; `base` is the service's address without a path.

        The token is in the fragment, which browsers keep to themselves: no proxy and no log on the way has it.
        """
        return f"{base.rstrip('/')}/setup#token={self.token}"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link that is still good is for.

    Attributes:
        purpose: "setup": choose the administrator's name and password; "password": choose one for `account_name`.
        account_id: whose password; "" for a setup.
        account_name: their name.
    """

    purpose: Literal["setup", "password"]
    account_id: str = ""
    account_name: str = ""


def make_setup_link(connection: Connection, act: Act, hours: float) -> Link | None:
    """A link to make the first account an administrator's; None where there are accounts.

    Nothing about it goes to the audit log: until it is used, nothing has happened.
    """
    return None if count_accounts(connection) else _make(connection, act, SETUP, None, hours)


def make_password_link(connection: Connection, act: Act, account_id: str, hours: float) -> Link:
    """A link to choose the password of an account; earlier links of it end, its present password stays until then.

    Raises:
        AccountMissingError: there is no such account.
    """
    row = account_of(connection, account_id)
    end_links_of(connection, act, account_id)
    link = _make(connection, act, PASSWORD, account_id, hours)
    act.write(connection, "password_link_made", f"account:{account_id}", name=row["name"])
    return link


def _make(connection: Connection, act: Act, purpose: str, account_id: str | None, hours: float) -> Link:
    link = Link(new_token(), act.now + timedelta(hours=hours))
    connection.execute(delete(one_time_links).where(one_time_links.c.expires_at <= act.now))
    connection.execute(
        insert(one_time_links).values(
            token_sha256=token_sha256(link.token),
            purpose=purpose,
            account_id=account_id,
            created_at=act.now,
            expires_at=link.expires_at,
        )
    )
    return link


def look_at_link(connection: Connection, token: str, now: datetime) -> Offer:
    """What a link is for.

    Raises:
        LinkInvalidError: nothing, or nothing any more.
    """
    query = (
        select(one_time_links.c.purpose, one_time_links.c.account_id, accounts.c.name, accounts.c.disabled_at)
        .outerjoin(accounts, accounts.c.id == one_time_links.c.account_id)
        .where(
            one_time_links.c.token_sha256 == token_sha256(token),
            one_time_links.c.used_at.is_(None),
            one_time_links.c.expires_at > now,
        )
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is not None and row["purpose"] == SETUP and count_accounts(connection) == 0:
        return Offer("setup")
    if row is not None and row["purpose"] == PASSWORD and row["disabled_at"] is None:
        return Offer("password", row["account_id"], row["name"])
    raise LinkInvalidError("this link was used before, is too old, or never was one; ask for a new one")


def redeem_link(
    store: Store, *, token: str, name: str, password: str, min_chars: int, now: datetime, request_id: str | None
) -> RowMapping:
    """Use a link: make the first administrator, or set the password of the account that it is for.

    Args:
        store: the database.
        token: of the link.
        name: of the administrator; not looked at for a password.
        password: the chosen one.
        min_chars: fewest characters of a password.
        now: the time, with zone.
        request_id: for the audit log.

    Returns:
        The account.

    Raises:
        LinkInvalidError: the link is good for nothing.
        PasswordWeakError: another password, please; the link stays good.
        FieldInvalidError: the same of the name.
    """
    with store.read() as connection:
        offer = look_at_link(connection, token, now)
    chosen = checked_name(name) if offer.purpose == SETUP else offer.account_name
    check_strength(password, chosen, min_chars=min_chars)
    hashed = hash_password(password)
    with store.write() as connection:
        _lock(connection, offer.purpose)
        look_at_link(connection, token, now)  # again: somebody may have been quicker
        used = update(one_time_links).where(one_time_links.c.token_sha256 == token_sha256(token))
        connection.execute(used.values(used_at=now))
        if offer.purpose == SETUP:
            act = Act(_FIRST, now, request_id)
            return add_account(connection, act, name=chosen, role=Role.ADMINISTRATOR, password_hash=hashed)
        holder = Principal("account", offer.account_id, offer.account_name, frozenset())
        set_password(connection, Act(holder, now, request_id), offer.account_id, hashed)
        return account_of(connection, offer.account_id)


def _lock(connection: Connection, purpose: str) -> None:
    """Hold all links of this purpose: two setups at once would both see that there is no account yet."""
    connection.execute(
        select(one_time_links.c.token_sha256)
        .where(one_time_links.c.purpose == purpose)
        .order_by(one_time_links.c.token_sha256)
        .with_for_update()
    ).all()
