"""What the errors of a database's driver mean: which of them pass by themselves, and what to call them.

The words are for people elsewhere, so they hold nothing of the driver's own, which may name hosts, users and files.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_OUTAGES: Final = (OperationalError, InterfaceError)
_READ_ONLY: Final = "25006"
_NO_RIGHT: Final = "42501"

_SQLITE: Final[Mapping[str, str]] = {
    "SQLITE_BUSY": "another program holds its lock",
    "SQLITE_LOCKED": "another program holds its lock",
    "SQLITE_FULL": "its disk is full",
    "SQLITE_IOERR": "its disk fails, or is full",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_READONLY": "its file cannot be written to",
    "SQLITE_CORRUPT": "its file is damaged",
    "SQLITE_NOTADB": "its file is no database",
}
"""Name of an error, up to its second part -> what it means."""

_POSTGRES: Final[Mapping[str, str]] = {
    _READ_ONLY: "it takes no writes at present",
    _NO_RIGHT: "it gives us no right to do that",
    "28": "it refuses who we are",
    "3D": "the server has no such database",
    "53100": "its disk is full",
    "53300": "it has no connection to spare",
    "55": "others hold a lock",
    "57": "it is stopping or starting",
}
"""SQLSTATE, or how it begins -> what it means."""


def is_outage(error: DBAPIError) -> bool:
    """Whether an error will pass without a change of ours."""
    return isinstance(error, _OUTAGES) or error.connection_invalidated or _is_misfiled(error)


def _is_misfiled(error: DBAPIError) -> bool:
    """Whether the fault is the database's, though the driver files it with the mistakes of statements.

    A server that has become a replica or takes rights away, and a file that is damaged or another one.
    """
    return _sqlstate(error) in {_READ_ONLY, _NO_RIGHT} or _sqlite_kind(error) in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}


def is_held(error: BaseException | None) -> bool:
    """Whether SQLite's lock could not be had in time."""
    return isinstance(error, DBAPIError) and _sqlite_name(error).startswith("SQLITE_BUSY")


def why(error: DBAPIError) -> str:
    """One sentence for an outage."""
    if isinstance(error.orig, sqlite3.Error):
        meaning = _SQLITE.get(_sqlite_kind(error), "it cannot be used")
    elif (state := _sqlstate(error)) is None:
        meaning = "it cannot be reached"
    else:
        meaning = next((words for start, words in _POSTGRES.items() if state.startswith(start)), "it cannot be used")
    return f"the database fails: {meaning}"


def _sqlite_name(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlite_errorname", None) or ""  # what Python itself finds wrong has none


def _sqlite_kind(error: DBAPIError) -> str:
    """The name up to its second part."""
    return "_".join(_sqlite_name(error).split("_")[:2])


def _sqlstate(error: DBAPIError) -> str | None:
    found = getattr(error.orig, "sqlstate", None)
    return found if isinstance(found, str) else None
