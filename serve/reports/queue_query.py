"""What somebody asks of the queue, and the place in it where a page ends."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field, FiniteFloat, TypeAdapter
from sqlalchemy import ColumnElement, RowMapping

from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.reports.reading import ReportId, read_kinds, read_limit
from hazardlens.serve.store.tables import reports
from hazardlens.serve.uploads import read_query

QUEUE_PARAMETERS: Final = ("state", "category", "urgency", "needs_human", "limit", "after")


class Shelf(StrEnum):
    """Which reports."""

    OPEN = "open"
    MINE = "mine"
    DECIDED = "decided"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Position:
    """The last report of a page. `rank` and `doubt` order what is open; the other shelves go by time."""

    rank: int
    doubt: float
    time: datetime
    report_id: str

    def write(self) -> str:
        """As a client sends it back."""
        values = [self.rank, self.doubt, self.time.isoformat(), self.report_id]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()

    @classmethod
    def read(cls, cursor: str) -> "Position":
        """From what `write` gave.

        Raises:
            FieldInvalidError: anything else.
        """
        try:
            rank, doubt, time, report_id = _POSITION.validate_json(base64.urlsafe_b64decode(cursor.encode("ascii")))
            return cls(rank, doubt, time.astimezone(UTC), report_id)
        except (ValueError, OverflowError) as error:  # binascii.Error, UnicodeError and pydantic's are ValueErrors
            raise FieldInvalidError("after: not a `next` of an earlier answer") from error


_Rank = Annotated[int, Field(ge=0, lt=2**31)]
_POSITION: Final = TypeAdapter(tuple[_Rank, FiniteFloat, AwareDatetime, ReportId])


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """One page of one shelf: conditions that all hold, and a place to go on from."""

    shelf: Shelf = Shelf.OPEN
    conditions: tuple[ColumnElement[bool], ...] = ()
    after: Position | None = None
    limit: int = 50

    def position_of(self, row: RowMapping) -> Position:
        """The place of a row on this shelf."""
        time = row["decided_at"] if self.shelf is Shelf.DECIDED else row["created_at"]
        return Position(row["urgency_rank"], row["doubt"], time, row["id"])


def parse_queue_query(query: bytes) -> QueueQuery:
    """From a query string.

    Raises:
        FieldUnknownError: a parameter that there is not.
        FieldInvalidError: a value that it cannot have.
    """
    sent = {name: value for name, value in read_query(query, QUEUE_PARAMETERS).items() if value != ""}
    shelf = sent.get("state", Shelf.OPEN.value)
    if shelf not in list(Shelf):
        raise FieldInvalidError(f"state: {shelf[:40]!r} is none of {', '.join(Shelf)}")
    conditions: list[ColumnElement[bool]] = [
        reports.c[name].in_(read_kinds(name, sent[name])) for name in ("category", "urgency") if name in sent
    ]
    if "needs_human" in sent:
        conditions.append(reports.c.needs_human.is_(_read_flag("needs_human", sent["needs_human"])))
    after = Position.read(sent["after"]) if "after" in sent else None
    return QueueQuery(Shelf(shelf), tuple(conditions), after, read_limit(sent.get("limit")))


def _read_flag(name: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise FieldInvalidError(f"{name}: expected true or false, found {value[:40]!r}")
    return value == "true"
