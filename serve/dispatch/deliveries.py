"""Looking at deliveries, and having one that was given up tried again."""

from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, func, select, update

from hazardlens.serve.access.audit import Act
from hazardlens.serve.dispatch.errors import DeliveryMissingError, DeliveryNotDeadError
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.store.tables import deliveries

MAX_LIMIT: Final = 200


def list_deliveries(
    connection: Connection,
    *,
    state: DeliveryState | None,
    route: str | None,
    report_id: str | None,
    limit: int,
    after: str | None,
) -> tuple[list[RowMapping], str | None]:
    """Deliveries, the newest first, and where the next page begins.

    Args:
        connection: of `Store.read`.
        state: only these.
        route: only of this one.
        report_id: only of this one.
        limit: most of them.
        after: the id that the page before ended with; ids grow with time.
    """
    wanted = {deliveries.c.state: state, deliveries.c.route: route, deliveries.c.report_id: report_id}
    query: Select[Any] = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit + 1)
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(deliveries.c.id < after)
    rows = list(connection.execute(query).mappings())
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def count_by_state(connection: Connection) -> dict[str, int]:
    """How many there are of each."""
    counted = connection.execute(select(deliveries.c.state, func.count().label("n")).group_by(deliveries.c.state))
    return dict.fromkeys(map(str, DeliveryState), 0) | {row.state: row.n for row in counted}


def retry_delivery(connection: Connection, act: Act, delivery_id: str) -> RowMapping:
    """Have a delivery that was given up tried again, from the first attempt on, under the same id.

    Raises:
        DeliveryMissingError: there is none.
        DeliveryNotDeadError: it waits, arrived or was withdrawn.
    """
    query = select(deliveries).where(deliveries.c.id == delivery_id)
    row = connection.execute(query.with_for_update()).mappings().one_or_none()
    if row is None:
        raise DeliveryMissingError(f"no delivery {delivery_id[:40]!r}")
    if row["state"] != DeliveryState.DEAD:
        raise DeliveryNotDeadError(f"this delivery is {row['state']}; only dead ones can be tried again")
    again = {"state": DeliveryState.WAITING, "attempts": 0, "next_at": act.now}
    connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(**again))
    act.write(connection, "delivery_retried", f"delivery:{delivery_id}", report=row["report_id"])
    return connection.execute(query).mappings().one()
