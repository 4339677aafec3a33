"""The machine's word on a report: made at intake, or later by the sweeper where there was no model then."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, update

from hazardlens.model.errors import InferenceError
from hazardlens.model.pipeline import Classification, Upload
from hazardlens.model.taxonomy import Urgency
from hazardlens.model.triage.values import Decision
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.errors import ModelLoadingError, ModelUnusableError
from hazardlens.serve.logs import log_failure
from hazardlens.serve.model_slot import ModelSlot
from hazardlens.serve.reports.changes import move_report
from hazardlens.serve.store.tables import report_media

DOUBT_OF_ABSTENTION: Final = 0.5

UNSEEN: Final[Mapping[str, Any]] = {
    "urgency_rank": Urgency.URGENT.rank,
    "needs_human": True,
    "doubt": 1.0,
    "audit": False,
}
"""Columns of a report that no model has looked at: behind what is known to be immediate, before all the rest, because
nothing that may be dangerous is ranked low in silence."""


def doubt_of(decision: Decision) -> float:
    """How unsure the machine is, from 0 (sure) to 1: orders the queue within one urgency.

    It is 1 minus the margin between the decision's confidence and that of the best alternative (0 where there is none):
    0.9 against nothing gives 0.1, 0.9 against 0.3 gives 0.4, and an alternative that is as likely or likelier gives 1.
    Where the machine abstains it is at least `DOUBT_OF_ABSTENTION`.
    """
    rival = max((other.confidence for other in decision.alternatives), default=0.0)
    doubt = 1 - max(0.0, decision.confidence - rival)
    return round(max(doubt, DOUBT_OF_ABSTENTION) if decision.needs_human else doubt, 4)


def doubt_by_lot(report_id: str) -> float:
    """Where an audited report stands in the queue: anywhere among those of its urgency, by lot.

    By its own doubt it would come last, where nobody may get to while reports keep coming; and whoever saw it come
    first would know that it is an audit. The lot is the random end of the id, so it is the same however often it is
    asked for.
    """
    digits = 8
    return round(int(report_id[-digits:], 16) / 16.0**digits, 4)


def is_audited(decision: Decision, share: float, draw: Callable[[], float]) -> bool:
    """Whether a report that needs nobody is looked at all the same, so that the accuracy of such reports is measured.

    Args:
        decision: the pre-fill; one that needs a person is never drawn, because a person sees it anyway.
        share: of the others, 0 to 1.
        draw: a random number, 0 <= x < 1.
    """
    return not decision.needs_human and draw() < share


def classify_if_possible(
    slot: ModelSlot, uploads: Sequence[Upload], *, text: str, request_id: str
) -> Classification | None:
    """The machine's word; None where there is no model, or it fails: the report is kept and looked at later.

    Raises:
        MediaError: a photo cannot be used.
    """
    try:
        return slot.model.classifier.classify(uploads, text=text, request_id=request_id)
    except (ModelLoadingError, ModelUnusableError):
        return None
    except InferenceError as error:
        log_failure(error)
        return None


def write_prefill(
    connection: Connection,
    report_id: str,
    answer: Classification,
    *,
    audit: bool,
    now: datetime,
    expected_version: int | None = None,
) -> RowMapping:
    """Move a received report to pre-filled.

    Args:
        connection: of `Store.write`.
        report_id: which report.
        answer: what the machine says of its photos and words.
        audit: from `is_audited`.
        now: the time, with zone.
        expected_version: see `move_report`.

    Returns:
        The row as it is now.

    Raises:
        ReportChangedError, MoveNotAllowedError: somebody took it in the meantime.
    """
    decision = answer.prefill
    for n, photo in enumerate(answer.media):
        found = [one.model_dump(mode="json") for one in photo.detections]
        connection.execute(
            update(report_media)
            .where(report_media.c.report_id == report_id, report_media.c.n == n)
            .values(detections=found)
        )
    fields: dict[str, Any] = {
        "category": decision.category.value,
        "urgency": decision.urgency.value,
        "urgency_rank": decision.urgency.rank,
        "route": decision.route,
        "prefill": decision.model_dump(mode="json"),
        "confidence": decision.confidence,
        "needs_human": decision.needs_human,
        "doubt": doubt_by_lot(report_id) if audit else doubt_of(decision),
        "model_name": answer.model.name,
        "model_version": answer.model.version,
        "policy": answer.policy,
        "audit": audit,
    }
    return move_report(
        connection,
        report_id,
        "prefill",
        principal=SYSTEM,
        now=now,
        expected_version=expected_version,
        fields=fields,
        details={"request_id": answer.request_id or None},
    )
