"""What reviewers decided about what the machine had said."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from hazardlens.model.taxonomy import Category
from hazardlens.serve.reports.workflow import Verdict
from hazardlens.serve.stats.figures import wilson_interval
from hazardlens.serve.stats.received import ReceivedCell
from hazardlens.serve.stats.views import ClueRow, CoverageRow, KeptRow, OverrideRow, ReasonRow, Sample
from hazardlens.serve.stats.window import Window, monday_of
from hazardlens.serve.store.tables import reports, reviews

SAMPLES: Final[tuple[Sample, ...]] = ("all", "audit", "rest")


@dataclass(frozen=True, slots=True)
class JudgedCell:
    """Decided reports that have all of these in common.

    Attributes:
        machine: the category that the pre-fill had; None where there was no pre-fill.
        person: the category that the reviewer decided for.
        kept: the reviewer left the pre-fill as it was.
        audit: the report was drawn at random from those that the machine was sure of.
    """

    day: str
    verdict: str
    machine: str | None
    person: str
    reason: str | None
    model_version: str | None
    group: str | None
    audit: bool
    kept: bool
    n: int


def last_decision() -> ColumnElement[bool]:
    """The condition on `reviews` that leaves one row a report: its last review that is no second opinion."""
    later = reviews.alias("later")
    newer = (later.c.report_id == reviews.c.report_id) & (later.c.kind == "first") & (later.c.seq > reviews.c.seq)
    return (reviews.c.kind == "first") & ~exists(select(later.c.seq).where(newer))


def machine_category() -> ColumnElement[str]:
    """The category of a report's pre-fill; NULL without one."""
    found: ColumnElement[str] = reports.c.prefill["category"].as_string()
    return found


