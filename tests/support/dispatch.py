"""Decided reports and those who are told of them, as the service would have left them."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select

from hazardlens.serve.dispatch.outbox import enqueue_delivery
from hazardlens.serve.reports.changes import locked_report
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import deliveries, dispatch_targets, report_events, reports
from support.reports import BEGINNING, add_report

ROUTE: Final = "sub_district_grid"
SECRET: Final = "whs_0123456789abcdef"  # noqa: S105 - of nothing but tests
LATER: Final = BEGINNING + timedelta(minutes=5)


def set_target(
    store: Store, url: str | None = "http://127.0.0.1:1/", *, route: str = ROUTE, enabled: bool = True
) -> None:
    """A target, as an operator would have set it."""
    row = {"route": route, "url": url, "secret": SECRET, "enabled": enabled, "version": 1}
    with store.write() as connection:
        connection.execute(insert(dispatch_targets).values(**row, updated_at=BEGINNING, updated_by="account:a"))


def add_decided(store: Store, *, state: State = State.CONFIRMED, **columns: Any) -> str:  # noqa: ANN401 - any value
    """A report that somebody decided; its id."""
    return add_report(store, **{"state": state.value, "decided_at": LATER, "decided_by": "account:li", **columns})


def enqueue(store: Store, report_id: str) -> str | None:
    """What the review does in its transaction."""
    with store.write() as connection:
        return enqueue_delivery(connection, locked_report(connection, report_id), LATER)


def waiting_delivery(store: Store, url: str, **columns: Any) -> tuple[str, str]:  # noqa: ANN401 - any column's value
    """A target at `url` and a decision that waits to be told: ids of report and delivery."""
    set_target(store, url)
    report_id = add_decided(store, **columns)
    delivery_id = enqueue(store, report_id)
    assert delivery_id is not None
    return report_id, delivery_id


def delivery_of(store: Store, delivery_id: str) -> RowMapping:
    """Its row."""
    with store.read() as connection:
        return connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings().one()


def report_of(store: Store, report_id: str) -> RowMapping:
    """Its row."""
    with store.read() as connection:
        return connection.execute(select(reports).where(reports.c.id == report_id)).mappings().one()


def events_of(store: Store, report_id: str) -> list[tuple[str, str, str | None]]:
    """Action, actor and note of each event but the first."""
    with store.read() as connection:
        query = select(report_events).where(report_events.c.report_id == report_id).order_by(report_events.c.seq)
        return [(row["action"], row["actor"], row["note"]) for row in connection.execute(query).mappings()][1:]
