"""The life of a report as one table: which move leads from which state to which, and what it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hazardlens.serve.access.roles import Action


class State(StrEnum):
    """Where a report stands."""

    RECEIVED = "received"
    PREFILLED = "prefilled"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    CANNOT_TELL = "cannot_tell"
    FORWARDED = "forwarded"
    RESOLVED = "resolved"


class Verdict(StrEnum):
    """What a reviewer decides; each is a move of the same name."""

    CONFIRM = "confirm"
    CORRECT = "correct"
    REJECT = "reject"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Move:
    """One way on.

    Attributes:
        sources: states it starts from.
        target: state it leads to.
        needs: what somebody must be allowed to do; None: the service itself moves.
        own_claim: only for whoever has claimed the report.
    """

    sources: frozenset[State]
    target: State
    needs: Action | None
    own_claim: bool = False


_DECIDED: Final = frozenset({State.CONFIRMED, State.CORRECTED, State.REJECTED, State.CANNOT_TELL})
_IN_REVIEW: Final = frozenset({State.IN_REVIEW})

MOVES: Final[Mapping[str, Move]] = MappingProxyType(
    {
        "prefill": Move(frozenset({State.RECEIVED}), State.PREFILLED, None),
        "claim": Move(frozenset({State.RECEIVED, State.PREFILLED, State.CANNOT_TELL}), State.IN_REVIEW, Action.REVIEW),
        "release": Move(_IN_REVIEW, State.PREFILLED, Action.REVIEW, own_claim=True),
        "expire": Move(_IN_REVIEW, State.PREFILLED, None),
        Verdict.CONFIRM: Move(_IN_REVIEW, State.CONFIRMED, Action.REVIEW, own_claim=True),
        Verdict.CORRECT: Move(_IN_REVIEW, State.CORRECTED, Action.REVIEW, own_claim=True),
        Verdict.REJECT: Move(_IN_REVIEW, State.REJECTED, Action.REVIEW, own_claim=True),
        Verdict.CANNOT_TELL: Move(_IN_REVIEW, State.CANNOT_TELL, Action.REVIEW, own_claim=True),
        "disagree": Move(_DECIDED | frozenset({State.FORWARDED, State.RESOLVED}), State.PREFILLED, Action.REVIEW),
        "reopen": Move(_DECIDED | frozenset({State.FORWARDED, State.RESOLVED}), State.IN_REVIEW, Action.REVIEW),
        "erase": Move(frozenset({State.RECEIVED, State.PREFILLED, State.IN_REVIEW}), State.CANNOT_TELL, Action.ERASE),
        "forward": Move(frozenset({State.CONFIRMED, State.CORRECTED}), State.FORWARDED, Action.REVIEW),
        "resolve": Move(frozenset({State.CONFIRMED, State.CORRECTED, State.FORWARDED}), State.RESOLVED, Action.RESOLVE),
    }
)
