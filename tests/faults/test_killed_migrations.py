"""kill -9 while tables are brought up to date: the next start does it, and no row is lost."""

import contextlib
import sqlite3
import time
from typing import Final

import pytest
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select, text

from hazardlens.serve.store import migrate
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.migrate import head_revision, upgrade
from hazardlens.serve.store.tables import report_media, reports
from support.plug import WAIT_S, MakePlug
from support.rows import values_for

OLDEST: Final = "0001"
REPORTS: Final = 5_000
KILLS: Final = 3


def _fill(store: Store) -> None:
    """The oldest tables, with rows in them."""
    upgrade(store.engine, OLDEST)
    columns = {table: {one["name"] for one in inspect(store.engine).get_columns(table.name)} for table in _TABLES}
    first = {
        table: {name: value for name, value in values_for(table).items() if name in columns[table]} for table in _TABLES
    }
    with store.write() as connection:
        ids = [f"r{n:05}" for n in range(REPORTS)]
        connection.execute(insert(reports), [{**first[reports], "id": one, "text": f"words of {one}"} for one in ids])
        rows = [{**first[report_media], "report_id": one, "n": n} for one in ids for n in range(4)]
        connection.execute(insert(report_media), rows)


_TABLES: Final = (reports, report_media)


def _is_migrating(store: Store) -> bool:
    if not store.is_sqlite:
        with store.engine.connect() as connection:
            query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :lock")
            return bool(connection.execute(query, {"lock": migrate._LOCK}).scalar_one())
    with contextlib.closing(sqlite3.connect(str(store.engine.url.database), timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def _revision(store: Store) -> str | None:
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.mark.slow
def test_the_start_after_a_kill_brings_the_tables_up_to_date(make_plug: MakePlug, store_url: str) -> None:
    """20 s: a server that is started four times and killed three times."""
    plug = make_plug({"HAZARDLENS_DATABASE_URL": store_url})
    store = Store(store_url)
    if store.is_sqlite:
        (plug.folder.parent / "store").mkdir()
    _fill(store)
    in_the_middle = 0
    for _ in range(KILLS):
        plug.begin()
        deadline = time.monotonic() + WAIT_S
        while not (caught := _is_migrating(store)) and _revision(store) == OLDEST:
            assert time.monotonic() < deadline, plug.log.read_text()
            time.sleep(0.001)
        plug.pull()
        assert _revision(store) in {OLDEST, head_revision()}
        in_the_middle += caught and _revision(store) == OLDEST
        if _revision(store) != OLDEST:
            break
    plug.start()
    assert _revision(store) == head_revision()
    assert in_the_middle > 0
    with store.read() as connection:
        found = dict(connection.execute(select(reports.c.id, reports.c.text)).all())
        assert found == {f"r{n:05}": f"words of r{n:05}" for n in range(REPORTS)}
        assert connection.execute(select(func.count()).select_from(report_media)).scalar_one() == 4 * REPORTS
    plug.pull()
    store.close()
