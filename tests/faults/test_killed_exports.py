"""kill -9 while reports leave the house: what was cut off is no export and no backup, and the next one is whole."""

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import httpx2
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import insert, select, update

from hazardlens.model.errors import ExportError
from hazardlens.model.exports import read_export
from hazardlens.serve.access.keys import add_key
from hazardlens.serve.access.roles import Action
from hazardlens.serve.backup.errors import BackupError
from hazardlens.serve.backup.verifying import verify_backup
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.tables import audit_events, reports, reviews
from support.accounts import BY_SYSTEM
from support.intake import as_jpeg
from support.killing import run, run_and_kill
from support.plug import WAIT_S, Plug
from support.reports import add_report
from support.rows import values_for

COUNT: Final = 40
_CUT_AFTER_BYTES: Final = 1_000_000


@pytest.fixture
def full(plug: Plug) -> Plug:
    """A server that does not run, with decided reports whose photos are larger than what a connection buffers."""
    store, blobs = plug.store(), FolderBlobs(plug.folder / "media")
    store.migrate()
    noise = np.random.default_rng(3)
    photos = [as_jpeg(Image.fromarray(noise.integers(0, 255, (480, 640, 3), np.uint8))) for _ in range(COUNT)]
    ids = [add_report(store, blobs, photos=[photo], at=datetime.now(UTC)) for photo in photos]
    decision = {"state": "confirmed", "verdict": "confirm", "decided_by": "account:li"}
    words = {"verdict": "confirm", "category": "other", "urgency": "urgent", "kind": "first", "boxes": [[]]}
    with store.write() as connection:
        connection.execute(update(reports).values(decided_at=datetime.now(UTC) - timedelta(minutes=1), **decision))
        rows = [values_for(reviews, report_id=report_id, looked_for=[], **words) for report_id in ids]
        connection.execute(insert(reviews), rows)
    store.close()
    return plug


def _stays(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"hazardlens.sqlite3-wal", "hazardlens.sqlite3-shm"}


def _fetch_and_pull(plug: Plug, headers: dict[str, str], cut: Path) -> None:
    """Fetch an export into a file, and kill the server in the middle."""
    with (
        cut.open("wb") as file,
        httpx2.stream("GET", f"{plug.address}/v1/exports", headers=headers, timeout=WAIT_S) as answer,
    ):
        for chunk in answer.iter_bytes(65_536):
            file.write(chunk)
            if file.tell() > _CUT_AFTER_BYTES:
                plug.pull()


@pytest.mark.slow
def test_an_export_that_is_cut_off_is_none_and_the_next_one_is_whole(full: Plug, tmp_path: Path) -> None:
    """10 s: a server that is started twice."""
    store = full.store()
    with store.write() as connection:
        _, key = add_key(connection, BY_SYSTEM, name="export", actions=[Action.EXPORT], group=None)
    cut = tmp_path / "cut.zip"
    headers = {"Authorization": f"Bearer {key}"}
    full.start()
    before = _stays(full.folder)
    with pytest.raises(httpx2.TransportError):
        _fetch_and_pull(full, headers, cut)
    assert cut.stat().st_size > _CUT_AFTER_BYTES
    with pytest.raises(ExportError):
        read_export(cut)
    assert _stays(full.folder) == before
    full.start()
    whole = tmp_path / "whole.zip"
    answer = httpx2.get(f"{full.address}/v1/exports", headers=headers, timeout=WAIT_S).raise_for_status()
    whole.write_bytes(answer.content)
    with read_export(whole) as export:
        assert export.manifest.counts.reports == COUNT
    with store.read() as connection:
        actions = connection.scalars(select(audit_events.c.action)).all()
    store.close()
    assert actions.count("reports_exported") == 2


@pytest.mark.slow
def test_a_killed_command_leaves_no_export_and_no_backup_under_its_name(full: Plug, tmp_path: Path) -> None:
    """20 s: six commands that are killed, and two that are not."""
    dice = random.Random(11)  # noqa: S311 - chance, not secrets
    out = tmp_path / "out"
    out.mkdir()
    killed = 0
    for n in range(3):
        for kind, words in (("export", ("data", "export")), ("backup", ("admin", "backup"))):
            target = out / f"{kind}-{n}"
            ended = run_and_kill(
                full,
                *(*words, "--out", str(target)),
                begun=partial(_is_half_there, target),
                within_s=0.3,
                dice=dice,
            )
            killed += ended.was_killed
            assert ended.was_killed is not target.exists() or _is_whole(kind, target)
    assert killed >= 3
    run(full, "data", "export", "--out", str(out / "export"))
    run(full, "admin", "backup", "--out", str(out / "backup"))
    assert _is_whole("export", out / "export")
    assert _is_whole("backup", out / "backup")


def _is_half_there(target: Path) -> bool:
    return any(target.parent.glob(f".{target.name}.*"))


def _is_whole(kind: str, target: Path) -> bool:
    """Whether it is there, and all of it."""
    try:
        if kind == "backup":
            return verify_backup(target).photos.count >= COUNT
        with read_export(target) as export:
            return export.manifest.counts.reports == COUNT
    except (BackupError, ExportError):
        return False
