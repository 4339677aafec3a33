"""Rows as lines of JSON, and back: the same for SQLite and PostgreSQL, so that a backup of one can go into the other.

All tables are read in one transaction that sees one moment. It holds up nobody: on SQLite, whose journal is a
write-ahead log, and on PostgreSQL readers and writers do not wait for each other. (SQLite's own backup interface would
begin anew with every write of another process, and PostgreSQL's pg_dump is another program of another version.)
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Connection, Table, column, func, insert, select, text
from sqlalchemy import table as bare_table

from hazardlens.serve.store.columns import UtcDateTime

_BATCH: Final = 500
_MAX_ROW_BYTES: Final = 64 * 1024 * 1024
"""Of one line. No row comes near; without an end, a small file could unpack to all memory there is."""


def write_rows(connection: Connection, table: Table, path: Path) -> Iterator[dict[str, Any]]:
    """Write a table's rows to a file, and yield each as it is written.

    Raises:
        OSError: the disk refuses.
    """
    query = select(table).order_by(*table.primary_key.columns)
    result = connection.execution_options(yield_per=_BATCH).execute(query)
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=5) as file:
        for row in result.mappings():
            plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
            file.write(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            yield plain


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file.

    Raises:
        OSError, EOFError, ValueError: it is not there, or not what was written.
    """
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(_MAX_ROW_BYTES + 1):
                yield _parse(line)
    except zlib.error as error:
        raise ValueError("what is packed in it is damaged") from error


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > _MAX_ROW_BYTES:
        raise ValueError("a row without an end")
    try:
        row = json.loads(line)
    except RecursionError as error:
        raise ValueError("a row of too many levels") from error
    if not isinstance(row, dict):
        raise ValueError("a line that is no row")  # noqa: TRY004 - the file's content is wrong, not a type
    return row


def insert_rows(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    """Put rows into a table, and let its numbers go on after them; how many.

    A row may lack columns that the table has by now: they may be empty.

    Args:
        connection: of `Store.write`.
        table: as this program knows it.
        rows: as `read_rows` gives them, all with the same columns.
    """
    count, times = 0, {one.name for one in table.columns if isinstance(one.type, UtcDateTime)}
    for some in _batches(rows):
        connection.execute(insert(_as_written(table, some[0])), [_typed(row, times) for row in some])
        count += len(some)
    if connection.dialect.name == "postgresql" and "seq" in table.columns:
        numbers = select(func.coalesce(func.max(table.c.seq), 0) + 1).scalar_subquery()
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "seq"), numbers, text("false"))))
    return count


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _typed(row: dict[str, Any], times: set[str]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in times and value is not None else value
        for name, value in row.items()
    }


def _as_written(table: Table, row: dict[str, Any]) -> Any:  # noqa: ANN401 - a table of as many columns as the row has
    """The table with the row's columns only; an empty JSON column is NULL, as it was, and not JSON's null."""
    kinds = {name: table.columns[name].type for name in row}
    plain = {name: JSON(none_as_null=True) if isinstance(kind, JSON) else kind for name, kind in kinds.items()}
    return bare_table(table.name, *(column(name, kind) for name, kind in plain.items()))
