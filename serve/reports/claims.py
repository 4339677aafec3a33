"""Who works on which report: claims that run out, so that a closed browser holds nothing up."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from hazardlens.serve.access.principals import SYSTEM, Principal
from hazardlens.serve.reports.changes import locked_report, move_report, write_change
from hazardlens.serve.reports.errors import MoveNotAllowedError, ReportChangedError
from hazardlens.serve.reports.second_look import wants_second
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.tables import report_events

UNCLAIMED: Final[dict[str, Any]] = {"claimed_by": None, "claimed_until": None}
UNDECIDED: Final[dict[str, Any]] = {"verdict": None, "decided_by": None, "decided_at": None}


def claim_report(
    connection: Connection, report_id: str, *, principal: Principal, now: datetime, version: int, lease_s: float
) -> RowMapping:
    """Hold a report for one reviewer, until the lease ends or they decide.

    Whoever holds it already keeps it: the lease is renewed once half of it is over, whatever version they have seen.

    Args:
        connection: of `Store.write`.
        report_id: which report.
        principal: the reviewer.
        now: the time, with zone.
        version: of the report as they saw it.
        lease_s: seconds until the claim runs out.

    Raises:
        ReportMissingError: no such report.
        ReportChangedError: somebody else holds it, or it is no longer what they saw.
        MoveNotAllowedError: it has been decided, or they decided it themselves and the second look is another's.
        ForbiddenError: they may not review.
    """
    row = locked_report(connection, report_id)
    lease = {"claimed_by": principal.actor, "claimed_until": now + timedelta(seconds=lease_s)}
    if row["claimed_by"] == principal.actor:
        if row["claimed_until"] - now > timedelta(seconds=lease_s / 2):
            return row
        return write_change(connection, row, lease, action="renew", principal=principal, now=now)
    if row["claimed_by"] is not None and row["claimed_until"] > now:
        raise ReportChangedError(f"{holder_of(connection, row)} is reviewing this report")
    require_version(row, version)
    if row["state"] == State.IN_REVIEW:
        fields = {**UNCLAIMED, "state": _state_before(row)}
        move_report(connection, report_id, "expire", principal=SYSTEM, now=now, fields=fields)
    elif wants_second(row):
        if row["decided_by"] == principal.actor:
            raise MoveNotAllowedError("you decided this report; the second look at it is another reviewer's")
        if row["state"] != State.CANNOT_TELL:
            return write_change(connection, row, lease, action="claim", principal=principal, now=now)
        lease["second_review"] = "done"  # a report on which nobody could tell is simply looked at anew
    return move_report(connection, report_id, "claim", principal=principal, now=now, fields={**UNDECIDED, **lease})


def release_report(
    connection: Connection, report_id: str, *, principal: Principal, now: datetime, version: int | None
) -> RowMapping:
    """Give a claimed report back to the queue, undecided.

    Raises:
        ReportMissingError: no such report.
        ReportChangedError: somebody else holds it, or it is no longer what they saw.
        MoveNotAllowedError: nobody holds it.
        ForbiddenError: they may not review.
    """
    row = locked_report(connection, report_id)
    if wants_second(row) and row["claimed_by"] == principal.actor:
        if version is not None:
            require_version(row, version)
        return write_change(connection, row, UNCLAIMED, action="release", principal=principal, now=now)
    return move_report(
        connection,
        report_id,
        "release",
        principal=principal,
        now=now,
        expected_version=version,
        fields={**UNCLAIMED, "state": _state_before(row)},
    )


def reopen_report(
    connection: Connection,
    report_id: str,
    *,
    principal: Principal,
    now: datetime,
    version: int,
    lease_s: float,
    reason: str | None = None,
) -> RowMapping:
    """Take a decision back and hold the report for another one; also the way to undo.

    Raises:
        ReportMissingError: no such report.
        ReportChangedError: it is no longer what they saw, or another reviewer holds it for a second look.
        MoveNotAllowedError: it has not been decided.
        ForbiddenError: they may not review.
    """
    row = locked_report(connection, report_id)
    if row["claimed_by"] not in {None, principal.actor} and row["claimed_until"] > now:
        raise ReportChangedError(f"{holder_of(connection, row)} is reviewing this report")
    fields = {
        **UNDECIDED,
        "claimed_by": principal.actor,
        "claimed_until": now + timedelta(seconds=lease_s),
        "second_review": "done" if row["second_review"] == "done" else "none",
    }
    return move_report(
        connection,
        report_id,
        "reopen",
        principal=principal,
        now=now,
        expected_version=version,
        fields=fields,
        details={"reason": reason},
    )


def require_version(row: RowMapping, version: int) -> None:
    """Check that nobody changed a report since somebody saw it.

    Raises:
        ReportChangedError: somebody did.
    """
    if row["version"] != version:
        raise ReportChangedError(f"version {row['version']} is there now, the request was made for {version}")


def last_claim(connection: Connection, report_id: str) -> RowMapping | None:
    """The event by which somebody took the report last."""
    events = report_events
    query = (
        select(events)
        .where(events.c.report_id == report_id, events.c.action.in_(("claim", "reopen")))
        .order_by(events.c.seq.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().one_or_none()


def holder_of(connection: Connection, row: RowMapping) -> str:
    """Name of whoever holds a report."""
    event = last_claim(connection, row["id"])
    return str(row["claimed_by"] if event is None else event["actor_name"])


def _state_before(row: RowMapping) -> str:
    """Where a report goes back to; one that no model has seen must not pass for pre-filled."""
    return (State.RECEIVED if row["prefill"] is None else State.PREFILLED).value
