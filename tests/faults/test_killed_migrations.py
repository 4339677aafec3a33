"""kill -9 while tables are brought up to date: the next start does it, and no row is lost."""

from pathlib import Path
from typing import Final

import pytest
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select

from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.migrate import head_revision, upgrade
from hazardlens.serve.store.tables import report_media, reports
from support.plug import MakePlug
from support.rows import values_for

OLDEST: Final = "0001"
REPORTS: Final = 500
MOMENTS: Final = (
    "ADD COLUMN erased_at",
    "CREATE TABLE work_jobs",
    f"version_num='{head_revision()}'",
)
"""Before which statement to kill: of the first step, in the middle, and the last one of all."""

HALTING: Final = """
import sys, time
from pathlib import Path
from sqlalchemy import Engine, event
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings

@event.listens_for(Engine, "before_cursor_execute")
def halt(_connection, _cursor, statement, *_):
    if {moment!r} in statement:
        Path({reached!r}).touch()
        time.sleep(3600)

sys.exit(run(load_settings()))
"""


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


def _revision(store: Store) -> str | None:
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.mark.slow
def test_the_start_after_a_kill_brings_the_tables_up_to_date(
    make_plug: MakePlug, empty_store_url: str, tmp_path: Path
) -> None:
    """20 s: a server that is started four times and killed three times."""
    environ = {"HAZARDLENS_DATABASE_URL": empty_store_url}
    plug, store = make_plug(environ), Store(empty_store_url)
    if store.is_sqlite:
        (plug.folder.parent / "store").mkdir()
    _fill(store)
    for number, moment in enumerate(MOMENTS):
        reached = tmp_path / f"reached-{number}"
        halting = make_plug(environ, script=HALTING.format(moment=moment, reached=str(reached)))
        halting.begin()
        halting.wait_for(reached.exists)
        halting.pull()
        assert _revision(store) == OLDEST
    plug.start()
    assert _revision(store) == head_revision()
    with store.read() as connection:
        found = dict(connection.execute(select(reports.c.id, reports.c.text)).all())
        assert found == {f"r{n:05}": f"words of r{n:05}" for n in range(REPORTS)}
        assert connection.execute(select(func.count()).select_from(report_media)).scalar_one() == 4 * REPORTS
    plug.pull()
    store.close()
