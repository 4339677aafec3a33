"""Reports and decisions put straight into the tables, for tests of figures that can be counted by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import insert

from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_media, reports, reviews

NOON: Final = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday."""


_OF_REVIEWS: Final = ("at", "reason", "seconds", "reviewer", "boxes")
_STATES: Final = {
    "confirm": "confirmed",
    "correct": "corrected",
    "reject": "rejected",
    "cannot_tell": "cannot_tell",
}


def box(label: str, x_min: float, y_min: float, x_max: float, y_max: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """A box as rows keep it; `confidence` makes it a detection."""
    return {"label": label, "box": {"x_min": x_min, "y_min": y_min, "x_max": x_max, "y_max": y_max}, **more}


def add_report(
    store: Store,
    report_id: str,
    *,
    machine: str | None = "stacked_clutter",
    urgency: str = "routine",
    created_at: datetime = NOON,
    detections: Sequence[Sequence[Mapping[str, Any]]] = ((),),
    **columns: Any,  # noqa: ANN401 - any column
) -> None:
    """A report that waits, pre-filled with `machine` unless that is None."""
    prefill = None if machine is None else {"category": machine, "urgency": urgency}
    row: dict[str, Any] = {
        "id": report_id,
        "created_at": created_at,
        "updated_at": created_at,
        "version": 1,
        "state": "prefilled",
        "text": "",
        "source": "anonymous",
        "category": machine,
        "urgency": urgency,
        "urgency_rank": 1,
        "prefill": prefill,
        "confidence": None if machine is None else 0.6,
        "needs_human": False,
        "doubt": 0.4,
        "model_version": "2026.1",
        "audit": False,
        "second_review": "none",
        **columns,
    }
    with store.write() as connection:
        connection.execute(insert(reports).values(**row))
        for n, found in enumerate(detections):
            connection.execute(
                insert(report_media).values(
                    report_id=report_id,
                    n=n,
                    sha256="0" * 64,
                    name="a.jpg",
                    media_type="image/jpeg",
                    size_bytes=1,
                    width=100,
                    height=100,
                    preview_sha256="0" * 64,
                    detections=list(found),
                )
            )


def add_review(
    store: Store,
    report_id: str,
    verdict: str = "confirm",
    category: str = "stacked_clutter",
    *,
    at: datetime = NOON,
    **columns: Any,  # noqa: ANN401 - any column
) -> None:
    """A decision; the pre-fill is kept when it confirms, unless told otherwise."""
    row: dict[str, Any] = {
        "report_id": report_id,
        "kind": "first",
        "at": at,
        "reviewer": "account:li",
        "verdict": verdict,
        "category": category,
        "urgency": "routine",
        "boxes": [[]],
        "looked_for": [],
        "seconds": 5.0,
        "audit": False,
        "prefill_kept": verdict == "confirm",
        "model_version": "2026.1",
        **columns,
    }
    with store.write() as connection:
        connection.execute(insert(reviews).values(**row))


def add_decided(
    store: Store,
    report_id: str,
    verdict: str = "confirm",
    category: str = "stacked_clutter",
    **more: Any,  # noqa: ANN401 - any column
) -> None:
    """A report and its decision. Columns of reviews go there, all others to the report; `kept` is `prefill_kept`."""
    of_review: dict[str, Any] = {name: more.pop(name) for name in _OF_REVIEWS if name in more}
    if "kept" in more:
        of_review["prefill_kept"] = more.pop("kept")
    shared = {name: more[name] for name in ("audit", "model_version") if name in more}
    add_report(store, report_id, state=_STATES[verdict], **more)
    add_review(store, report_id, verdict, category, **of_review, **shared)
