"""What whoever sent a report may know of it while they wait for its clip."""

from sqlalchemy import Connection, select

from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.reports.reading import missing, read_report_view
from hazardlens.serve.reports.views import ProgressView, SeenMedia
from hazardlens.serve.store.tables import idempotency_keys


def read_progress(connection: Connection, report_id: str, viewer: Principal, key: str | None) -> ProgressView:
    """How far a report is.

    Args:
        connection: of `Store.read`.
        report_id: which.
        viewer: who asks.
        key: the `Idempotency-Key` of the request that sent the report, for who may not read reports.

    Raises:
        ReportMissingError: there is none, or it is not theirs: nobody finds out which.
    """
    if Action.READ_REPORTS not in viewer.actions and not _sent_with(connection, report_id, viewer, key):
        raise missing(report_id)
    view = read_report_view(connection, report_id, viewer)
    media = [SeenMedia(**{name: getattr(one, name) for name in SeenMedia.model_fields}) for one in view.media]
    return ProgressView(id=view.id, state=view.state, work=view.work, prefill=view.prefill, media=media)


def _sent_with(connection: Connection, report_id: str, viewer: Principal, key: str | None) -> bool:
    keys = idempotency_keys.c
    query = select(keys.key).where(keys.source == viewer.actor, keys.key == key, keys.report_id == report_id)
    return key is not None and connection.execute(query).first() is not None
