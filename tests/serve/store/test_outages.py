"""What is called an outage of the database, and what comes after one."""

import contextlib
import resource
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import event, exc, func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from structlog.testing import capture_logs

from hazardlens.serve.store import engine
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.tables import service_state
from support.postgres import PostgresServer, postgres_server

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)


def _put(store: Store, key: str, value: object = 0) -> None:
    with store.write() as connection:
        connection.execute(insert(service_state).values(key=key, value=value, updated_at=NOON))


def _keys(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(select(service_state.c.key)).scalars())


def test_a_mistake_of_ours_is_not_called_an_outage(store: Store) -> None:
    _put(store, "a")
    with pytest.raises(IntegrityError):
        _put(store, "a")
    with pytest.raises(StatementError), store.read() as connection:
        connection.execute(text("SELECT :value"))


def test_before_the_tables_are_there_the_store_is_unavailable(empty_store_url: str) -> None:
    if empty_store_url.startswith("sqlite"):
        Path(empty_store_url.removeprefix("sqlite:///")).parent.mkdir()
    store = Store(empty_store_url)
    with pytest.raises(StoreUnavailableError) as caught:
        _keys(store)
    assert caught.value.retry_after_s == 5
    store.migrate()
    assert _keys(store) == set()
    store.close()


def test_what_began_before_the_tables_were_there_is_an_outage_though_they_came_meanwhile(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    wrong = exc.ProgrammingError("SELECT", {}, Exception("no such table"))

    def fail_while_they_come() -> None:
        with store.read():
            store.migrate()
            raise wrong

    with pytest.raises(StoreUnavailableError):
        fail_while_they_come()
    with pytest.raises(exc.ProgrammingError), store.read():
        raise wrong
    store.close()


def test_which_errors_of_the_database_pass_and_which_are_ours(tmp_path: Path) -> None:
    """All that SQLAlchemy hands on from a driver. A new kind makes this fail, and has to be put on one side."""
    outages = {"OperationalError", "InterfaceError"}
    ours = {"DataError", "DatabaseError", "DBAPIError", "IntegrityError", "InternalError", "NotSupportedError"}
    kinds = {kind for kind in vars(exc).values() if isinstance(kind, type) and issubclass(kind, exc.DBAPIError)}
    assert {kind.__name__ for kind in kinds} == outages | ours | {"ProgrammingError"}
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    store.migrate()
    for kind in kinds:
        expected = StoreUnavailableError if kind.__name__ in outages else kind
        with pytest.raises(expected), store.read():
            raise kind("SELECT", {}, Exception("the driver's"))
        with pytest.raises(StoreUnavailableError), store.read():
            raise kind("SELECT", {}, Exception("the driver's"), connection_invalidated=True)
    store.close()


def test_the_folder_of_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'var' / 'a.sqlite3'}")
    store.migrate()
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    store.close()


def _connection_refused(tmp_path: Path) -> str:
    return f"postgresql://postgres@/nosuch?host={tmp_path}"


def _folder_is_a_file(tmp_path: Path) -> str:
    (tmp_path / "file").write_text("")
    return f"sqlite:///{tmp_path / 'file' / 'a.sqlite3'}"


def _no_database(tmp_path: Path) -> str:
    (tmp_path / "noise.sqlite3").write_bytes(b"no database at all" * 1000)
    return f"sqlite:///{tmp_path / 'noise.sqlite3'}"


@pytest.mark.parametrize("make_url", [_connection_refused, _folder_is_a_file, _no_database])
@pytest.mark.parametrize("use", [Store.migrate, Store.ping], ids=["migrate", "ping"])
def test_a_database_that_cannot_be_used_is_unavailable(
    tmp_path: Path, make_url: Callable[[Path], str], use: Callable[[Store], None]
) -> None:
    store = Store(make_url(tmp_path))
    with pytest.raises(StoreUnavailableError):
        use(store)
    store.close()


def test_a_writer_that_waits_too_long_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_MS", 1)
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    store.migrate()
    with store.write(), pytest.raises(StoreUnavailableError):
        _put(store, "a")
    _put(store, "a")
    store.close()


