"""Brings a database's tables to the version of this program, with Alembic."""

import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x48617A4C  # any number that only this program uses
_PATIENCE: Final = "30s"  # a server that hangs while it migrates does not hang the others
_ONE_AT_A_TIME: Final = threading.Lock()  # Alembic keeps what it works on in the module `alembic.context`


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run all migrations that the database has not seen; servers that start together wait for each other."""
    with (
        _ONE_AT_A_TIME,
        engine.connect().execution_options(hazardlens_write=True) as connection,
        connection.begin(),
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def head_revision() -> str:
    """The version of the tables that this program works with."""
    return ScriptDirectory(str(MIGRATIONS)).get_heads()[0]


def known_revisions() -> frozenset[str]:
    """All versions of the tables up to this program's."""
    return frozenset(step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
