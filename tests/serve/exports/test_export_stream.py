"""What a client sees of an export over a real connection: it begins before all is read, and a failure is no zip."""

import io
import zipfile
from pathlib import Path
from typing import Final

import httpx2
import pytest
from sqlalchemy import insert, update

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.access.roles import Role
from hazardlens.serve.exports.selecting import BATCH_REPORTS
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import reports, reviews
from support.exports import NOON
from support.live import live_server
from support.people import authenticate_by_header, headers_of
from support.reports import add_report, grey_photo
from support.rows import values_for
from support.serving import LABELS

COUNT: Final = 2 * BATCH_REPORTS + 1
ENGINEER: Final = headers_of("wang", Role.ENGINEER)


@pytest.fixture
def data_path(tmp_path: Path) -> Path:
    """A store with more decided reports than are read at a time."""
    store, blobs = Store(f"sqlite:///{tmp_path / 'hazardlens.sqlite3'}"), FolderBlobs(tmp_path / "media")
    store.migrate()
    ids = [add_report(store, blobs, photos=[grey_photo(16 + number, 16)], seen=[[]]) for number in range(COUNT)]
    decision = {"state": "confirmed", "verdict": "confirm", "decided_by": "account:li", "decided_at": NOON}
    words = {"verdict": "confirm", "category": "other", "urgency": "urgent", "kind": "first", "boxes": [[]]}
    with store.write() as connection:
        connection.execute(update(reports).values(decision))
        rows = [values_for(reviews, report_id=report_id, looked_for=[], **words) for report_id in ids]
        connection.execute(insert(reviews), rows)
    store.close()
    return tmp_path


def _detector() -> ScriptedDetector:
    return ScriptedDetector([Detections.empty(LABELS)])


def test_all_of_many_reports_arrive_and_a_failure_on_the_way_is_no_zip(data_path: Path) -> None:
    with live_server(_detector(), authenticate=authenticate_by_header, data_path=data_path) as address:
        whole = httpx2.get(f"{address}/v1/exports", headers=ENGINEER)
        with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
            assert len(archive.namelist()) == COUNT + 2
            assert archive.testzip() is None

        arrived: list[bytes] = []
        with pytest.raises(httpx2.RemoteProtocolError):
            _fetch_while_the_photos_go_away(address, data_path / "media", arrived)
        assert arrived
        assert not zipfile.is_zipfile(io.BytesIO(b"".join(arrived)))
        assert httpx2.get(f"{address}/healthz").status_code == 200


def _fetch_while_the_photos_go_away(address: str, media: Path, arrived: list[bytes]) -> None:
    with httpx2.stream("GET", f"{address}/v1/exports", headers=ENGINEER) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_raw():
            if not arrived:
                media.rename(media.with_name("away"))
                media.touch()
            arrived.append(piece)