def test_a_database_that_can_only_be_read_fails_the_probe(store: Store, store_url: str) -> None:
    store.probe()
    other = Store(store_url if store.is_sqlite else f"{store_url}&options=-cdefault_transaction_read_only%3Don")
    other.migrate()
    if store.is_sqlite:
        event.listen(other.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        other.engine.dispose()
    with pytest.raises(StoreUnavailableError, match=r"cannot be written to|takes no writes"):
        other.probe()
    other.ping()
    other.close()


@pytest.mark.parametrize(("start", "words"), [(0, "is no database"), (100, "is damaged")])
def test_a_file_that_is_spoiled_under_a_running_server_is_told(tmp_path: Path, start: int, words: str) -> None:
    path = tmp_path / "a.sqlite3"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.close()  # nothing of it is in a log beside it, or in the memory of a connection
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"no database at all" * 1000)
    for use in (store.probe, lambda: _put(store, "a")):
        with pytest.raises(StoreUnavailableError, match=words):
            use()


def test_rights_that_are_taken_away_are_told(postgres: PostgresServer) -> None:
    store = Store(postgres.new_database())
    store.migrate()
    event.listen(store.engine, "connect", lambda raw, _: (raw.execute("SET ROLE pg_monitor"), raw.commit()))
    store.engine.dispose()
    for use in (store.probe, lambda: _put(store, "a"), lambda: _keys(store)):
        with pytest.raises(StoreUnavailableError, match="no right"):
            use()
    store.ping()
    store.close()


def test_a_probe_tells_a_lock_before_a_request_would_give_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PROBE_MS", 1)
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    store.migrate()
    with store.write(), pytest.raises(StoreUnavailableError, match="holds its lock"):
        store.probe()
    store.probe()
    store.close()


def test_a_crowd_before_the_lock_is_no_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PROBE_MS", 1)
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    store.migrate()
    with store.write():
        with pytest.raises(StoreUnavailableError):
            store.probe()
        monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: 10.0))  # when the probe begins
        store._written_at = 10.5  # somebody came through after that
        store.probe()
    store.close()


def test_a_full_disk_is_told_and_passes(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    store.migrate()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with capture_logs():  # else the log could not be written either
            for fails in (store.probe, lambda: _put(store, "a")):
                with pytest.raises(StoreUnavailableError, match="disk"):
                    fails()
        assert _keys(store) == set()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    store.probe()
    _put(store, "a")
    assert _keys(store) == {"a"}
    store.close()


def test_more_users_than_connections_are_told_so(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_POOL_TIMEOUT_S", 0.01)
    store = Store(store_url)
    store.migrate()
    with contextlib.ExitStack() as stack:
        for _ in range(15):
            stack.enter_context(store.read())
        with pytest.raises(StoreUnavailableError, match="in use"):
            store.ping()
    store.ping()
    store.close()


def test_a_look_sees_one_moment(store: Store) -> None:
    with store.read() as connection:
        count = select(func.count()).select_from(service_state)
        assert connection.execute(count).scalar_one() == 0
        _put(store, "a")
        assert connection.execute(count).scalar_one() == 0


def test_a_postgresql_server_that_comes_back_is_used_again(postgres: PostgresServer) -> None:
    """Costs 2 s: a server of its own that stops and starts."""
    with postgres_server(postgres.binaries) as server:
        store = Store(server.new_database())
        store.migrate()
        _put(store, "before")
        server.stop()
        with pytest.raises(StoreUnavailableError):
            _keys(store)
        with pytest.raises(StoreUnavailableError):
            _put(store, "lost")
        server.start()
        _put(store, "after")
        assert _keys(store) == {"before", "after"}
        server.stop()  # and once more, while nobody looks
        server.start()
        assert _keys(store) == {"before", "after"}
        store.close()


def test_a_server_that_goes_in_the_middle_of_a_transaction_keeps_nothing_of_it(postgres: PostgresServer) -> None:
    store = Store(postgres.new_database())
    store.migrate()
    with pytest.raises(StoreUnavailableError), store.write() as connection:  # noqa: PT012 - all of it is the transaction
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with store.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        connection.execute(insert(service_state).values(key="a", value=0, updated_at=NOON))
    assert _keys(store) == set()
    store.close()
