"""The tables come to be, on each kind of database, and some of them refuse to forget."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table, delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from hazardlens.serve.store import migrate
from hazardlens.serve.store.columns import metadata
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.migrate import MIGRATIONS
from hazardlens.serve.store.tables import APPEND_ONLY, audit_events, report_events, reports, reviews
from support.postgres import PostgresServer
from support.rows import NOON, values_for


def _is_ours(name: str | None, *_: object) -> bool:
    """Procrastinate's tables are its own matter."""
    return name is None or not name.startswith(("procrastinate_", "idx_procrastinate_"))


def test_migrations_from_nothing_make_what_the_program_expects(store: Store) -> None:
    with store.read() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_database_says_which_version_it_has(store: Store) -> None:
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with store.read() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == newest


def test_migrations_follow_each_other_in_one_line() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


def test_migrating_twice_changes_nothing(store: Store) -> None:
    with store.write() as connection:
        connection.execute(insert(reports).values(**values_for(reports)))
    store.migrate()
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(reports)).scalar_one() == 1


def test_servers_that_start_together_wait_for_each_other(empty_store_url: str) -> None:
    """Costs 3 s: three processes migrate one empty database at once."""
    script = f"from hazardlens.serve.store.engine import Store; input(); Store({empty_store_url!r}).migrate()"
    processes = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in processes] == [("", 0)] * 3
    store = Store(empty_store_url)
    assert set(filter(_is_ours, inspect(store.engine).get_table_names())) == {*metadata.tables, "alembic_version"}
    store.close()


def test_databases_of_one_process_are_migrated_at_once(tmp_path: Path) -> None:
    stores = [Store(f"sqlite:///{tmp_path / str(n)}.sqlite3") for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(Store.migrate, stores))
    for store in stores:
        assert set(inspect(store.engine).get_table_names()) == {*metadata.tables, "alembic_version"}
        store.close()


def test_a_server_that_hangs_while_it_migrates_does_not_hang_the_others(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_PATIENCE", "50ms")
    url = postgres.new_database()
    hanging, other = Store(url), Store(url)
    with hanging.write() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": migrate._LOCK})
        with pytest.raises(StoreUnavailableError):
            other.migrate()
    other.migrate()
    for store in (hanging, other):
        store.close()


@pytest.mark.parametrize("verb", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
@pytest.mark.parametrize("table", APPEND_ONLY, ids=lambda table: str(table.name))
def test_history_is_only_added_to(store: Store, table: Table, verb: str) -> None:
    with store.write() as connection:
        report = values_for(reports)
        connection.execute(insert(reports).values(**report))
        connection.execute(insert(table).values(**values_for(table, report_id=report["id"])))
    statement = text(verb.format(table=table.name, column=table.columns.keys()[1]))
    with pytest.raises(DBAPIError, match="only added to"), store.write() as connection:
        connection.execute(statement)
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1


@pytest.mark.parametrize("table", [report_events, reviews], ids=lambda table: str(table.name))
def test_only_the_notes_of_an_erased_report_can_be_taken_away(store: Store, table: Table) -> None:
    with store.write() as connection:
        report = values_for(reports)
        connection.execute(insert(reports).values(**report))
        connection.execute(insert(table).values(**values_for(table, report_id=report["id"], note="Mr Li called")))
    with pytest.raises(DBAPIError, match="only added to"), store.write() as connection:
        connection.execute(update(table).values(note=None))
    with store.write() as connection:
        connection.execute(update(reports).values(erased_at=NOON))
    for changed in ({"note": "another"}, {"note": None, "model_version": "2"}):
        with pytest.raises(DBAPIError, match="only added to"), store.write() as connection:
            connection.execute(update(table).values(**changed))
    with pytest.raises(DBAPIError, match="only added to"), store.write() as connection:
        connection.execute(delete(table))
    with store.write() as connection:
        connection.execute(update(table).values(note=None))
    with store.read() as connection:
        assert connection.execute(select(table.c.note)).scalar_one() is None


def test_only_the_addresses_of_sign_ins_can_be_taken_away(store: Store) -> None:
    with store.write() as connection:
        for action in ("signed_in", "key_added"):
            row = values_for(audit_events, action=action, detail={"sender": "203.0.113.7"})
            connection.execute(insert(audit_events).values(**row))
    for action, detail in (("key_added", {}), ("signed_in", {"sender": "198.51.100.1"})):
        with pytest.raises(DBAPIError, match="only added to"), store.write() as connection:
            connection.execute(update(audit_events).where(audit_events.c.action == action).values(detail=detail))
    with store.write() as connection:
        connection.execute(update(audit_events).where(audit_events.c.action == "signed_in").values(detail={}))


def test_rows_of_the_version_before_are_kept(empty_store_url: str) -> None:
    store = Store(empty_store_url)
    if store.is_sqlite:
        Path(store.engine.url.database or "").parent.mkdir(parents=True)
    migrate.upgrade(store.engine, "0001")
    old = {name: value for name, value in values_for(reports).items() if name not in {"erased_at", "area"}}
    with store.write() as connection:
        connection.execute(insert(reports).values(**old))
        event = values_for(report_events, report_id=old["id"], note="before")
        connection.execute(insert(report_events).values(**event))
    store.migrate()
    with store.read() as connection:
        assert connection.execute(select(reports.c.id, reports.c.erased_at)).one() == (old["id"], None)
        assert connection.execute(select(report_events.c.note)).scalar_one() == "before"
    store.close()
