"""From rows to views: the one place where a report's rows, photos, claim and duplicates come together."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, literal_column, select, union_all

from hazardlens.model.exports.reviewed import PLACE_DECIMALS
from hazardlens.model.pipeline import ClipDetection, DetectionResult, ModelRef
from hazardlens.model.triage.values import Decision
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.reports.clip_rows import work_of
from hazardlens.serve.reports.views import ClaimView, DuplicateView, MediaUrls, MediaView, ReportView, WorkView
from hazardlens.serve.store.media_tables import VIDEO
from hazardlens.serve.store.tables import report_events, report_links, report_media, reports

MAX_DUPLICATES: Final = 20
"""More are kept than shown: nobody looks at more, and one photo sent ten thousand times must not make pages slow."""

_AS_STORED: Final = (
    *("id", "created_at", "updated_at", "version", "state", "text", "latitude", "longitude", "address", "reporter"),
    *("reporter_group", "external_id", "category", "urgency", "route", "verdict", "decided_by", "decided_at"),
    *("needs_human", "confidence", "audit", "second_review", "policy", "erased_at", "area"),
)
_OF_MEDIA: Final = ("n", "name", "kind", "width", "height", "media_type", "duration_s", "of_n", "time_s")
_FOR_LOOKERS: Final = {"address": None, "reporter": None, "external_id": None}
_FOR_READERS: Final = {"decided_by": None, "claim": None, "audit": False, "second_review": "none"}


def view_of(connection: Connection, row: RowMapping, viewer: Principal) -> ReportView:
    """One report; see `views_of`."""
    return views_of(connection, [row], viewer)[0]


def views_of(connection: Connection, rows: Sequence[RowMapping], viewer: Principal) -> list[ReportView]:
    """Reports in the order of `rows`, with one query for each kind of part, however many reports there are.

    Args:
        connection: of `Store.read` or `Store.write`.
        rows: whole rows of `reports`.
        viewer: whoever may not read reports, but has sent this one, sees neither who reviews it nor what others sent;
            whoever may read reports and not places sees those of others only roughly.
    """
    ids = [row["id"] for row in rows]
    media = _media_of(connection, ids)
    claims = _claim_names(connection, [row["id"] for row in rows if row["claimed_by"] is not None])
    reads = Action.READ_REPORTS in viewer.actions
    duplicates = _duplicates_of(connection, ids, None if reads else viewer)
    works = work_of(connection, ids)
    views = [
        _assemble(row, media[row["id"]], claims.get(row["id"]), duplicates[row["id"]], works.get(row["id"]))
        for row in rows
    ]
    if reads and Action.READ_PLACES not in viewer.actions:
        views = [
            view if row["source"] == viewer.actor else roughly(view) for row, view in zip(rows, views, strict=True)
        ]
    return views if reads else [view.model_copy(update=_FOR_READERS) for view in views]


def roughly(view: ReportView) -> ReportView:
    """A report for those who need not know exactly where it was, nor who sent it."""
    place = {
        name: None if value is None else round(value, PLACE_DECIMALS) + 0.0
        for name, value in (("latitude", view.latitude), ("longitude", view.longitude))
    }
    # Distances to other reports would tell the place too, were they exact.
    duplicates = [one.model_copy(update={"distance_m": _hundreds(one.distance_m)}) for one in view.duplicates]
    return view.model_copy(update={**place, **_FOR_LOOKERS, "duplicates": duplicates})


def _hundreds(distance_m: float | None) -> float | None:
    return None if distance_m is None else round(distance_m, -2)


def media_url(report_id: str, n: int, form: str) -> str:
    """Path of one form of a photo."""
    return f"/v1/reports/{report_id}/media/{n}?form={form}"


def _assemble(
    row: RowMapping,
    media: list[MediaView],
    claim_name: str | None,
    duplicates: list[DuplicateView],
    work: WorkView | None,
) -> ReportView:
    claim = None
    if row["claimed_by"] is not None:
        claim = ClaimView(by=row["claimed_by"], name=claim_name or row["claimed_by"], until=row["claimed_until"])
    model = None
    if row["model_version"] is not None:
        model = ModelRef(name=row["model_name"], version=row["model_version"])
    stored: dict[str, Any] = {name: row[name] for name in _AS_STORED}
    return ReportView(
        **stored,
        prefill=None if row["prefill"] is None else Decision.model_validate(row["prefill"]),
        model=model,
        claim=claim,
        work=work,
        media=media,
        duplicates=duplicates,
    )


def _media_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[MediaView]]:
    found: dict[str, list[MediaView]] = defaultdict(list)
    query = select(report_media).where(report_media.c.report_id.in_(ids)).order_by(report_media.c.n)
    for row in connection.execute(query).mappings():
        seen = ClipDetection if row["kind"] == VIDEO else DetectionResult
        found[row["report_id"]].append(
            MediaView(
                **{name: row[name] for name in _OF_MEDIA},
                detections=[seen.model_validate(one) for one in row["detections"]],
                urls=_urls_of(row),
            )
        )
    return found


def _urls_of(row: RowMapping) -> MediaUrls:
    urls: dict[str, str | None] = {form: media_url(row["report_id"], row["n"], form) for form in MediaUrls.model_fields}
    if row["kind"] == VIDEO:
        urls |= {"annotated": None, **({} if row["preview_sha256"] else {"preview": None})}
    return MediaUrls.model_validate(urls)


def _claim_names(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Who took the report into review, by name, as the event tells it."""
    if not ids:
        return {}
    query = (
        select(report_events.c.report_id, report_events.c.actor_name)
        .where(report_events.c.report_id.in_(ids), report_events.c.action.in_(("claim", "reopen")))
        .order_by(report_events.c.seq)
    )
    return {row.report_id: row.actor_name for row in connection.execute(query)}


