"""kill -9 while a purge lets reports go: each is whole or gone, and the next purge ends what was begun."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.tables import audit_events, report_media, reports
from support.killing import run, run_and_kill
from support.plug import MakePlug, Plug
from support.reports import BEGINNING, add_report

DUE: Final = 150
KEPT: Final = 10
LONG_AGO: Final[dict[str, Any]] = {
    "state": "confirmed",
    "verdict": "confirm",
    "decided_by": "account:li",
    "decided_at": BEGINNING,
}


@pytest.fixture
def full(make_plug: MakePlug, draw: Callable[[], bytes]) -> Plug:
    """A server that does not run, with reports that are over their time and reports that are not."""
    plug = make_plug({"HAZARDLENS_RETENTION_DAYS": "30"})
    store, blobs = plug.store(), FolderBlobs(plug.folder / "media")
    store.migrate()
    seen = [[("stacked_clutter", (40, 60, 200, 200))]]
    for _ in range(DUE):
        add_report(store, blobs, photos=[draw()], seen=seen, text="words", **LONG_AGO)
    for _ in range(KEPT):
        fresh = {**LONG_AGO, "decided_at": datetime.now(UTC)}
        add_report(store, blobs, photos=[draw()], seen=seen, text="words", **fresh)
    store.close()
    return plug


def _erased(plug: Plug) -> int:
    """How many reports are erased. Those are empty, and all others whole, with their photos."""
    store, blobs = plug.store(), FolderBlobs(plug.folder / "media")
    with store.read() as connection:
        rows = connection.execute(select(reports.c.id, reports.c.text, reports.c.erased_at)).all()
        media = connection.execute(select(report_media.c.report_id, report_media.c.sha256)).all()
    store.close()
    names = {row.report_id: row.sha256 for row in media}
    for row in rows:
        assert (row.text == "") is (names[row.id] == "") is (row.erased_at is not None)
        if row.erased_at is None:
            blobs.get(names[row.id])
    assert len(rows) == DUE + KEPT
    return sum(row.erased_at is not None for row in rows)


@pytest.mark.slow
def test_a_killed_purge_leaves_whole_reports_and_the_next_one_ends_it(full: Plug) -> None:
    """20 s: three purges that are killed, one that is not, and a server."""
    dice = random.Random(5)  # noqa: S311 - chance, not secrets
    store, erased, killed = full.store(), 0, 0
    gone = select(func.count()).where(reports.c.erased_at.is_not(None))

    def has_gone_on() -> bool:
        with store.read() as connection:
            return connection.execute(gone).scalar_one() > erased

    for _ in range(3):
        killed += run_and_kill(full, "admin", "purge", begun=has_gone_on, within_s=0.1, dice=dice).was_killed
        erased = _erased(full)
    assert killed >= 1
    run(full, "admin", "purge")
    assert _erased(full) == DUE
    files = {path.name for path in (full.folder / "media").rglob("*") if path.is_file()}
    with store.read() as connection:
        needed = {
            one
            for row in connection.execute(select(report_media.c.sha256, report_media.c.preview_sha256))
            for one in row
        }
        assert "purged" in connection.scalars(select(audit_events.c.action)).all()
    store.close()
    assert files == needed - {"", None}
    full.start()
