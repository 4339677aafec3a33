"""How reviewing goes: how long it takes, by how many people, and whether two of them agree."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection, case, func, select

from hazardlens.serve.reports.workflow import Verdict
from hazardlens.serve.stats.figures import cohens_kappa
from hazardlens.serve.stats.judged import share_of
from hazardlens.serve.stats.views import AgreementRow, ReviewTimeRow
from hazardlens.serve.stats.window import Window
from hazardlens.serve.store.tables import reviews

_ALL = "all"


def read_review_counts(connection: Connection, window: Window) -> tuple[int, int]:
    """Reviews made in the window, and people who made them. Who made how many is nobody's business here."""
    query = select(func.count(), func.count(reviews.c.reviewer.distinct())).where(window.holds(reviews.c.at))
    made, people = connection.execute(query).one()
    return made, people


def read_review_times(connection: Connection, window: Window) -> list[ReviewTimeRow]:
    """Median and 90th percentile of the seconds a review took, for all and for each verdict."""
    timed = window.holds(reviews.c.at) & reviews.c.seconds.is_not(None)
    rows = []
    for verdict in (_ALL, *Verdict):
        chosen = timed if verdict == _ALL else timed & (reviews.c.verdict == verdict)
        n = connection.execute(select(func.count()).select_from(reviews).where(chosen)).scalar_one()
        if n == 0:
            continue
        seconds = select(reviews.c.seconds).where(chosen).order_by(reviews.c.seconds)
        middle = connection.execute(seconds.offset((n - 1) // 2).limit(2 - n % 2)).scalars().all()
        late = connection.execute(seconds.offset((9 * n + 9) // 10 - 1).limit(1)).scalar_one()
        rows.append(ReviewTimeRow(verdict=str(verdict), n=n, median_s=sum(middle) / len(middle), p90_s=late))
    return rows


def read_agreement(connection: Connection, window: Window) -> list[AgreementRow]:
    """How far second reviews of the window agree with the review before them.

    Reports that the first reviewer could not tell are left out: all of those are looked at again, and only a sample of
    the others, so they would weigh too much. That the second one cannot tell is a disagreement like any other.
    """
    first, second, before = reviews.alias("first"), reviews.alias("second"), reviews.alias("before")
    previous = (
        select(func.max(before.c.seq))
        .where(before.c.report_id == second.c.report_id, before.c.kind == "first", before.c.seq < second.c.seq)
        .scalar_subquery()
    )
    unsure = Verdict.CANNOT_TELL.value
    one = (
        select(
            *(
                case((side.c.verdict == unsure, unsure), else_=side.c[column]).label(f"{side.name}_{column}")
                for column in ("category", "urgency")
                for side in (first, second)
            )
        )
        .select_from(second)
        .join(first, first.c.seq == previous)
        .where(second.c.kind == "second", window.holds(second.c.at), first.c.verdict != unsure)
        .subquery()
    )
    counted = connection.execute(select(*one.c, func.count().label("n")).group_by(*one.c))
    categories: Counter[tuple[str, str]] = Counter()
    urgencies: Counter[tuple[str, str]] = Counter()
    for row in counted:
        categories[row.first_category, row.second_category] += row.n
        urgencies[row.first_urgency, row.second_urgency] += row.n
    return [_agreement("category", categories), _agreement("urgency", urgencies)]


def _agreement(what: Literal["category", "urgency"], pairs: Mapping[tuple[str, str], int]) -> AgreementRow:
    n = sum(pairs.values())
    agreed = sum(count for (first, second), count in pairs.items() if first == second)
    share, low, high = share_of(agreed, n)
    return AgreementRow(what=what, n=n, agreed=agreed, share=share, low=low, high=high, kappa=cohens_kappa(pairs))
