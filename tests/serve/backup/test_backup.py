"""A backup that is made while reports come in is whole, and what is made of it answers as the first did."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.access.roles import Role
from hazardlens.serve.backup import making
from hazardlens.serve.backup.errors import BackupPlaceError
from hazardlens.serve.backup.layout import media_file, table_file
from hazardlens.serve.backup.making import Places, make_backup
from hazardlens.serve.backup.restoring import restore_backup
from hazardlens.serve.backup.rows import read_rows
from hazardlens.serve.backup.verifying import photo_names, verify_backup
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.columns import metadata
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import accounts, dispatch_targets, report_media, reports
from support.backups import ACT, fresh, rows_of
from support.intake import photo_of, send, sent
from support.people import authenticate_by_header, headers_of
from support.postgres import PostgresServer
from support.reports import add_report
from support.rows import values_for
from support.serving import found, serving

ADMIN: Final = headers_of("wang", Role.ADMINISTRATOR)


@pytest.fixture
def places(store: Store, tmp_path: Path) -> Places:
    return Places(store, FolderBlobs(tmp_path / "media"), tmp_path / "bundles")


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


def everywhere(client: TestClient, ids: list[str]) -> dict[str, Any]:
    """What the service says of these reports."""
    told: dict[str, Any] = {}
    for report_id in ids:
        for path in ("", "/history", "/reviews"):
            told[f"{report_id}{path}"] = client.get(f"/v1/reports/{report_id}{path}", headers=ADMIN).json()
        for form in ("original", "preview"):
            photo = client.get(f"/v1/reports/{report_id}/media/0?form={form}", headers=ADMIN)
            assert photo.status_code == 200
            told[f"{report_id}/{form}"] = photo.content
    return told


def test_a_backup_under_traffic_is_restored_and_answers_the_same(
    store_url: str, other_url: str, tmp_path: Path
) -> None:
    """A server takes reports all the while; the backup's moment lies between two of them."""
    here, there = tmp_path / "here", tmp_path / "there"
    stop, acknowledged = threading.Event(), []
    with serving(
        ScriptedDetector([found()]), authenticate=authenticate_by_header, database_url=store_url, data_path=here
    ) as client:
        before = [sent(client, photo_of(n))["id"] for n in range(5)]

        def traffic() -> None:
            n = 100
            while not stop.is_set():
                n += 1
                acknowledged.append(sent(client, photo_of(n))["id"])

        sender = threading.Thread(target=traffic)
        sender.start()
        store = Store(store_url)
        make_backup(Places(store, FolderBlobs(here / "media"), here / "bundles"), tmp_path / "backup", ACT)
        stop.set()
        sender.join()
        held = [row["id"] for row in read_rows(table_file(tmp_path / "backup", "reports"))]
        assert set(before) <= set(held) <= {*before, *acknowledged}
        first = everywhere(client, held)
    store.close()
    verify_backup(tmp_path / "backup")
    other = fresh(other_url, there)
    restore_backup(other, tmp_path / "backup", ACT)
    other.store.close()
    with serving(
        ScriptedDetector([found()]), authenticate=authenticate_by_header, database_url=other_url, data_path=there
    ) as client:
        assert everywhere(client, held) == first
        listed = client.get("/v1/reports?limit=100", headers=ADMIN).json()
        assert {report["id"] for report in listed["reports"]} == set(held)
        assert send(client, photo_of(7)).status_code == 201  # numbers of events go on where they were


def test_every_row_of_every_table_comes_back(places: Places, other_url: str, tmp_path: Path) -> None:
    (places.bundles / "tiny@1").mkdir(parents=True)
    (places.bundles / "tiny@1" / "model.onnx").write_bytes(b"weights")
    (places.bundles / ".coming").write_bytes(b"half")
    report = add_report(places.store, places.blobs, text="井盖 “翘起”\n😀", latitude=31.2304)
    add_report(places.store, places.blobs, prefilled=False)
    account_id = None
    with places.store.write() as connection:
        for table in metadata.sorted_tables:
            if table.name not in {"reports", "report_media", "report_events"}:
                row = values_for(table, report_id=report, other_id=report, account_id=account_id, n=0)
                connection.execute(table.insert().values(**row))
                account_id = row["id"] if table is accounts else account_id
    before = rows_of(places.store)
    assert all(before.values())
    make_backup(places, tmp_path / "backup", ACT)
    other = fresh(other_url, tmp_path / "there")
    restore_backup(other, tmp_path / "backup", ACT)
    assert rows_of(other.store) == before
    with other.store.read() as connection:  # an empty JSON column is empty, not JSON's null
        assert connection.execute(select(func.count()).where(reports.c.prefill.is_(None))).scalar_one() == 1
    assert (other.bundles / "tiny@1" / "model.onnx").read_bytes() == b"weights"
    assert not (other.bundles / ".coming").exists()
    for name in photo_names(tmp_path / "backup"):
        assert other.blobs.get(name) == places.blobs.get(name)
    other.store.close()