def _duplicates_of(
    connection: Connection, ids: Sequence[str], sender: Principal | None
) -> dict[str, list[DuplicateView]]:
    """The links of each report, whichever of the two came first; only the sender's own, where one is given."""
    found: dict[str, list[DuplicateView]] = defaultdict(list)
    if sender is not None and sender.kind == "anonymous":
        return found  # all the anonymous share one name
    facts = (
        report_links.c.same_photo,
        report_links.c.hash_distance,
        report_links.c.distance_m,
        report_links.c.apart_s,
    )
    one, two = report_links.c.report_id, report_links.c.other_id
    links = union_all(
        select(one.label("mine"), two.label("other"), *facts).where(one.in_(ids)),
        select(two.label("mine"), one.label("other"), *facts).where(two.in_(ids)),
    ).subquery()
    place = func.row_number().over(
        partition_by=links.c.mine,
        order_by=(links.c.same_photo.desc(), func.coalesce(links.c.hash_distance, 64), links.c.apart_s, links.c.other),
    )
    others = (reports.c.category, reports.c.urgency, reports.c.state, reports.c.created_at)
    shown = report_media.alias()
    first = select(func.min(shown.c.n)).where(shown.c.report_id == links.c.other, shown.c.kind != VIDEO)
    columns = (*links.c, *others, place.label("place"), first.scalar_subquery().label("first"))
    joined = select(*columns).join(reports, reports.c.id == links.c.other)
    if sender is not None:
        joined = joined.where(reports.c.source == sender.actor)
    ranked = joined.subquery()
    query = select(ranked).where(ranked.c.place <= MAX_DUPLICATES).order_by(literal_column("place"))
    for row in connection.execute(query).mappings():
        facts_of_it = {name: row[name] for name in DuplicateView.model_fields if name not in {"id", "preview"}}
        preview = None if row["first"] is None else media_url(row["other"], row["first"], "preview")
        found[row["mine"]].append(DuplicateView(id=row["other"], preview=preview, **facts_of_it))
    return found
