"""Clips and frames go when a report is erased, and come back with a backup, work that was not done included."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.backup.making import Places, make_backup
from hazardlens.serve.backup.restoring import restore_backup
from hazardlens.serve.erasure.erasing import Why, erase_originals, erase_report
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.media_tables import photo_bands
from hazardlens.serve.store.removals import remove_noted
from hazardlens.serve.work.choosing import queue_of
from support.clip_reports import ADMIN, report_now, sent_clip, when_worked, work_now
from support.intake import REPORTS, photo_of, services_behind
from support.people import authenticate_by_header
from support.postgres import PostgresServer
from support.scripted_clips import PREVIEW, ScriptedClips, clip_of
from support.serving import found, problem_of, serving, wait_until

ACT: Final = Act(SYSTEM, datetime(2026, 5, 1, 12, tzinfo=UTC))


def files_in(client: TestClient) -> list[Path]:
    return [path for path in services_behind(client).settings.media_path.rglob("*") if path.is_file()]


def test_an_erased_report_leaves_neither_clip_nor_frames(client: TestClient) -> None:
    services = services_behind(client)
    report_id = when_worked(client, sent_clip(client, photos=(photo_of(1),))["id"])["id"]
    assert len(files_in(client)) == 2 + 2 + 2 * 2  # photo, clip and two frames, each with its small copy
    with services.store.write() as connection:
        assert erase_report(connection, report_id, ACT, Why.REQUEST) == 4
    remove_noted(services.store, services.blobs, ACT.now)
    assert files_in(client) == []
    for n in range(4):
        problem_of(client.get(f"{REPORTS}/{report_id}/media/{n}", headers=ADMIN), 404, "media_missing")
    erased = report_now(client, report_id)
    assert [one["name"] for one in erased["media"]] == [""] * 4
    assert (erased["state"], erased["category"]) == ("cannot_tell", "stacked_clutter")
    with services.store.read() as connection:
        assert connection.execute(select(photo_bands)).first() is None


def test_originals_go_and_small_copies_stay(client: TestClient) -> None:
    services = services_behind(client)
    report_id = when_worked(client, sent_clip(client)["id"])["id"]
    with services.store.write() as connection:
        assert erase_originals(connection, report_id, ACT, Why.RETENTION) == 3
    remove_noted(services.store, services.blobs, ACT.now)
    path = f"{REPORTS}/{report_id}/media/0"
    assert client.get(path, headers=ADMIN).content == PREVIEW
    problem_of(client.get(f"{path}?form=original", headers=ADMIN), 404, "media_missing")
    assert client.get(f"{REPORTS}/{report_id}/media/1", headers=ADMIN).status_code == 200


def test_erasing_ends_the_work(client: TestClient, clips: ScriptedClips) -> None:
    services = services_behind(client)
    clips.gate.clear()
    running, waiting = sent_clip(client, clip_of(0))["id"], sent_clip(client, clip_of(1))["id"]
    wait_until(lambda: work_now(client, running) == "running")
    for report_id in (running, waiting):
        with services.store.write() as connection:
            erase_report(connection, report_id, ACT, Why.REQUEST)
        assert work_now(client, report_id) is None
    clips.gate.set()
    assert when_worked(client, sent_clip(client, clip_of(2))["id"])["state"] == "prefilled"
    assert [len(report_now(client, one)["media"]) for one in (running, waiting)] == [1, 1]


def test_a_clip_whose_file_is_gone_is_told_and_not_tried_again(client: TestClient, clips: ScriptedClips) -> None:
    clips.gate.clear()
    first = sent_clip(client, clip_of(0))["id"]
    wait_until(lambda: work_now(client, first) == "running")
    lost = sent_clip(client, clip_of(1))["id"]
    services = services_behind(client)
    services.blobs.delete(services.blobs.put(clip_of(1)))
    clips.gate.set()
    report = when_worked(client, lost, "failed")
    assert (report["state"], report["work"]["problem"]) == ("received", "media_missing")


@pytest.fixture
def other_url(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[str]:
    """Where to restore: a database of the other kind."""
    if not store_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'other' / 'test.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop_database(url)


def test_a_backup_brings_clips_back_and_the_work_that_was_not_done(
    client: TestClient, clips: ScriptedClips, other_url: str, tmp_path: Path
) -> None:
    done = when_worked(client, sent_clip(client, clip_of(0))["id"])
    clips.gate.clear()
    waiting = sent_clip(client, clip_of(1))["id"]
    wait_until(lambda: work_now(client, waiting) == "running")
    services = services_behind(client)
    make_backup(Places(services.store, services.blobs, tmp_path / "bundles"), tmp_path / "backup", ACT)
    there = tmp_path / "there"
    other = Places(Store(other_url), FolderBlobs(there / "media"), there / "bundles")
    restore_backup(other, tmp_path / "backup", ACT)
    with other.store.read() as connection:  # a job of another kind of queue is not there yet
        assert queue_of(connection).has(connection, "prefill_clip", waiting) is False
    other.store.close()
    with serving(
        ScriptedDetector([found()]),
        clips=ScriptedClips(),
        authenticate=authenticate_by_header,
        database_url=other_url,
        data_path=there,
        sweep_interval_s=0.2,
    ) as restored:
        assert report_now(restored, done["id"]) == done
        assert restored.get(f"{REPORTS}/{done['id']}/media/0", headers=ADMIN).content == PREVIEW
        assert when_worked(restored, waiting)["state"] == "prefilled"
