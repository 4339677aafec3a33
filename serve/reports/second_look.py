"""The second look: a share of decided reports goes to another reviewer, who does not see what the first one said.

How often the two agree tells how far people can be believed at all, and with that what a model can be measured by.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import RowMapping

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.serve.reports.verdicts import Ruling
from hazardlens.serve.reports.views import ReportView
from hazardlens.serve.reports.workflow import State, Verdict

_UNDECIDED_STATES: Final = frozenset({State.RECEIVED, State.PREFILLED, State.IN_REVIEW})


def wants_second(row: RowMapping) -> bool:
    """Whether a decided report waits for a second reviewer, or is with one."""
    return row["second_review"] == "wanted" and State(row["state"]) not in _UNDECIDED_STATES


def drawn_for_second(verdict: Verdict, already: str, share: float, draw: Callable[[], float]) -> str:
    """Whether a report that is being decided is to be looked at again, as `reports.second_review` says it.

    A report on which nobody could tell always is: else it would have left the queue for good. None is twice.

    Args:
        verdict: of the decision.
        already: the column as it is.
        share: of the other decisions, 0 to 1.
        draw: a random number, 0 <= x < 1.
    """
    if already == "done":
        return already
    return "wanted" if verdict is Verdict.CANNOT_TELL or draw() < share else "none"


def agrees(first: RowMapping, second: Ruling) -> bool:
    """Whether two reviewers say the same: can it be told, what is it, how urgent is it. Boxes are not compared."""
    if Verdict.CANNOT_TELL in {first["verdict"], second.verdict}:
        return bool(first["verdict"] == second.verdict)
    return (first["category"], first["urgency"]) == (second.category, second.urgency)


def more_urgent(first: RowMapping, second: Ruling) -> tuple[Category, Urgency]:
    """Where two disagree, what holds until a third has looked: nothing is ranked low because of one of them."""
    category, urgency = Category(first["category"]), Urgency(first["urgency"])
    if second.category is not None and second.urgency is not None and second.urgency.rank > urgency.rank:
        return second.category, second.urgency
    return category, urgency


def blinded(view: ReportView) -> ReportView:
    """A decided report as the second reviewer sees it: with the machine's word, without the first reviewer's."""
    prefill = view.prefill
    return view.model_copy(
        update={
            "state": State.PREFILLED if view.claim is None else State.IN_REVIEW,
            "category": prefill.category if prefill else None,
            "urgency": prefill.urgency if prefill else None,
            "route": prefill.route if prefill else None,
            "verdict": None,
            "decided_by": None,
            "decided_at": None,
        }
    )
