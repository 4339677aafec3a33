"""Those who act close a report."""

from sqlalchemy import Connection, RowMapping

from hazardlens.serve.access.audit import Act
from hazardlens.serve.reports.changes import locked_report, move_report
from hazardlens.serve.reports.workflow import State


def resolve_report(connection: Connection, act: Act, report_id: str, note: str | None) -> RowMapping:
    """Move a decided report to `resolved`; one that is there already stays as it is, so that a retry is harmless.

    Raises:
        ReportMissingError: no such report.
        MoveNotAllowedError: it was not confirmed or corrected.
        ForbiddenError: not by this principal.
    """
    row = locked_report(connection, report_id)
    if row["state"] == State.RESOLVED:
        return row
    return move_report(
        connection,
        report_id,
        "resolve",
        principal=act.principal,
        now=act.now,
        fields={"resolved_at": act.now},
        details={"note": note, "request_id": act.request_id},
    )
