"""The one way in which a report changes: a move that its state allows, and the event that tells of it, together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from hazardlens.serve.access.errors import ForbiddenError
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.logs import current_request_id
from hazardlens.serve.reports.errors import MoveNotAllowedError, ReportChangedError, ReportMissingError
from hazardlens.serve.reports.workflow import MOVES, Move, State
from hazardlens.serve.store.tables import report_events, reports


def locked_report(connection: Connection, report_id: str) -> RowMapping:
    """The report's row, held against other writers until the transaction ends.

    Raises:
        ReportMissingError: there is none.
    """
    query = select(reports).where(reports.c.id == report_id).with_for_update()  # SQLite has locked the whole file
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise ReportMissingError(f"no report {report_id[:40]!r}")
    return row


def move_report(
    connection: Connection,
    report_id: str,
    move_name: str,
    *,
    principal: Principal,
    now: datetime,
    expected_version: int | None = None,
    fields: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> RowMapping:
    """Move a report to its next state, and write down who did it and what changed.

    Args:
        connection: of `Store.write`.
        report_id: which report.
        move_name: a key of `workflow.MOVES`.
        principal: who does it.
        now: the time, with zone.
        expected_version: the version that the principal has seen; None does not ask.
        fields: columns of `reports` that change with it.
        details: further columns of the event: reason, note, request_id.

    Returns:
        The row as it is now.

    Raises:
        ReportMissingError: no such report.
        ReportChangedError: somebody changed it since `expected_version`.
        MoveNotAllowedError: not from the state that it is in.
        ForbiddenError: not by this principal, or claimed by somebody else.
    """
    row = locked_report(connection, report_id)
    move = MOVES[move_name]
    _check(row, move_name, move, principal, expected_version)
    changes = {"state": move.target.value, **(fields or {})}
    return write_change(
        connection,
        row,
        changes,
        action=move_name,
        principal=principal,
        now=now,
        details=details,
    )


def _check(row: RowMapping, name: str, move: Move, principal: Principal, expected_version: int | None) -> None:
    if expected_version is not None and row["version"] != expected_version:
        raise ReportChangedError(f"version {row['version']} is there now, the request was made for {expected_version}")
    if row["erased_at"] is not None:
        raise MoveNotAllowedError(f"{name}: what this report was made of is erased")
    if State(row["state"]) not in move.sources:
        raise MoveNotAllowedError(f"{name}: not possible in the state {row['state']!r}")
    if not _is_entitled(principal, move):
        raise ForbiddenError(f"{principal.name} has no right to {move.needs}")
    if move.own_claim and row["claimed_by"] != principal.actor:
        raise ReportChangedError("somebody else is reviewing this report")


def _is_entitled(principal: Principal, move: Move) -> bool:
    """Whether somebody may make a move. The service itself has no rights that could be lent, and may make them all."""
    return move.needs is None or principal.kind == "system" or move.needs in principal.actions


def write_change(
    connection: Connection,
    row: RowMapping,
    changes: Mapping[str, Any],
    *,
    action: str,
    principal: Principal,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> RowMapping:
    """Write changed columns and their event; for `move_report`, and for changes that are no moves.

    Args:
        connection: of `Store.write`.
        row: the report as it is, from `locked_report`.
        changes: column -> new value.
        action: name of the event.
        principal: who.
        now: the time, with zone.
        details: further columns of the event: reason, note, request_id; without the last one, the present request's.

    Returns:
        The row as it is now.
    """
    before = {name: _plain(row[name]) for name in changes if row[name] != changes[name]}
    connection.execute(
        insert(report_events).values(
            report_id=row["id"],
            at=now,
            actor=principal.actor,
            actor_name=principal.name,
            action=action,
            before=before,
            after={name: _plain(changes[name]) for name in before},
            model_version=changes.get("model_version", row["model_version"]),
            policy=changes.get("policy", row["policy"]),
            **{"request_id": current_request_id(), **(details or {})},
        )
    )
    connection.execute(
        update(reports).where(reports.c.id == row["id"]).values(**changes, version=row["version"] + 1, updated_at=now)
    )
    return connection.execute(select(reports).where(reports.c.id == row["id"])).mappings().one()


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column's value
    """As JSON holds it."""
    return value.isoformat() if isinstance(value, datetime) else value
