"""Brings a database's tables to the version of this program, with Alembic."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x48617A4C  # any number that only this program uses


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run all migrations that the database has not seen; servers that start together wait for each other."""
    with engine.connect().execution_options(hazardlens_write=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
