"""What has to be told to those who act: written in the transaction of the decision, sent later by the worker.

A delivery that is waiting is due at `next_at`. Whoever takes it moves `next_at` ahead by a lease and counts the
attempt, so that no two servers send it at once, and one that dies in the middle leaves it to be sent again, under the
same id.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, insert, or_, select, update

from hazardlens.model.taxonomy import Category
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.workflow import State, Verdict
from hazardlens.serve.store.tables import deliveries, dispatch_targets, report_events, report_media, reports

TOLD: Final = frozenset({State.CONFIRMED, State.CORRECTED})
_STILL_TRUE: Final = TOLD | {State.FORWARDED}
_DECISIONS: Final = (Verdict.CONFIRM.value, Verdict.CORRECT.value)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; somebody may have it tried again
    WITHDRAWN = "withdrawn"  # the decision changed before it was told


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this server may send until its lease ends.

    Attributes:
        attempt: from 1; also tells whether the claim still holds when the outcome is written.
        request_id: of the request that decided the report, for the log; None where it is not known.
    """

    id: str
    report_id: str
    route: str
    attempt: int
    payload: Mapping[str, Any]
    url: str
    secret: str
    request_id: str | None = None


def enqueue_delivery(connection: Connection, row: RowMapping, now: datetime) -> str | None:
    """Have a decision told to those who act on it; called in the transaction that writes the decision.

    It does nothing when there is nothing to tell: in other states than confirmed and corrected, for `not_a_hazard`, and
    for a route without an enabled target. What was to be told of the report before and was not is withdrawn.

    Args:
        connection: of `Store.write`; the delivery is kept exactly when the decision is.
        row: the report as it is after the move, all columns of `reports`: what `move_report` returns.
        now: the time, with zone.

    Returns:
        The delivery's id, or None if there is nobody to tell.
    """
    _withdraw_untold(connection, row["id"])
    if row["state"] not in TOLD or row["category"] in {None, Category.NOT_A_HAZARD}:
        return None
    target = select(dispatch_targets.c.route).where(
        dispatch_targets.c.route == row["route"], dispatch_targets.c.enabled, dispatch_targets.c.url.is_not(None)
    )
    if connection.execute(target).first() is None:
        return None
    delivery_id = new_report_id(now)
    connection.execute(
        insert(deliveries).values(
            id=delivery_id,
            report_id=row["id"],
            route=row["route"],
            payload=_message(connection, row),
            state=DeliveryState.WAITING,
            attempts=0,
            next_at=now,
            created_at=now,
        )
    )
    return delivery_id


def _withdraw_untold(connection: Connection, report_id: str) -> None:
    """What was decided before is never told after what is decided now, also not by whoever tries a dead one again."""
    untold = deliveries.c.state.in_((DeliveryState.WAITING, DeliveryState.DEAD))
    mine = deliveries.c.report_id == report_id
    connection.execute(update(deliveries).where(mine, untold).values(state=DeliveryState.WITHDRAWN))


def _message(connection: Connection, row: RowMapping) -> dict[str, Any]:
    """What is told: what it is, where it is, and where its photos are. Not who reported it."""
    prefill = row["prefill"] or {}
    columns = (report_media.c.n, report_media.c.kind, report_media.c.width, report_media.c.height)
    # Not a clip that nobody has worked on: there is nothing to show of it yet.
    shown = (report_media.c.report_id == row["id"], report_media.c.preview_sha256 != "")
    photos = connection.execute(select(*columns).where(*shown).order_by(columns[0]))
    return {
        "type": "report_decided",
        "report": {
            **{name: row[name] for name in ("id", "version", "state", "external_id", "category", "urgency", "route")},
            **{name: row[name] for name in ("text", "latitude", "longitude", "address", "model_version", "policy")},
            "codes": prefill.get("codes", {}) if prefill.get("category") == row["category"] else {},
            "created_at": row["created_at"].isoformat(),
            "decided_at": row["decided_at"].isoformat() if row["decided_at"] else None,
            "media": [
                {
                    "n": photo.n,
                    "kind": photo.kind,
                    "width": photo.width,
                    "height": photo.height,
                    "preview": f"/v1/reports/{row['id']}/media/{photo.n}?form=preview",
                }
                for photo in photos
            ],
        },
    }


def is_due(connection: Connection, now: datetime, resting: Collection[str] = ()) -> bool:
    """Whether there is a delivery to claim; asked first, so that idle servers do not queue up as writers."""
    return connection.execute(_due(now, resting).limit(1)).first() is not None


def claim_due(
    connection: Connection, now: datetime, *, lease: timedelta, resting: Collection[str] = ()
) -> Claimed | None:
    """Take the delivery that has been due for the longest; None when there is none.

    Args:
        connection: of `Store.write`.
        now: the time, with zone.
        lease: for how long nobody else takes it.
        resting: routes to leave alone.
    """
    # PostgreSQL skips what another server is taking at this moment; SQLite has one writer at a time.
    query = _due(now, resting).limit(1).with_for_update(of=deliveries, skip_locked=True)
    while (row := connection.execute(query).first()) is not None:
        if row.report_state in _STILL_TRUE:
            return _claim(connection, row, now + lease)
        connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(state=DeliveryState.WITHDRAWN))
    return None


def _claim(connection: Connection, row: Row[Any], until: datetime) -> Claimed:
    attempt = row.attempts + 1
    connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(attempts=attempt, next_at=until))
    asked = _decided_by(connection, row.report_id)
    return Claimed(row.id, row.report_id, row.route, attempt, row.payload, row.url, row.secret, asked)


def _decided_by(connection: Connection, report_id: str) -> str | None:
    """The id of the request that made the decision which is told."""
    events = report_events.c
    query = select(events.request_id).where(events.report_id == report_id, events.action.in_(_DECISIONS))
    found: str | None = connection.execute(query.order_by(events.seq.desc()).limit(1)).scalar_one_or_none()
    return found


def _due(now: datetime, resting: Collection[str]) -> Any:  # noqa: ANN401 - a Select of as many columns as are named here
    """Deliveries to send now, whose target takes any."""
    return (
        select(
            *(deliveries.c.id, deliveries.c.report_id, deliveries.c.route, deliveries.c.attempts, deliveries.c.payload),
            *(dispatch_targets.c.url, dispatch_targets.c.secret),
            reports.c.state.label("report_state"),
        )
        .join(dispatch_targets, dispatch_targets.c.route == deliveries.c.route)
        .join(reports, reports.c.id == deliveries.c.report_id)
        # What was never tried is due, whatever its time says: the clock may have gone back since.
        .where(deliveries.c.state == DeliveryState.WAITING)
        .where(or_(deliveries.c.next_at <= now, deliveries.c.attempts == 0))
        .where(dispatch_targets.c.enabled, dispatch_targets.c.url.is_not(None))
        .where(deliveries.c.route.not_in(resting))
        .order_by(deliveries.c.next_at, deliveries.c.id)
    )
