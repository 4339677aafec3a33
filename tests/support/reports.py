"""Reports in the store, as intake would have left them: for tests of what comes after."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from PIL import Image
from sqlalchemy import insert

from hazardlens.model.taxonomy import LABEL_HAZARDS, Category, Urgency
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_events, report_media, reports

BEGINNING: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MODEL: Final = ("tiny", "1")
POLICY: Final = "test+0"
SIZE_PX: Final = (640, 480)

Seen = tuple[str, tuple[int, int, int, int]]
"""Label and corners of a box, pixels."""

HEAP: Final[Seen] = ("stacked_clutter", (100, 120, 300, 360))


def grey_photo(width: int = SIZE_PX[0], height: int = SIZE_PX[1], shade: int = 150) -> bytes:
    """A JPEG of one tone."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (shade, shade, shade)).save(out, "JPEG")
    return out.getvalue()


def prefill_of(category: str, urgency: str, confidence: float, *, needs_human: bool = False) -> dict[str, Any]:
    """What the machine said, as `reports.prefill` holds it."""
    return {
        "category": category,
        "urgency": urgency,
        "confidence": confidence,
        "needs_human": needs_human,
        "route": "sub_district_grid",
        "codes": {},
        "alternatives": [{"category": "blocked_fire_exit", "confidence": 0.1}],
        "reasons": [{"code": "seen", "zh": "照片中有堆物（得分 0.90）", "en": "The photo shows clutter (score 0.90)"}],
    }


def detections_of(seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """What the machine saw on one photo, as `report_media.detections` holds it."""
    corners = ("x_min", "y_min", "x_max", "y_max")
    return [
        {
            "label": label,
            "hazard": LABEL_HAZARDS[label],
            "confidence": 0.9,
            "box": dict(zip(corners, box, strict=True)),
        }
        for label, box in seen
    ]


def add_report(
    store: Store,
    blobs: BlobStore | None = None,
    *,
    photos: Sequence[bytes] = (),
    seen: Sequence[Sequence[Seen]] = ((HEAP,),),
    category: str = Category.STACKED_CLUTTER,
    urgency: str = Urgency.ROUTINE,
    confidence: float = 0.9,
    doubt: float = 0.1,
    at: datetime = BEGINNING,
    prefilled: bool = True,
    **columns: Any,  # noqa: ANN401 - any column's value
) -> str:
    """Store one report and return its id.

    Args:
        store: with its tables.
        blobs: where its photos go; without one they are only named.
        photos: files; a grey one of `SIZE_PX` for each of `seen` unless given.
        seen: for each photo, what the machine saw on it.
        category: of the pre-fill.
        urgency: of the pre-fill.
        confidence: of the pre-fill.
        doubt: 0 sure to 1 unsure.
        at: when it came in.
        prefilled: whether a model has looked at it.
        columns: others of `reports`, in place of the usual ones.
    """
    report_id = new_report_id(at)
    machine: Mapping[str, Any] = {
        "state": State.PREFILLED.value,
        "category": str(category),
        "urgency": str(urgency),
        "urgency_rank": Urgency(urgency).rank,
        "route": "sub_district_grid",
        "prefill": prefill_of(category, urgency, confidence, needs_human=bool(columns.get("needs_human"))),
        "confidence": confidence,
        "needs_human": False,
        "doubt": doubt,
        "model_name": MODEL[0],
        "model_version": MODEL[1],
        "policy": POLICY,
    }
    unseen: Mapping[str, Any] = {
        "state": State.RECEIVED.value,
        "urgency_rank": Urgency.URGENT.rank,
        "needs_human": True,
        "doubt": 1.0,
    }
    row = {
        "id": report_id,
        "created_at": at,
        "updated_at": at,
        "version": 2 if prefilled else 1,
        "text": "楼道里堆满了纸箱",
        "source": "anonymous",
        "audit": False,
        "second_review": "none",
        **(machine if prefilled else unseen),
        **columns,
    }
    files = list(photos) or [grey_photo(shade=100 + 20 * n) for n in range(len(seen))]
    with store.write() as connection:
        connection.execute(insert(reports).values(row))
        connection.execute(
            insert(report_media),
            [
                _media_row(report_id, n, file, seen[n] if prefilled and n < len(seen) else (), blobs)
                for n, file in enumerate(files)
            ],
        )
        connection.execute(
            insert(report_events).values(
                report_id=report_id,
                at=at,
                actor="anonymous",
                actor_name="anonymous",
                action="receive",
                before={},
                after={"state": row["state"]},
            )
        )
    return report_id


def _media_row(report_id: str, n: int, file: bytes, seen: Sequence[Seen], blobs: BlobStore | None) -> dict[str, Any]:
    picture = Image.open(io.BytesIO(file))
    name = blobs.put(file) if blobs is not None else f"{n:064x}"
    return {
        "report_id": report_id,
        "n": n,
        "sha256": name,
        "name": f"photo{n}.jpg",
        "media_type": "image/jpeg",
        "size_bytes": len(file),
        "width": picture.width,
        "height": picture.height,
        "phash": None,
        "preview_sha256": name,
        "detections": detections_of(seen),
    }
