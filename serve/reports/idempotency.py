"""`Idempotency-Key`: a request that is sent again gets the report that it made the first time.

A key is claimed before the work, and finished in the transaction that stores the report. So whatever is killed when,
there is one report for a key, and none that its sender could not find again by sending the key again.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.reports.errors import IdempotencyInFlightError, IdempotencyMismatchError
from hazardlens.serve.store.tables import idempotency_keys

HEADER: Final = "Idempotency-Key"
_SANE_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_keys: Final = idempotency_keys.c


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that one request holds while it works."""

    source: str
    key: str
    claimed_at: datetime


def read_key(header: str | None) -> str | None:
    """The header's value; None where there is none.

    Raises:
        FieldInvalidError: it is empty, too long, or more than printable ASCII.
    """
    if header is not None and not _SANE_KEY.fullmatch(header):
        raise FieldInvalidError(f"{HEADER}: expected 1 to 200 printable ASCII characters without spaces")
    return header


def claim_key(connection: Connection, claim: Claim, body_sha256: str, *, in_flight_s: float) -> str | None:
    """Hold the key.

    Args:
        connection: of `Store.write`.
        claim: whose key, and since when.
        body_sha256: of what was sent with it.
        in_flight_s: a claim that is older was left behind by a crash, and is taken over.

    Returns:
        The id of the report that this key has made already; None where the work is to be done now.

    Raises:
        IdempotencyMismatchError: the key was used for another body.
        IdempotencyInFlightError: the first request with it is under way.
    """
    row = _insert_or_find(connection, claim, body_sha256)
    if row is None:
        return None
    if row["body_sha256"] != body_sha256:
        raise IdempotencyMismatchError("this Idempotency-Key was used for another body; take a new one")
    if row["report_id"] is not None:
        return str(row["report_id"])
    # Also one from a time to come: by a clock that was ahead, and that nobody should have to wait for.
    if abs(claim.claimed_at - row["created_at"]) <= timedelta(seconds=in_flight_s):
        raise IdempotencyInFlightError("the first request with this Idempotency-Key is under way; try again later")
    connection.execute(update(idempotency_keys).where(_this(claim)).values(created_at=claim.claimed_at))
    return None


def finish_key(connection: Connection, claim: Claim, report_id: str) -> None:
    """Bind the key to its report, in the transaction that stores the report.

    Raises:
        IdempotencyInFlightError: the claim was taken over, as that of a dead request; the other one goes on.
    """
    finished = connection.execute(update(idempotency_keys).where(_held(claim)).values(report_id=report_id))
    if finished.rowcount != 1:
        raise IdempotencyInFlightError("this request took so long that another one with its key has taken over")


def abandon_key(connection: Connection, claim: Claim) -> None:
    """Forget a key whose work came to nothing, so that it can be used again."""
    connection.execute(delete(idempotency_keys).where(_held(claim)))


def abandon_left_behind(connection: Connection, *, before: datetime) -> None:
    """Forget the keys that were held before a server started that has its database to itself: a crash left them."""
    connection.execute(delete(idempotency_keys).where(_keys.report_id.is_(None), _keys.created_at < before))


def purge_keys(connection: Connection, *, before: datetime) -> None:
    """Forget keys from before a time; their reports stay."""
    connection.execute(delete(idempotency_keys).where(_keys.created_at < before))


def _insert_or_find(connection: Connection, claim: Claim, body_sha256: str) -> RowMapping | None:
    """None where the key is new and now held; else its row, locked."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = {"source": claim.source, "key": claim.key, "body_sha256": body_sha256, "created_at": claim.claimed_at}
    new = dialect.insert(idempotency_keys).values(**values).on_conflict_do_nothing().returning(_keys.key)
    if connection.execute(new).first() is not None:
        return None
    query = select(idempotency_keys).where(_this(claim)).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise IdempotencyInFlightError("the first request with this Idempotency-Key failed just now; try again")
    return row


def _this(claim: Claim) -> ColumnElement[bool]:
    return and_(_keys.source == claim.source, _keys.key == claim.key)


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(_this(claim), _keys.report_id.is_(None), _keys.created_at == claim.claimed_at)
