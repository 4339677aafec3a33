"""What becomes of a delivery, and of its report, once a message was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, update

from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.dispatch.outbox import Claimed, DeliveryState
from hazardlens.serve.dispatch.sending import Outcome
from hazardlens.serve.reports.changes import locked_report, move_report
from hazardlens.serve.reports.workflow import MOVES, State
from hazardlens.serve.store.tables import deliveries

MAX_NOTE_CHARS: Final = 2000
_FIRST_PAUSE: Final = timedelta(seconds=10)
_LONGEST_PAUSE: Final = timedelta(hours=1)


def pause_after(attempt: int, draw: float) -> timedelta:
    """How long to wait after an attempt that failed: twice as long each time, up to an hour, and half of it by lot.

    Without the lot, all that waited for a receiver would come back to it at once.

    Args:
        attempt: from 1.
        draw: 0 <= x < 1.
    """
    doublings = min(attempt - 1, 20)
    longest = min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)
    return longest * (0.5 + draw / 2)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Attributes:
        max_attempts: see the setting `webhook_max_attempts`.
        draw: 0 <= x < 1.
    """

    max_attempts: int
    draw: float


def write_outcome(
    connection: Connection, claimed: Claimed, outcome: Outcome, now: datetime, patience: Patience
) -> DeliveryState | None:
    """Write down what came of an attempt, and move the report on if the message arrived.

    Args:
        connection: of `Store.write`.
        claimed: what was sent.
        outcome: what came of it.
        now: the time, with zone.
        patience: how long to go on.

    Returns:
        The delivery's state; None when the claim no longer holds, because its lease ran out and somebody else has it.
    """
    if outcome.is_delivered:
        # The report before the delivery, as a review locks them: crosswise, each could wait for the other.
        locked_report(connection, claimed.report_id)
        state, changes = DeliveryState.DELIVERED, {"delivered_at": now}
    elif claimed.attempt >= patience.max_attempts:
        state, changes = DeliveryState.DEAD, {}
    else:
        state, changes = DeliveryState.WAITING, {"next_at": now + pause_after(claimed.attempt, patience.draw)}
    still_ours = (
        (deliveries.c.id == claimed.id)
        & (deliveries.c.state == DeliveryState.WAITING)
        & (deliveries.c.attempts == claimed.attempt)
    )
    written = connection.execute(
        update(deliveries).where(still_ours).values(state=state, last_error=outcome.error, **changes)
    )
    if written.rowcount == 0:
        return None
    if outcome.is_delivered:
        _move_report(connection, claimed.report_id, outcome.answer, now)
    return state


def _move_report(connection: Connection, report_id: str, answer: Mapping[str, Any], now: datetime) -> None:
    """Forwarded, and resolved if the answer says so; not where people have moved the report elsewhere meanwhile."""
    if _may(connection, report_id, "forward"):
        move_report(connection, report_id, "forward", principal=SYSTEM, now=now, fields={"forwarded_at": now})
    if answer.get("status") == State.RESOLVED and _may(connection, report_id, "resolve"):
        note = answer.get("note")
        details = {"note": _storable(note)[:MAX_NOTE_CHARS]} if isinstance(note, str) and note else None
        move_report(
            connection, report_id, "resolve", principal=SYSTEM, now=now, fields={"resolved_at": now}, details=details
        )


def _storable(note: str) -> str:
    """Without what JSON can hold and databases cannot: else the outcome could never be written, and all sent again."""
    return note.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _may(connection: Connection, report_id: str, move: str) -> bool:
    return State(locked_report(connection, report_id)["state"]) in MOVES[move].sources
