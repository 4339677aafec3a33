"""The connection to the database: SQLite for one machine, PostgreSQL for many, by the address alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.migrate import upgrade

_WRITE: Final = "hazardlens_write"
_BUSY_TIMEOUT_MS: Final = 10_000


class Store:
    """One database. `read` and `write` are the only ways in.

    Every write is one transaction: at the end of the block it is on disk, or nothing of it is.
    """

    def __init__(self, url: str) -> None:
        """Take the address; nothing is opened yet.

        Raises:
            StoreUnavailableError: no such kind of database, or its driver is not installed.
        """
        self.engine: Engine = _make_engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of this machine."""
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the tables up to date, from nothing or from an older version.

        Raises:
            StoreUnavailableError: the database cannot be reached or changed.
        """
        with _translated():
            if self.is_sqlite and (file := self.engine.url.database):
                Path(file).parent.mkdir(parents=True, exist_ok=True)
            upgrade(self.engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment, for looking only.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, undone by any error in it.

        On SQLite writers queue up before they read (`BEGIN IMMEDIATE`), so none of them fails for having looked first.

        Raises:
            StoreUnavailableError: the database cannot be reached, or is busy for longer than anybody should wait.
        """
        with _translated(), self.engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
            yield connection

    def ping(self) -> None:
        """Ask for nothing.

        Raises:
            StoreUnavailableError: no answer.
        """
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnavailableError(f"the database fails: {type(error).__name__}") from error


def _make_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            engine = create_engine(parsed)
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        return create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreUnavailableError("the database's address names no kind that is installed here") from error


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's pool record
    connection.isolation_level = None  # transactions begin when we say so, see `_begin_sqlite`
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut, not just a crash
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