def decided_between(window: Window, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Columns of last decisions of a window, with their reports."""
    query = select(*columns).select_from(reviews).join(reports, reports.c.id == reviews.c.report_id)
    return query.where(last_decision(), window.holds(reviews.c.at))


def read_judged(connection: Connection, window: Window) -> list[JudgedCell]:
    """The reports whose last decision lies in the window, counted by all that the tables below need."""
    one = decided_between(
        window,
        window.day_of(connection, reviews.c.at).label("day"),
        reviews.c.verdict,
        machine_category().label("machine"),
        reviews.c.category.label("person"),
        reviews.c.reason,
        reviews.c.model_version,
        reports.c.reporter_group.label("group"),
        reviews.c.audit,
        reviews.c.prefill_kept.label("kept"),
    ).subquery()
    counted = connection.execute(select(*one.c, func.count().label("n")).group_by(*one.c))
    return [JudgedCell(**row) for row in counted.mappings()]


def judged_only(cells: Iterable[JudgedCell]) -> list[JudgedCell]:
    """Without what the reviewer could not tell, and without reports that had no pre-fill to keep."""
    return [cell for cell in cells if cell.verdict != Verdict.CANNOT_TELL and cell.machine is not None]


def sample_of(cells: Iterable[JudgedCell], sample: Sample) -> list[JudgedCell]:
    """The cells that belong to a sample."""
    return [cell for cell in cells if sample == "all" or cell.audit == (sample == "audit")]


def total(cells: Iterable[JudgedCell]) -> int:
    """How many reports."""
    return sum(cell.n for cell in cells)


def kept_rows(
    cells: Sequence[JudgedCell], key_of: Callable[[JudgedCell], str | None], order: Sequence[str] = ()
) -> list[KeptRow]:
    """How often the pre-fill was kept, a row for each key and sample that has a decision.

    Args:
        cells: from `judged_only`.
        key_of: what to count by.
        order: keys that come first; others follow by name.
    """
    by_key: dict[str, list[JudgedCell]] = {}
    for cell in cells:
        by_key.setdefault(key_of(cell) or "", []).append(cell)
    ordered = [*(key for key in order if key in by_key), *sorted(set(by_key) - set(order))]
    return [
        _kept_row(key, sample, chosen)
        for key in ordered
        for sample in SAMPLES
        if (chosen := sample_of(by_key[key], sample))
    ]


def kept_overall(cells: Sequence[JudgedCell]) -> list[KeptRow]:
    """One row a sample, those without a decision included."""
    return [_kept_row("", sample, sample_of(cells, sample)) for sample in SAMPLES]


def kept_by_category(cells: Sequence[JudgedCell]) -> list[KeptRow]:
    """By the category that the machine chose."""
    return kept_rows(cells, lambda cell: cell.machine, [category.value for category in Category])


def kept_by_model(cells: Sequence[JudgedCell]) -> list[KeptRow]:
    """By the model version that made the pre-fill."""
    return kept_rows(cells, lambda cell: cell.model_version)


def kept_by_week(cells: Sequence[JudgedCell]) -> list[KeptRow]:
    """By the Monday of the week of the decision."""
    return kept_rows(cells, lambda cell: monday_of(cell.day))


def _kept_row(key: str, sample: Sample, cells: Sequence[JudgedCell]) -> KeptRow:
    decided, kept = total(cells), total(cell for cell in cells if cell.kept)
    share, low, high = share_of(kept, decided)
    return KeptRow(key=key, sample=sample, decided=decided, kept=kept, share=share, low=low, high=high)


def share_of(hits: int, n: int) -> tuple[float | None, float | None, float | None]:
    """A share and Wilson's interval; three times None where nothing was counted."""
    interval = wilson_interval(hits, n)
    return (None, None, None) if interval is None else (hits / n, *interval)


def coverage(came: Sequence[ReceivedCell], cells: Sequence[JudgedCell]) -> list[CoverageRow]:
    """How much the machine answers by itself, and how well: for all versions together, then for each.

    Coverage is of what came in, so that it does not hang on what people found time for; accuracy is of the random
    audit alone, so that it does not hang on what they chose.

    Args:
        came: from `received.read_received`.
        cells: from `judged_only`.
    """
    prefilled = [cell for cell in came if cell.abstained is not None]
    versions = {cell.model_version for cell in prefilled} | {cell.model_version for cell in cells}
    rows = [_coverage_row("", prefilled, cells)]
    for version in sorted(version for version in versions if version):
        own = [cell for cell in prefilled if cell.model_version == version]
        rows.append(_coverage_row(version, own, [cell for cell in cells if cell.model_version == version]))
    return rows


def _coverage_row(version: str, prefilled: Sequence[ReceivedCell], cells: Sequence[JudgedCell]) -> CoverageRow:
    audited = sample_of(cells, "audit")
    n, covered = sum(cell.n for cell in prefilled), sum(cell.n for cell in prefilled if not cell.abstained)
    decided, kept = total(audited), total(cell for cell in audited if cell.kept)
    part, part_low, part_high = share_of(covered, n)
    right, right_low, right_high = share_of(kept, decided)
    return CoverageRow(
        model_version=version,
        prefilled=n,
        covered=covered,
        coverage=part,
        coverage_low=part_low,
        coverage_high=part_high,
        decided=decided,
        kept=kept,
        accuracy=right,
        accuracy_low=right_low,
        accuracy_high=right_high,
    )


def overrides(cells: Iterable[JudgedCell]) -> list[OverrideRow]:
    """Every cell of machine against person that is not empty; those on the diagonal agree."""
    order = {category.value: place for place, category in enumerate(Category)}
    counts = Counter[tuple[str, str]]()
    for cell in cells:
        counts[cell.machine or "", cell.person] += cell.n
    return [
        OverrideRow(machine=machine, person=person, n=n)
        for (machine, person), n in sorted(
            counts.items(), key=lambda item: tuple((order.get(word, len(order)), word) for word in item[0])
        )
    ]


def reasons(cells: Iterable[JudgedCell]) -> list[ReasonRow]:
    """Why pre-fills were corrected or rejected, most frequent first."""
    counts = Counter[tuple[str, str]]()
    for cell in cells:
        if cell.reason is not None and cell.verdict in {Verdict.CORRECT, Verdict.REJECT}:
            counts[cell.verdict, cell.reason] += cell.n
    return [
        ReasonRow(verdict=verdict, reason=reason, n=n)
        for (verdict, reason), n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def clues_by_group(cells: Sequence[JudgedCell]) -> list[ClueRow]:
    """What each reporter group's clues were worth, largest group first."""
    rows = []
    for group in {cell.group for cell in cells}:
        own = [cell for cell in cells if cell.group == group]
        decided = [cell for cell in own if cell.verdict != Verdict.CANNOT_TELL]
        valid = total(cell for cell in decided if _is_valid(cell))
        share, low, high = share_of(valid, total(decided))
        rows.append(
            ClueRow(
                group=group or "",
                decided=total(decided),
                valid=valid,
                cannot_tell=total(own) - total(decided),
                share=share,
                low=low,
                high=high,
            )
        )
    return sorted(rows, key=lambda row: (-row.decided, row.group))


def _is_valid(cell: JudgedCell) -> bool:
    return cell.verdict in {Verdict.CONFIRM, Verdict.CORRECT} and cell.person != Category.NOT_A_HAZARD
