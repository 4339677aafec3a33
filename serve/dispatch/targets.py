"""Who is told about which route: a table that operators edit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from hazardlens.serve.access.audit import Act
from hazardlens.serve.dispatch.addresses import check_url, without_secrets
from hazardlens.serve.dispatch.errors import RouteUnknownError, TargetChangedError, TargetUrlError
from hazardlens.serve.dispatch.signing import new_secret
from hazardlens.serve.store.tables import dispatch_targets

NEW_VERSION: Final = 0


@dataclass(frozen=True, slots=True)
class TargetChange:
    """What an operator wants a target to be.

    Attributes:
        url: where messages go; None: nowhere.
        enabled: whether they go at all.
        version: of the target as it was seen; 0 for one that was never set.
        secret: to sign with; None keeps the present one, or makes one where there is none.
        renew_secret: make a new one.
    """

    url: str | None
    enabled: bool
    version: int
    secret: str | None = None
    renew_secret: bool = False


def read_targets(connection: Connection, routes: Iterable[str]) -> dict[str, RowMapping | None]:
    """Each route of the policy, and each that has a row though the policy no longer knows it, with its row."""
    rows = connection.execute(select(dispatch_targets).order_by(dispatch_targets.c.route)).mappings()
    found = {row["route"]: row for row in rows}
    return {route: found.get(route) for route in (*routes, *(set(found) - set(routes)))}


def target_of(connection: Connection, route: str) -> RowMapping | None:
    """The row of a route; None for one that was never set."""
    query = select(dispatch_targets).where(dispatch_targets.c.route == route).with_for_update()
    return connection.execute(query).mappings().one_or_none()


def set_target(
    connection: Connection, act: Act, route: str, change: TargetChange, *, routes: Iterable[str], allow_private: bool
) -> tuple[RowMapping, str | None]:
    """Write a target, and who did so.

    Args:
        connection: of `Store.write`.
        act: who, when.
        route: a key of the policy's routes.
        change: what it shall be.
        routes: those that the policy knows.
        allow_private: see the setting `webhook_allow_private`.

    Returns:
        The row as it is now, and the secret if it is a new one: it is shown this once.

    Raises:
        RouteUnknownError: the policy has no such route.
        TargetChangedError: it is no longer at `change.version`.
        TargetUrlError: messages may not go there.
    """
    row = target_of(connection, route)
    if route not in routes and row is None:
        raise RouteUnknownError(f"the policy has no route {route[:80]!r}")
    if change.url is not None:
        check_url(change.url, allow_private=allow_private)
    elif change.enabled:
        raise TargetUrlError("a target without an address cannot be enabled")
    seen = NEW_VERSION if row is None else row["version"]
    if change.version != seen:
        raise TargetChangedError(f"version {seen} is there now, the request was made for {change.version}")
    secret = _secret(row, change)
    values: dict[str, Any] = {
        "url": change.url,
        "secret": secret,
        "enabled": change.enabled,
        "version": seen + 1,
        "updated_at": act.now,
        "updated_by": act.principal.actor,
    }
    if row is None:
        try:
            connection.execute(insert(dispatch_targets).values(route=route, **values))
        except IntegrityError as error:  # on PostgreSQL, what is not there yet cannot be locked
            raise TargetChangedError("somebody else has set this target just now") from error
    else:
        connection.execute(update(dispatch_targets).where(dispatch_targets.c.route == route).values(**values))
    is_new = row is None or row["secret"] != secret
    act.write(
        connection,
        "dispatch_target_set",
        f"route:{route}",
        before=None if row is None else _shown(row),
        after=_shown(values),
        new_secret=is_new,
        new_url=row is None or row["url"] != change.url,
    )
    return connection.execute(select(dispatch_targets).where(dispatch_targets.c.route == route)).mappings().one(), (
        secret if is_new else None
    )


def sample_message(route: str) -> dict[str, Any]:
    """What is sent to try a target out."""
    return {"type": "test", "route": route}


def _secret(row: RowMapping | None, change: TargetChange) -> str:
    if change.secret is not None:
        return change.secret
    kept: str | None = None if row is None or change.renew_secret else row["secret"]
    return kept or new_secret()


def _shown(values: RowMapping | dict[str, Any]) -> dict[str, Any]:
    """What the audit log may hold: never the secret, nor one that is part of the address."""
    url = values["url"]
    return {
        "url": None if url is None else without_secrets(url),
        **{name: values[name] for name in ("enabled", "version")},
    }
