"""API keys of intake systems: named, good for some actions only, revocable; shown once and kept as hashes."""

from collections.abc import Iterable
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import Connection, RowMapping, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.errors import KeyMissingError, NameTakenError
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import KEY_ACTIONS, Action
from hazardlens.serve.access.sessions import SEEN_EVERY
from hazardlens.serve.access.tokens import ApiKey, is_id, new_id, new_token, token_sha256
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.store.tables import api_keys


def list_keys(connection: Connection) -> list[RowMapping]:
    """All keys, revoked ones too, by name."""
    return list(connection.execute(select(api_keys).order_by(api_keys.c.name)).mappings())


def key_of(connection: Connection, id_or_name: str) -> RowMapping:
    """A key by its id or its name.

    Raises:
        KeyMissingError: there is none.
    """
    column = api_keys.c.id if is_id(id_or_name) else api_keys.c.name
    query = select(api_keys).where(column == id_or_name)
    row = connection.execute(query).mappings().one_or_none() if id_or_name.isprintable() else None
    if row is None:
        raise KeyMissingError(f"no API key {id_or_name[:40]!r}")
    return row


def add_key(
    connection: Connection, act: Act, *, name: str, actions: Iterable[Action], group: str | None = None
) -> tuple[RowMapping, ApiKey]:
    """A new key and its row. The key itself is kept nowhere: who loses it needs another one.

    Raises:
        FieldInvalidError: no name, no action, or an action that is for people only.
        NameTakenError: another key, perhaps a revoked one, has this name.
    """
    name, chosen = name.strip(), sorted(set(actions))
    if not 1 <= len(name) <= 120 or not name.isprintable() or is_id(name):
        raise FieldInvalidError("name: 1 to 120 printable characters")
    if not chosen or not KEY_ACTIONS.issuperset(chosen):
        raise FieldInvalidError(f"actions: one or more of {', '.join(sorted(KEY_ACTIONS))}")
    if group is not None and not (1 <= len(group) <= 80 and group.isprintable()):
        raise FieldInvalidError("reporter_group: 1 to 80 printable characters")
    key = ApiKey(new_id(), new_token())
    values = {
        "id": key.id,
        "name": name,
        "secret_sha256": token_sha256(key.secret),
        "actions": [action.value for action in chosen],
        "reporter_group": group,
        "created_at": act.now,
        "created_by": act.principal.actor,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(api_keys).values(**values))
    except IntegrityError as error:
        raise NameTakenError(f"a key {name!r} exists; revoked ones keep their names") from error
    act.write(connection, "key_added", f"key:{key.id}", name=name, actions=values["actions"], reporter_group=group)
    return key_of(connection, key.id), key


def revoke_key(connection: Connection, act: Act, id_or_name: str) -> RowMapping:
    """Make a key useless, for good; doing it twice changes nothing.

    Raises:
        KeyMissingError: there is none.
    """
    row = key_of(connection, id_or_name)
    if row["revoked_at"] is None:
        connection.execute(update(api_keys).where(api_keys.c.id == row["id"]).values(revoked_at=act.now))
        act.write(connection, "key_revoked", f"key:{row['id']}", name=row["name"])
    return key_of(connection, row["id"])


def find_key(connection: Connection, key: ApiKey) -> RowMapping | None:
    """The row of a key as it was sent; None where it is not, or no longer, good."""
    row = connection.execute(select(api_keys).where(api_keys.c.id == key.id)).mappings().one_or_none()
    stored = "" if row is None else row["secret_sha256"]
    matches = compare_digest(stored.encode(), token_sha256(key.secret).encode())
    return row if matches and row is not None and row["revoked_at"] is None else None


def mark_used(connection: Connection, key_id: str, now: datetime) -> None:
    """Note that a key is in use."""
    stale = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at <= now - SEEN_EVERY)
    connection.execute(update(api_keys).where(api_keys.c.id == key_id, stale).values(last_used_at=now))


def principal_of_key(row: RowMapping) -> Principal:
    """Who comes with this key."""
    actions = KEY_ACTIONS & {Action(name) for name in row["actions"] if name in set(Action)}
    return Principal("key", row["id"], row["name"], frozenset(actions), group=row["reporter_group"])
