"""Accounts of people. None is ever deleted, because rows name who decided; a disabled one can do nothing."""

import re
import unicodedata
from typing import Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.errors import AccountMissingError, LastAdministratorError, NameTakenError
from hazardlens.serve.access.roles import Role
from hazardlens.serve.access.sessions import end_sessions_of
from hazardlens.serve.access.tokens import is_id, new_id
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.store.tables import accounts, one_time_links

ACCOUNT_ROLES: Final = (Role.REVIEWER, Role.ENGINEER, Role.ADMINISTRATOR)
_NAME: Final = re.compile(r"\w[\w.@+-]{0,59}")


def normal_name(name: str) -> str:
    """A name as it is stored and looked up: "Li " and "ｌｉ" are "li"."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def checked_name(name: str) -> str:
    """The same, for a new account.

    Raises:
        FieldInvalidError: it is empty or long, or has characters that a name does not need.
    """
    normal = normal_name(name)
    if not _NAME.fullmatch(normal):
        raise FieldInvalidError("name: 1 to 60 letters, digits and . _ - @ +, beginning with a letter or digit")
    return normal


def count_accounts(connection: Connection) -> int:
    """How many there are, disabled ones too."""
    return connection.execute(select(func.count()).select_from(accounts)).scalar_one()


def list_accounts(connection: Connection) -> list[RowMapping]:
    """All accounts, by name."""
    return list(connection.execute(select(accounts).order_by(accounts.c.name)).mappings())


def account_named(connection: Connection, name: str) -> RowMapping | None:
    """The account that somebody means by `name`."""
    normal = normal_name(name)
    if not _NAME.fullmatch(normal):
        return None
    return connection.execute(select(accounts).where(accounts.c.name == normal)).mappings().one_or_none()


def account_of(connection: Connection, account_id: str) -> RowMapping:
    """An account by its id.

    Raises:
        AccountMissingError: there is none.
    """
    query = select(accounts).where(accounts.c.id == account_id)
    row = connection.execute(query).mappings().one_or_none() if is_id(account_id) else None
    if row is None:
        raise AccountMissingError(f"no account {account_id[:40]!r}")
    return row


def add_account(
    connection: Connection, act: Act, *, name: str, role: Role, display_name: str = "", password_hash: str | None = None
) -> RowMapping:
    """A new account; without a password it cannot sign in until a one-time link gave it one.

    Raises:
        FieldInvalidError: a name that cannot be one, or the role of those without account.
        NameTakenError: somebody has it.
    """
    name = checked_name(name)
    if role not in ACCOUNT_ROLES:
        raise FieldInvalidError(f"role: one of {', '.join(ACCOUNT_ROLES)}")
    values = {
        "id": new_id(),
        "name": name,
        "display_name": display_name.strip() or name,
        "role": role.value,
        "password_hash": password_hash,
        "created_at": act.now,
        "password_changed_at": act.now if password_hash else None,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(accounts).values(**values))
    except IntegrityError as error:
        raise NameTakenError(f"an account {name!r} exists") from error
    act.write(connection, "account_added", f"account:{values['id']}", name=name, role=role.value)
    return account_of(connection, str(values["id"]))


def change_account(
    connection: Connection,
    act: Act,
    account_id: str,
    *,
    role: Role | None = None,
    display_name: str | None = None,
    disabled: bool | None = None,
) -> RowMapping:
    """Change what is given, at once: a disabled account's sessions and links end, a new role holds from now on.

    Raises:
        AccountMissingError: there is none.
        FieldInvalidError: the role of those without account.
        LastAdministratorError: nobody could administer the service afterwards.
    """
    row = account_of(connection, account_id)
    if role is not None and role not in ACCOUNT_ROLES:
        raise FieldInvalidError(f"role: one of {', '.join(ACCOUNT_ROLES)}")
    changes: dict[str, object] = {}
    if role is not None and role != row["role"]:
        changes["role"] = role.value
    if display_name is not None and display_name.strip() != row["display_name"]:
        changes["display_name"] = display_name.strip() or row["name"]
    if disabled is not None and disabled != (row["disabled_at"] is not None):
        changes["disabled_at"] = act.now if disabled else None
    if not changes:
        return row
    if row["role"] == Role.ADMINISTRATOR and ("role" in changes or changes.get("disabled_at") is not None):
        _refuse_for_the_last_one(connection, account_id)
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(**changes))
    if changes.get("disabled_at") is not None:
        end_sessions_of(connection, account_id)
        end_links_of(connection, act, account_id)
    told = {name: value for name, value in changes.items() if name != "disabled_at"}
    if "disabled_at" in changes:
        told["disabled"] = disabled
    act.write(connection, "account_changed", f"account:{account_id}", name=row["name"], **told)
    return account_of(connection, account_id)


def _refuse_for_the_last_one(connection: Connection, account_id: str) -> None:
    # Locked, so that two administrators who disable each other at once do not both succeed.
    query = select(accounts.c.id).where(
        accounts.c.role == Role.ADMINISTRATOR.value,
        accounts.c.disabled_at.is_(None),
        accounts.c.password_hash.is_not(None),
    )
    able = set(connection.execute(query.order_by(accounts.c.id).with_for_update()).scalars())
    if not able - {account_id}:
        raise LastAdministratorError("no other administrator can sign in; make one first")


def set_password(connection: Connection, act: Act, account_id: str, password_hash: str) -> None:
    """Give an account a password; its sessions and its other one-time links end."""
    changes = {"password_hash": password_hash, "password_changed_at": act.now}
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(**changes))
    end_sessions_of(connection, account_id)
    end_links_of(connection, act, account_id)
    act.write(connection, "password_changed", f"account:{account_id}")


def end_links_of(connection: Connection, act: Act, account_id: str) -> None:
    """Make all unused one-time links of an account useless."""
    unused = (one_time_links.c.account_id == account_id, one_time_links.c.used_at.is_(None))
    connection.execute(update(one_time_links).where(*unused).values(used_at=act.now))
