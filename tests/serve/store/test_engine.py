"""The ways in and out of the database, on each kind of it."""

import sqlite3
import sys
import threading
import traceback
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import QueuePool, bindparam, event, func, insert, select, text
from sqlalchemy.exc import StatementError

from hazardlens.serve.errors import SettingsError
from hazardlens.serve.store.columns import UtcDateTime
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events, service_state

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)


def _put(store: Store, key: str, value: object = 0) -> None:
    with store.write() as connection:
        connection.execute(insert(service_state).values(key=key, value=value, updated_at=NOON))


def _keys(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(select(service_state.c.key)).scalars())


def test_what_was_written_is_read_by_another_store(store: Store, store_url: str) -> None:
    _put(store, "a")
    other = Store(store_url)
    assert _keys(other) == {"a"}
    other.close()


def test_an_error_in_the_block_undoes_all_of_it(store: Store) -> None:
    def write_and_fail() -> None:
        with store.write() as connection:
            connection.execute(insert(service_state).values(key="a", value=1, updated_at=NOON))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert _keys(store) == set()


def test_many_writers_lose_nothing(store: Store) -> None:
    """Each looks first and then writes what it saw plus one: the pattern that loses updates or locks out writers."""
    _put(store, "counter", 0)
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def count() -> None:
        start.wait()
        try:
            for _ in range(10):
                with store.write() as connection:
                    row = select(service_state.c.value).where(service_state.c.key == "counter").with_for_update()
                    seen = connection.execute(row).scalar_one()
                    connection.execute(service_state.update().values(value=seen + 1))
        except BaseException as error:  # noqa: BLE001 - reported by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with store.read() as connection:
        assert connection.execute(select(service_state.c.value)).scalar_one() == 80


def test_readers_see_one_moment_while_a_writer_is_at_work(store: Store) -> None:
    _put(store, "a")
    with store.write() as writer:
        writer.execute(insert(service_state).values(key="b", value=1, updated_at=NOON))
        assert _keys(store) == {"a"}
    assert _keys(store) == {"a", "b"}


@pytest.mark.parametrize(
    "written",
    [NOON, NOON.astimezone(timezone(timedelta(hours=8))), datetime(1970, 1, 1, tzinfo=UTC)],
    ids=["UTC", "Shanghai", "the epoch"],
)
def test_times_come_back_as_the_same_moment_in_utc(store: Store, written: datetime) -> None:
    with store.write() as connection:
        connection.execute(insert(service_state).values(key="a", value=0, updated_at=written))
        found = connection.execute(select(service_state.c.updated_at)).scalar_one()
    assert (found, found.tzinfo) == (written, UTC)


def test_times_are_compared_by_the_database_as_moments(store: Store) -> None:
    _put(store, "a")
    later_elsewhere = NOON.astimezone(timezone(timedelta(hours=-9))) + timedelta(microseconds=1)
    with store.read() as connection:
        query = select(func.count()).where(service_state.c.updated_at < bindparam("t", later_elsewhere, UtcDateTime))
        assert connection.execute(query).scalar_one() == 1


def test_a_time_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="without zone"), store.engine.connect() as connection:
        connection.execute(select(bindparam("t", NOON.replace(tzinfo=None), UtcDateTime)))


def test_no_time_stays_no_time(store: Store) -> None:
    with store.read() as connection:
        assert connection.execute(select(bindparam("t", None, UtcDateTime))).scalar_one() is None


def test_json_keeps_what_a_note_may_hold(store: Store) -> None:
    detail = {"中文": ["井盖没了 🚧", None, 0.1, {"a": True}]}
    with store.write() as connection:
        row = {"actor": "system", "actor_name": "s", "action": "a", "target": "t", "detail": detail, "at": NOON}
        connection.execute(insert(audit_events).values(**row))
        assert connection.execute(select(audit_events.c.detail)).scalar_one() == detail


def test_a_connection_that_outlives_the_store_is_closed_when_it_is_done(store: Store) -> None:
    """An open one that is forgotten would be a warning, and warnings are errors."""
    with store.read() as reader:
        with store.write() as writer:
            writer.execute(insert(service_state).values(key="a", value=1, updated_at=NOON))
            store.close()
        reader.execute(select(service_state))
        raw = reader.connection.driver_connection
    assert raw is not None
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError)):
        raw.cursor().execute("SELECT 1")
    store.migrate()
    assert _keys(store) == {"a"}


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)]
)
def test_sqlite_is_set_up_to_keep_what_it_acknowledged(tmp_path: Path, pragma: str, value: object) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    with store.read() as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value
    store.close()


def test_the_database_answers_a_ping(store: Store) -> None:
    store.ping()


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "nonsense",
            "nosuch://u:secret@host/db",
            "mysql://u:secret@host/db",
            "postgresql+nosuch://u:secret@host/db",
        ),
        *("sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite:///a"),
    ],
    ids=[
        *("empty", "no address", "unknown kind", "driver not installed", "unknown driver"),
        *("no file", "memory", "another driver"),
    ],
)
def test_an_address_that_means_nothing_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsError, match="HAZARDLENS_DATABASE_URL") as caught:
        Store(url)
    shown = "".join(traceback.format_exception(caught.value))
    assert "secret" not in shown


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"hazardlens\[postgres\]"):
        Store("postgresql://host/db")


def test_a_connection_that_goes_back_while_the_store_closes_is_closed_too(store: Store) -> None:
    pool = store.engine.pool
    event.listen(store.engine, "checkin", lambda *_: store.close(), once=True)
    store.ping()
    assert isinstance(pool, QueuePool)
    assert pool.checkedin() == 0
