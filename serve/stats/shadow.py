"""What models in the shadow would have said, beside what was said and what reviewers decided."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select

from hazardlens.serve.reports.workflow import Verdict
from hazardlens.serve.stats.judged import last_decision, machine_category, share_of
from hazardlens.serve.stats.views import ShadowRow
from hazardlens.serve.stats.window import Window
from hazardlens.serve.store.tables import reports, reviews, shadow_results


@dataclass(frozen=True, slots=True)
class _Cell:
    model_version: str
    shadow: str | None
    active: str | None
    person: str | None
    n: int


def read_shadow(connection: Connection, window: Window) -> list[ShadowRow]:
    """A row for each model that looked at reports of the window from the shadow; newest version name last."""
    told = reviews.c.verdict != Verdict.CANNOT_TELL.value
    shadow_category: ColumnElement[str] = shadow_results.c.prefill["category"].as_string()
    one = (
        select(
            shadow_results.c.model_version,
            shadow_category.label("shadow"),
            machine_category().label("active"),
            reviews.c.category.label("person"),
        )
        .select_from(shadow_results)
        .join(reports, reports.c.id == shadow_results.c.report_id)
        .outerjoin(reviews, and_(reviews.c.report_id == reports.c.id, last_decision(), told))
        .where(window.holds(shadow_results.c.at))
        .subquery()
    )
    counted = connection.execute(select(*one.c, func.count().label("n")).group_by(*one.c))
    cells = [_Cell(**row) for row in counted.mappings()]
    return [_row(version, [cell for cell in cells if cell.model_version == version]) for version in _versions(cells)]


def _versions(cells: Iterable[_Cell]) -> list[str]:
    return sorted({cell.model_version for cell in cells})


def _row(version: str, cells: list[_Cell]) -> ShadowRow:
    decided = [cell for cell in cells if cell.person is not None]
    shadow_right = _total(cell for cell in decided if cell.shadow == cell.person)
    active_right = _total(cell for cell in decided if cell.active == cell.person)
    both_right = _total(cell for cell in decided if cell.shadow == cell.active == cell.person)
    shadow_share, shadow_low, shadow_high = share_of(shadow_right, _total(decided))
    active_share, active_low, active_high = share_of(active_right, _total(decided))
    return ShadowRow(
        model_version=version,
        seen=_total(cells),
        same=_total(cell for cell in cells if cell.shadow == cell.active),
        decided=_total(decided),
        shadow_right=shadow_right,
        shadow_share=shadow_share,
        shadow_low=shadow_low,
        shadow_high=shadow_high,
        active_right=active_right,
        active_share=active_share,
        active_low=active_low,
        active_high=active_high,
        only_shadow_right=shadow_right - both_right,
        only_active_right=active_right - both_right,
    )


def _total(cells: Iterable[_Cell]) -> int:
    return sum(cell.n for cell in cells)
