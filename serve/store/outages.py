"""What the errors of a database's driver mean: which of them pass by themselves, and what to call them.

The words are for people elsewhere, so they hold nothing of the driver's own, which may name hosts, users and files.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_OUTAGES: Final = (OperationalError, InterfaceError)
_READ_ONLY: Final = "25006"

_SQLITE: Final[Mapping[str, str]] = {
    "SQLITE_BUSY": "another program holds its lock",
    "SQLITE_LOCKED": "another program holds its lock",
    "SQLITE_FULL": "its disk is full",
    "SQLITE_IOERR": "its disk fails, or is full",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_READONLY": "its file cannot be written to",
}
"""Name of an error, up to its second part -> what it means."""

_POSTGRES: Final[Mapping[str, str]] = {
    _READ_ONLY: "it takes no writes at present",
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
    # A server that has become a replica is no mistake of the statement, though the driver files it under those.
    return isinstance(error, _OUTAGES) or error.connection_invalidated or _sqlstate(error) == _READ_ONLY


def is_held(error: BaseException | None) -> bool:
    """Whether SQLite's lock could not be had in time."""
    return isinstance(error, DBAPIError) and _sqlite_name(error).startswith("SQLITE_BUSY")


def why(error: DBAPIError) -> str:
    """One sentence for an outage."""
    if isinstance(error.orig, sqlite3.Error):
        meaning = _SQLITE.get("_".join(_sqlite_name(error).split("_")[:2]), "it cannot be used")
    elif (state := _sqlstate(error)) is None:
        meaning = "it cannot be reached"
    else:
        meaning = next((words for start, words in _POSTGRES.items() if state.startswith(start)), "it cannot be used")
    return f"the database fails: {meaning}"


def _sqlite_name(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlite_errorname", None) or ""  # what Python itself finds wrong has none


def _sqlstate(error: DBAPIError) -> str | None:
    found = getattr(error.orig, "sqlstate", None)
    return found if isinstance(found, str) else None
