"""What the gate writes beside a bundle, and what promotions leave on the record."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hazardlens.model.bundle import read_bundle
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import model_events
from support.models import Models


def write_report(folder: Path, **changes: Any) -> None:  # noqa: ANN401 - any field
    report = {
        "schema_version": 1,
        "candidate": {"name": "tiny", "version": "2"},
        "baseline": {"name": "tiny", "version": "1"},
        "verdict": "passed",
        "reasons": [],
        "hazards": [],
        "bundle_sha256": read_bundle(folder / "bundle").sha256,
        **changes,
    }
    (folder / "report.json").write_text(json.dumps(report), "utf-8")


def events(models: Models) -> list[dict[str, Any]]:
    store = Store(f"sqlite:///{models.folder / 'var' / 'hazardlens.sqlite3'}")
    try:
        with store.read() as connection:
            found = connection.execute(select(model_events).order_by(model_events.c.seq)).mappings()
            return [dict(row) for row in found]
    finally:
        store.close()


REASON = {"code": "recall", "hazard": "x", "test_set": "frozen", "zh": "召回率", "en": "recall 0.9 → 0.5"}