def test_both_are_in_the_audit_log(places: Places, tmp_path: Path) -> None:
    add_report(places.store, places.blobs)
    make_backup(places, tmp_path / "backup", ACT)
    other = fresh(f"sqlite:///{tmp_path / 'o.sqlite3'}", tmp_path / "there")
    restore_backup(other, tmp_path / "backup", ACT)
    for store, action in ((places.store, "backed_up"), (other.store, "restored")):
        with store.read() as connection:
            events = connection.execute(select(metadata.tables["audit_events"])).mappings().all()
        assert [(event["action"], event["detail"]["reports"]) for event in events] == [(action, 1)]
    other.store.close()


def test_a_backup_is_for_its_owner_alone_and_replaces_nothing(places: Places, tmp_path: Path) -> None:
    make_backup(places, tmp_path / "backup", ACT)
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    with pytest.raises(BackupPlaceError, match="is there already"):
        make_backup(places, tmp_path / "backup", ACT)


def test_one_that_breaks_off_leaves_nothing(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_report(places.store, places.blobs)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "_copy_bundles", full)
    with pytest.raises(BackupPlaceError, match="No space left"):
        make_backup(places, tmp_path / "out" / "backup", ACT)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_earlier_backup_lends_its_photos(places: Places, tmp_path: Path) -> None:
    add_report(places.store, places.blobs)
    make_backup(places, tmp_path / "one", ACT)
    add_report(places.store, places.blobs, photos=[photo_of(9)])
    manifest = make_backup(places, tmp_path / "two", ACT, like=tmp_path / "one")
    verify_backup(tmp_path / "two")
    shared = [name for name in photo_names(tmp_path / "two") if media_file(tmp_path / "two", name).stat().st_nlink == 2]
    assert (manifest.photos.count, shared) == (2, photo_names(tmp_path / "one"))


def test_a_photo_that_is_lost_is_named_and_holds_up_nothing(places: Places, tmp_path: Path) -> None:
    add_report(places.store, places.blobs)
    lost = add_report(places.store, places.blobs, photos=[photo_of(9)])
    with places.store.read() as connection:
        name = connection.execute(select(report_media.c.sha256).where(report_media.c.report_id == lost)).scalar_one()
    places.blobs.delete(name)
    manifest = make_backup(places, tmp_path / "backup", ACT)
    assert (manifest.photos.count, manifest.photos.missing) == (1, (name,))
    verify_backup(tmp_path / "backup")
    other = fresh(f"sqlite:///{tmp_path / 'o.sqlite3'}", tmp_path / "there")
    restore_backup(other, tmp_path / "backup", ACT)
    other.store.close()


def test_a_silent_copy_tells_nobody(places: Places, tmp_path: Path) -> None:
    with places.store.write() as connection:
        connection.execute(dispatch_targets.insert().values(**values_for(dispatch_targets)))
        connection.execute(update(dispatch_targets).values(enabled=True))
    make_backup(places, tmp_path / "backup", ACT)
    for silent in (False, True):
        other = fresh(f"sqlite:///{tmp_path / f'{silent}.sqlite3'}", tmp_path / str(silent))
        restore_backup(other, tmp_path / "backup", ACT, silent=silent)
        with other.store.read() as connection:
            assert connection.execute(select(dispatch_targets.c.enabled)).scalar_one() is not silent
        other.store.close()


def test_a_running_server_that_nobody_has_used_can_be_filled(places: Places, tmp_path: Path) -> None:
    report_id = add_report(places.store, places.blobs)
    make_backup(places, tmp_path / "backup", ACT)
    there = tmp_path / "there"
    with serving(ScriptedDetector([found()]), authenticate=authenticate_by_header, data_path=there) as client:
        other = fresh(f"sqlite:///{there / 'hazardlens.sqlite3'}", there)
        restore_backup(other, tmp_path / "backup", ACT)
        assert client.get(f"/v1/reports/{report_id}", headers=ADMIN).status_code == 200
        other.store.close()
