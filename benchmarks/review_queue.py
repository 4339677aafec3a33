"""Measures the first page of the reviewers' queue, and a page from its middle, with many reports waiting.

    .venv/bin/python benchmarks/review_queue.py [--reports 10000] [--url postgresql://...]

Reports are written into a fresh database (SQLite in a folder of its own, unless told otherwise), and the page is read
as `GET /v1/queue` reads it: rows, photos, claims, duplicates, counts, JSON.
"""

import argparse
import random
import secrets
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

from sqlalchemy import insert

from hazardlens.model.taxonomy import HAZARDS, Urgency
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import ROLE_ACTIONS, Role
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.queue import read_queue
from hazardlens.serve.reports.queue_query import parse_queue_query
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_events, report_media, reports

START: Final = datetime(2026, 1, 5, tzinfo=UTC)
REVIEWER: Final = Principal("account", "li", "li", ROLE_ACTIONS[Role.REVIEWER], Role.REVIEWER)
ROUNDS: Final = 30
LIMIT_MS: Final = 200


def main() -> None:
    """Fill a database, read pages, print what they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=10_000, help="how many wait")
    parser.add_argument("--url", help="address of an empty database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(options.url or f"sqlite:///{Path(folder) / 'queue.sqlite3'}")
        store.migrate()
        fill(store, options.reports)
        cursor = ""
        for name in ("first page", "second page"):
            times_ms, cursor = read(store, f"limit=50&after={cursor}")
            print(f"{name} of {options.reports}: median {median(times_ms):.1f} ms, slowest {max(times_ms):.1f} ms")
        print(f"the first page is allowed {LIMIT_MS} ms")
        store.close()


def fill(store: Store, count: int) -> None:
    """Waiting reports, two photos each, and as many decided ones, of which a twentieth wants a second look."""
    chance = random.Random(4)  # noqa: S311 - the same reports each time
    with store.write() as connection:
        for begin in range(0, count, 1000):
            batch = [_row(chance, n, decided=decided) for n in range(begin, begin + 1000) for decided in (False, True)]
            connection.execute(insert(reports), batch)
            connection.execute(insert(report_media), [_photo(row["id"], n) for row in batch for n in range(2)])
            connection.execute(insert(report_events), [_event(row) for row in batch])


def read(store: Store, query: str) -> tuple[list[float], str]:
    """Milliseconds of each round, and where the next page starts."""
    times_ms = []
    after = ""
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with store.read() as connection:
            page = read_queue(connection, parse_queue_query(query.encode()), REVIEWER, START + timedelta(days=9))
        page.model_dump_json()
        times_ms.append((time.perf_counter() - start) * 1000)
        after = page.next or ""
    return times_ms, after


def _row(chance: random.Random, n: int, *, decided: bool) -> dict[str, Any]:
    at = START + timedelta(seconds=60 * n)
    urgency = chance.choice([Urgency.IMMEDIATE, Urgency.URGENT, Urgency.ROUTINE])
    category = chance.choice(HAZARDS)
    return {
        "id": new_report_id(at),
        "created_at": at,
        "updated_at": at,
        "version": 2,
        "state": "confirmed" if decided else "prefilled",
        "text": "楼道里堆满了纸箱",
        "source": "anonymous",
        "category": category.value,
        "urgency": urgency.value,
        "urgency_rank": urgency.rank,
        "route": "sub_district_grid",
        "prefill": {
            "category": category.value,
            "urgency": urgency.value,
            "confidence": 0.8,
            "needs_human": False,
            "route": "sub_district_grid",
            "codes": {},
            "alternatives": [],
            "reasons": [{"code": "seen", "zh": "照片中有堆物", "en": "The photo shows clutter"}],
        },
        "confidence": 0.8,
        "needs_human": False,
        "doubt": round(chance.random(), 4),
        "model_name": "tiny",
        "model_version": "1",
        "policy": "1",
        "audit": False,
        "verdict": "confirm" if decided else None,
        "decided_by": "account:wang" if decided else None,
        "decided_at": at if decided else None,
        "second_review": "wanted" if decided and n % 20 == 0 else "none",
    }


def _photo(report_id: str, n: int) -> dict[str, Any]:
    name = secrets.token_hex(32)
    return {
        "report_id": report_id,
        "n": n,
        "sha256": name,
        "name": "a.jpg",
        "media_type": "image/jpeg",
        "size_bytes": 3_000_000,
        "width": 4032,
        "height": 3024,
        "preview_sha256": name,
        "detections": [
            {
                "label": "stacked_clutter",
                "hazard": "stacked_clutter",
                "confidence": 0.9,
                "box": {"x_min": 10, "y_min": 10, "x_max": 900, "y_max": 900},
            }
        ]
        * 3,
    }


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "report_id": row["id"],
        "at": row["created_at"],
        "actor": "anonymous",
        "actor_name": "anonymous",
        "action": "receive",
        "before": {},
        "after": {},
    }


if __name__ == "__main__":
    main()
