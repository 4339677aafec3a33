"""The connection to the database: SQLite for one machine, PostgreSQL for many, by the address alone."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hazardlens.serve.errors import SettingsError
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.migrate import upgrade
from hazardlens.serve.store.outages import is_held, is_outage, why

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

_WRITE: Final = "hazardlens_write"
_PATIENCE: Final = "hazardlens_patience_ms"
_BUSY_TIMEOUT_MS: Final = 10_000
_PROBE_MS: Final = 2_000
_POOL_TIMEOUT_S: Final = 10
# A server that is gone without a word is noticed in seconds; libpq's own answer is "perhaps in two hours".
_POSTGRES_DEFAULTS: Final = {
    "application_name": "hazardlens",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "tcp_user_timeout": 15_000,
}


class Store:
    """One database. `read` and `write` are the only ways in.

    Every write is one transaction: at the end of the block it is on disk, or nothing of it is.
    """

    def __init__(self, url: str) -> None:
        """Take the address; nothing is opened yet.

        Raises:
            SettingsError: no such kind of database, or its driver is not installed.
        """
        self.engine: Engine = _make_engine(url)
        self._migrated = False
        self._closed = False
        self._written_at = 0.0

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of this machine."""
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the tables up to date, from nothing or from an older version.

        Raises:
            StoreUnavailableError: the database cannot be reached or changed.
        """
        if self.is_sqlite and (file := self.engine.url.database):
            _make_folder(Path(file).parent)
        self._closed = False
        with self._translated():
            upgrade(self.engine)
        self._migrated = True

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment, for looking only.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        options: dict[str, Any] = (
            {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        with self._connection(**options) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, undone by any error in it.

        On SQLite writers queue up before they read (`BEGIN IMMEDIATE`), so none of them fails for having looked first.

        Raises:
            StoreUnavailableError: the database cannot be reached, or is busy for longer than anybody should wait.
        """
        with self._connection(**{_WRITE: True}) as connection, connection.begin():
            yield connection
        self._written_at = time.monotonic()

    def ping(self) -> None:
        """Ask for nothing.

        Raises:
            StoreUnavailableError: no answer.
        """
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def probe(self) -> None:
        """Write next to nothing: a database that can be read may still be full, locked, or a replica.

        Raises:
            StoreUnavailableError: it cannot be written to.
        """
        # On SQLite a number in the file's header that nobody uses, which shows a full disk. On PostgreSQL nothing: a
        # replica refuses that too, and servers that ask at once do not wait for each other.
        change = "PRAGMA user_version = 0" if self.is_sqlite else "DELETE FROM service_state WHERE false"
        begun = time.monotonic()
        try:
            with self._connection(**{_WRITE: True, _PATIENCE: _PROBE_MS}) as connection, connection.begin():
                connection.exec_driver_sql(change)
        except StoreUnavailableError as error:
            # Where others of ours came through meanwhile, nobody holds the lock: there is only a crowd before it.
            if not (is_held(error.__cause__) and self._written_at > begun):
                raise

    def settle(self) -> None:
        """Have SQLite's write-ahead log empty, which else holds erased words until it is written over; best effort.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        if self.is_sqlite:
            with self._translated(), self.engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # outside of a transaction

    def close(self) -> None:
        """Close all connections; those that a thread still works with, as soon as it is done."""
        self._closed = True
        self.engine.dispose()

    @contextmanager
    def _connection(self, **options: Any) -> Iterator[Connection]:  # noqa: ANN401 - SQLAlchemy's own options
        pool = self.engine.pool
        try:
            with self._translated(), self.engine.connect().execution_options(**options) as connection:
                try:
                    yield connection
                finally:
                    if self._closed and not connection.invalidated:
                        connection.detach()  # not back into a pool that nobody will close again
        finally:
            if self._closed:  # perhaps since the connection went back
                pool.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Tell an outage, which passes, from what is left as it is: a wrong statement, a key that is taken."""
        migrated = self._migrated  # as it began: the tables may come while a statement fails for want of them
        try:
            yield
        except PoolTimeoutError as error:
            raise StoreUnavailableError("all connections to the database are in use") from error
        except DBAPIError as error:
            if migrated and not is_outage(error):
                raise
            _log.warning("store_unavailable", kind=type(error.orig).__name__, reason=str(error.orig))
            raise StoreUnavailableError(why(error)) from error


def _make_folder(folder: Path) -> None:
    try:
        # People's reports and the hashes of their passwords: for nobody else on this machine.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailableError(f"the database's folder cannot be made: {error.strerror}") from error


def _make_engine(url: str) -> Engine:
    # Suppressed, not chained: the error would show the address, and with it the password.
    with suppress(ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        parsed = make_url(url)
        if parsed.drivername in {"sqlite", "sqlite+pysqlite"} and parsed.database not in {None, "", ":memory:"}:
            return _make_sqlite(parsed)
        if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
            return _make_postgres(parsed)
    raise SettingsError(
        "HAZARDLENS_DATABASE_URL: no kind of database that is installed here; known are sqlite:///... and "
        "postgresql://... (which needs hazardlens[postgres])"
    )


def _make_sqlite(url: URL) -> Engine:
    engine = create_engine(url, pool_timeout=_POOL_TIMEOUT_S)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_postgres(url: URL) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,  # a connection that broke while nobody used it is replaced, not handed out
        pool_timeout=_POOL_TIMEOUT_S,
        connect_args={name: value for name, value in _POSTGRES_DEFAULTS.items() if name not in url.query},
    )


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's pool record
    connection.isolation_level = None  # transactions begin when we say so, see `_begin_sqlite`
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")  # for the next line; later each transaction has its own
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut, not just a crash
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is erased is not left to be read in the file's free pages
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {options.get(_PATIENCE, _BUSY_TIMEOUT_MS)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITE, False) else "BEGIN")
