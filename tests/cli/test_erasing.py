"""`hazardlens admin purge | forget`: on the database and the photos of the settings."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events
from support.command_line import Invoke
from support.personal import WORDS, marks_in, rows_of
from support.reports import add_report, grey_photo

LONG_AGO = datetime.now(UTC) - timedelta(days=400)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("HAZARDLENS_DATA_PATH", str(tmp_path))
    settings = load_settings()
    store = Store(settings.store_url)
    store.migrate()
    blobs = FolderBlobs(settings.media_path)
    ended: dict[str, Any] = {"state": "confirmed", "decided_at": LONG_AGO}
    for shade, more in ((40, ended), (80, {})):
        columns: dict[str, Any] = {**WORDS, **more}
        add_report(store, blobs, at=LONG_AGO, photos=[grey_photo(shade=shade)], **columns)
    return store


def photos_in(folder: Path) -> int:
    return sum(1 for path in (folder / "media").rglob("*") if path.is_file())


def test_without_a_setting_or_a_day_nothing_goes(invoke: Invoke, store: Store, tmp_path: Path) -> None:
    told = invoke("admin", "purge")
    assert (told.code, told.out, photos_in(tmp_path)) == (0, "gone: nothing\n", 2)


def test_what_was_decided_before_a_day_goes(invoke: Invoke, store: Store, tmp_path: Path) -> None:
    day = (datetime.now(UTC) - timedelta(days=300)).date().isoformat()
    looked = invoke("admin", "purge", "--before", day, "--dry-run")
    assert (looked.out, photos_in(tmp_path)) == ("would go: 1 reports, with 1 photos\n", 2)
    done = invoke("admin", "purge", "--before", day)
    assert (done.code, done.out) == (0, "gone: 1 reports, with 1 photos\ngone: 1 files in all\n")
    assert photos_in(tmp_path) == 1  # nobody has decided the other one
    assert invoke("admin", "purge", "--before", day).out == "gone: nothing\n"


def test_settings_say_how_long(invoke: Invoke, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_RETENTION_DAYS", "365")
    monkeypatch.setenv("HAZARDLENS_RETENTION_UNDECIDED_DAYS", "365")
    assert invoke("admin", "purge").out.startswith("gone: 2 reports, with 2 photos\n")
    assert marks_in(rows_of(store)) == {}


def test_one_reporter_is_forgotten(invoke: Invoke, store: Store, tmp_path: Path) -> None:
    looked = invoke("admin", "forget", "--reporter", WORDS["reporter"], "--dry-run")
    assert looked.err == "would go: 2 reports with 2 photos, 1 of them not decided yet\n"
    done = invoke("admin", "forget", "--reporter", WORDS["reporter"])
    assert (done.code, photos_in(tmp_path), marks_in(rows_of(store))) == (0, 0, {})
    assert done.err.startswith(
        "gone: 2 reports with 2 photos, 1 of them not decided yet; the audit log knows it as erasure:"
    )
    with store.read() as connection:
        told = [(row.action, row.actor_name) for row in connection.execute(select(audit_events))]
    assert [action for action, _ in told] == ["erasure_begun", "erasure_finished"]
    assert all(name.startswith("command line") for _, name in told)
    assert invoke("admin", "forget", "--reporter", WORDS["reporter"]).err.startswith("gone: 0 reports")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["forget"], "give one of --reporter and --report"),
        (["forget", "--reporter", "a", "--report", "b"], "give one of"),
        (["forget", "--report", "b", "--source", "anonymous"], "--source"),
        (["forget", "--report", "b"], "no report 'b'"),
        (["purge", "--before", "soon"], "--before: expected a day"),
        (["purge", "--before", "2999-01-01"], "not over yet"),
    ],
)
def test_mistakes_are_told_in_one_line(invoke: Invoke, store: Store, args: list[str], told: str) -> None:
    result = invoke("admin", *args)
    assert result.code != 0
    assert told in result.err
    assert result.err.count("\n") == 1
