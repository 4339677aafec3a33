"""The decision on a report: report, event, review and what follows from them change together or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, RowMapping, insert, select

from hazardlens.model.pipeline import DetectionResult
from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.dispatch.outbox import enqueue_delivery
from hazardlens.serve.metrics import Judged
from hazardlens.serve.reports.changes import locked_report, move_report, write_change
from hazardlens.serve.reports.claims import UNCLAIMED, UNDECIDED, holder_of, last_claim, require_version
from hazardlens.serve.reports.clip_rows import withdraw_clip
from hazardlens.serve.reports.errors import ReportChangedError
from hazardlens.serve.reports.second_look import agrees, drawn_for_second, more_urgent, wants_second
from hazardlens.serve.reports.verdicts import (
    LabelledBox,
    Photo,
    PhotoBoxes,
    ReviewBody,
    Ruling,
    known_labels,
    rule,
    same_boxes,
)
from hazardlens.serve.reports.workflow import Verdict
from hazardlens.serve.services import Services
from hazardlens.serve.store.media_tables import VIDEO
from hazardlens.serve.store.tables import report_events, report_media, reviews

_FOLLOWS: Final = frozenset({"forward", "resolve"})
"""Moves that a decision brings about by itself, as soon as those who act are told of it."""


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """What a decision is measured by.

    Attributes:
        labels: of the model in service, each with its hazard.
        routes: who acts on a category, by the policy in service.
        second_share: of the decisions, how many are looked at twice.
        draw: a random number, 0 <= x < 1.
    """

    labels: Mapping[str, Category | None]
    routes: Mapping[Category, str]
    second_share: float
    draw: Callable[[], float]

    @classmethod
    def of(cls, services: Services) -> "ReviewRules":
        """Those in service now.

        Raises:
            UnavailableError: no model is, so nobody knows whose task a corrected report is.
        """
        classifier = services.slot.model.classifier
        return cls(
            {label.name: label.hazard for label in classifier.detector.info.labels},
            {category: one.route for category, one in classifier.policy.data.categories.items()},
            services.settings.second_review_share,
            services.draw,
        )


def review_report(
    connection: Connection,
    report_id: str,
    body: ReviewBody,
    *,
    principal: Principal,
    now: datetime,
    rules: ReviewRules,
    told: Callable[[Judged], None] = lambda _: None,
) -> RowMapping:
    """Decide a report that the reviewer holds, or take their second look at one.

    A request that arrives twice, because the first answer got lost, is answered twice and acted on once. `told` hears
    what the decision makes of the pre-fill, unless it is a second look; it holds once the transaction is committed.

    Returns:
        The report's row as it is now.

    Raises:
        ReportMissingError: no such report.
        ReportChangedError: somebody else holds it, or it is no longer what they saw.
        MoveNotAllowedError: they have not claimed it.
        FieldInvalidError: the body does not fit the report.
        ForbiddenError: they may not review.
    """
    row = locked_report(connection, report_id)
    if _is_repeated(connection, row, body, principal):
        return row
    require_version(row, body.version)
    photos = _photos(connection, report_id)
    first = _last_decision(connection, report_id)
    second = wants_second(row)
    if second and row["claimed_by"] != principal.actor:
        who = "nobody" if row["claimed_by"] is None else holder_of(connection, row)
        raise ReportChangedError(f"{who} holds this report for a second look: claim it first")
    known = [photo.known for photo in photos]
    if first is not None and not second:
        decided = _boxes_of(first)  # frames may have come since
        known = [*decided, *known[len(decided) :]]
    seen = {one.label for boxes in known for one in boxes}
    fitted = [replace(photo, known=boxes) for photo, boxes in zip(photos, known, strict=True)]
    judged = _as_predicted(row) if second else row
    ruling = rule(body, judged, fitted, known_labels(rules.labels, *seen))
    if not second or first is None:
        row = _decide(connection, row, ruling, principal, now, rules)
        withdraw_clip(connection, report_id, now)
        _write_review(connection, row, ruling, "first", principal, now, photos)
        told(_judged(row, ruling, photos))
        enqueue_delivery(connection, row, now)
        return row
    _write_review(connection, row, ruling, "second", principal, now, photos)
    return _compare(connection, row, first, ruling, principal, now)


def _is_repeated(connection: Connection, row: RowMapping, body: ReviewBody, principal: Principal) -> bool:
    since = row["version"] - body.version
    if not 1 <= since <= 1 + len(_FOLLOWS):
        return False
    events = select(report_events.c.action).where(report_events.c.report_id == row["id"])
    newest = connection.scalars(events.order_by(report_events.c.seq.desc()).limit(since - 1))
    if not _FOLLOWS.issuperset(newest):
        return False
    query = select(reviews).where(reviews.c.report_id == row["id"]).order_by(reviews.c.seq.desc()).limit(1)
    last = connection.execute(query).mappings().one_or_none()
    if last is None or last["reviewer"] != principal.actor or row["claimed_by"] is not None:
        return False
    sent = (body.category or last["category"], body.urgency or last["urgency"], body.reason)
    return bool(last["verdict"] == body.verdict and (last["category"], last["urgency"], last["reason"]) == sent)


def _decide(
    connection: Connection, row: RowMapping, ruling: Ruling, principal: Principal, now: datetime, rules: ReviewRules
) -> RowMapping:
    fields: dict[str, Any] = {
        **UNCLAIMED,
        "verdict": ruling.verdict.value,
        "decided_by": principal.actor,
        "decided_at": now,
        "second_review": drawn_for_second(ruling.verdict, row["second_review"], rules.second_share, rules.draw),
    }
    if ruling.verdict is not Verdict.CANNOT_TELL and ruling.category is not None and ruling.urgency is not None:
        fields |= {
            "category": ruling.category.value,
            "urgency": ruling.urgency.value,
            "urgency_rank": ruling.urgency.rank,
            "route": _route(row, ruling.category, rules),
        }
    details = {"reason": ruling.reason and ruling.reason.value, "note": ruling.note}
    return move_report(
        connection, row["id"], ruling.verdict.value, principal=principal, now=now, fields=fields, details=details
    )


def _route(row: RowMapping, category: Category, rules: ReviewRules) -> str | None:
    """Who acts: as it was where the category stays (a rule may have chosen somebody else), nobody on no hazard."""
    if category is Category.NOT_A_HAZARD:
        return None
    prefill = row["prefill"] or {}
    for known, route in ((row["category"], row["route"]), (prefill.get("category"), prefill.get("route"))):
        if known == category and route is not None:
            return str(route)
    return rules.routes[category]


def _compare(
    connection: Connection, row: RowMapping, first: RowMapping, second: Ruling, principal: Principal, now: datetime
) -> RowMapping:
    """What a second look leads to: nothing where the two agree, else a third person decides."""
    done = {**UNCLAIMED, "second_review": "done"}
    if agrees(first, second):
        return write_change(connection, row, done, action="agree", principal=principal, now=now)
    category, urgency = more_urgent(first, second)
    fields = {
        **done,
        **UNDECIDED,
        "category": category.value,
        "urgency": urgency.value,
        "urgency_rank": urgency.rank,
        "doubt": 1.0,
    }
    return move_report(connection, row["id"], "disagree", principal=principal, now=now, fields=fields)


def _write_review(
    connection: Connection,
    row: RowMapping,
    ruling: Ruling,
    kind: Literal["first", "second"],
    principal: Principal,
    now: datetime,
    photos: Sequence[Photo],
) -> None:
    """Add the review's row.

    Args:
        connection: of `Store.write`.
        row: the report after the decision.
        ruling: what was decided.
        kind: a decision that holds, or a second look.
        principal: who.
        now: when.
        photos: with what the model had seen.
    """
    taken = last_claim(connection, row["id"])
    prefill = row["prefill"] or {}
    same = (ruling.category, ruling.urgency) == (prefill.get("category"), prefill.get("urgency"))
    kept = same and same_boxes(ruling.boxes, [photo.known for photo in photos])
    connection.execute(
        insert(reviews).values(
            report_id=row["id"],
            kind=kind,
            at=now,
            reviewer=principal.actor,
            verdict=ruling.verdict.value,
            category=(ruling.category or Category.OTHER).value,
            urgency=(ruling.urgency or Urgency.URGENT).value,
            reason=ruling.reason and ruling.reason.value,
            note=ruling.note,
            boxes=[[one.model_dump(mode="json") for one in photo] for photo in ruling.boxes],
            looked_for=ruling.looked_for,
            seconds=None if taken is None else (now - taken["at"]).total_seconds(),
            audit=row["audit"],
            prefill_kept=kept and ruling.verdict is not Verdict.CANNOT_TELL,
            model_version=row["model_version"],
            policy=row["policy"],
        )
    )


def _judged(row: RowMapping, ruling: Ruling, photos: Sequence[Photo]) -> Judged:
    """What the decision changes of the pre-fill; nothing where nobody can tell, or the machine has not looked."""
    prefill = row["prefill"] or {}
    changed = {
        "category": ruling.category != prefill.get("category"),
        "urgency": ruling.urgency != prefill.get("urgency"),
        "boxes": not same_boxes(ruling.boxes, [photo.known for photo in photos]),
    }
    counts = bool(prefill) and ruling.verdict is not Verdict.CANNOT_TELL
    return Judged(
        prefill.get("category", "none"),
        row["model_version"] or "none",
        ruling.verdict.value,
        tuple(name for name, is_changed in changed.items() if counts and is_changed),
    )


def _photos(connection: Connection, report_id: str) -> list[Photo]:
    """A report's photos with what the model saw on them."""
    query = select(report_media).where(report_media.c.report_id == report_id).order_by(report_media.c.n)
    found = []
    for row in connection.execute(query).mappings():
        is_clip = row["kind"] == VIDEO
        seen = [] if is_clip else [DetectionResult.model_validate(one) for one in row["detections"]]
        boxes = [LabelledBox(label=one.label, box=one.box) for one in seen]
        found.append(Photo(row["width"], row["height"], boxes, is_clip))
    return found


def _last_decision(connection: Connection, report_id: str) -> RowMapping | None:
    """The last review that decided the report."""
    query = (
        select(reviews)
        .where(reviews.c.report_id == report_id, reviews.c.kind == "first")
        .order_by(reviews.c.seq.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().one_or_none()


def _boxes_of(review: RowMapping) -> list[PhotoBoxes]:
    return [[LabelledBox.model_validate(one) for one in photo] for photo in review["boxes"]]


def _as_predicted(row: RowMapping) -> Mapping[str, Any]:
    """A report as the second reviewer sees it."""
    prefill = row["prefill"] or {}
    return {**row, "category": prefill.get("category"), "urgency": prefill.get("urgency")}
