"""A database with its tables and no rows, to be copied: that is faster than to make the tables anew."""

import tempfile
from functools import cache
from pathlib import Path

from hazardlens.serve.store.engine import Store


@cache
def sqlite_tables() -> bytes:
    """The content of a SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tables.sqlite3"
        make_tables(f"sqlite:///{file}")
        return file.read_bytes()


def make_tables(url: str) -> None:
    """Bring the database at `url` up to date."""
    store = Store(url)
    store.migrate()
    store.close()
