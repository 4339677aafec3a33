"""The one way in which an act of administration is written down: in the same transaction as the act itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from hazardlens.serve.access.principals import Principal
from hazardlens.serve.store.tables import audit_events


def write_audit(
    connection: Connection,
    principal: Principal,
    action: str,
    target: str,
    detail: Mapping[str, Any],
    now: datetime,
    request_id: str | None,
) -> None:
    """Add a row to the audit log, which is only ever added to.

    Args:
        connection: of `Store.write`, the one that the act is done with: both are kept, or neither.
        principal: who did it.
        action: what, in the past: "account_added", "key_revoked".
        target: to whom or what: "account:ID", "key:ID", a name.
        detail: what else there is to know, as JSON; never a password, a token or a secret.
        now: the time, with zone.
        request_id: of the request; None for the command line and the service itself.
    """
    connection.execute(
        insert(audit_events).values(
            at=now,
            actor=principal.actor,
            actor_name=principal.name,
            action=action,
            target=target[:200],
            detail=dict(detail),
            request_id=request_id,
        )
    )


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when, and in which request.

    Attributes:
        principal: who.
        now: the time, with zone.
        request_id: of the request; None for the command line and the service itself.
    """

    principal: Principal
    now: datetime
    request_id: str | None = None

    def write(self, connection: Connection, action: str, target: str, **detail: object) -> None:
        """Add the act to the audit log: see `write_audit`."""
        write_audit(connection, self.principal, action, target, detail, self.now, self.request_id)


def read_audit(connection: Connection, *, limit: int, before: int | None = None) -> list[RowMapping]:
    """Events, the latest first.

    Args:
        connection: of `Store.read`.
        limit: most events to return.
        before: only those with a smaller `seq`: the last one of the page before.
    """
    query = select(audit_events).order_by(audit_events.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_events.c.seq < before)
    return list(connection.execute(query).mappings())
