"""Migrations run beside servers of the version before: they only add, and what the old code says still works."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Connection, Engine, MetaData, Table, inspect

from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.migrate import MIGRATIONS, upgrade
from support.rows import NOON

STEPS = [step.revision for step in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions()))]
PAIRS = list(pairwise(STEPS))


@pytest.fixture
def engine(empty_store_url: str) -> Iterator[Engine]:
    store = Store(empty_store_url)
    if store.is_sqlite and (file := store.engine.url.database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    yield store.engine
    store.close()


def broken_by(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What old code could stumble over; each of the two is from `shape_of`."""
    found = [f"table {name} is gone" for name in before if name not in after]
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        found += [f"{name}.{column} is gone" for column in old["columns"] if column not in new["columns"]]
        for column, (kind, nullable, default) in new["columns"].items():
            if column not in old["columns"]:
                if not nullable and not default:
                    found.append(f"{name}.{column} is new and must have a value")
            elif (old_kind := old["columns"][column][0]) != kind:
                found.append(f"{name}.{column} was {old_kind} and is {kind}")
            elif old["columns"][column][1] and not nullable:
                found.append(f"{name}.{column} must have a value now")
        found += [
            f"{name}: {kind} {one} is new" for kind in ("unique", "checks", "foreign") for one in new[kind] - old[kind]
        ]
        if old["key"] != new["key"]:
            found.append(f"{name}: another primary key")
    return sorted(found)


def shape_of(connection: Connection) -> dict[str, Any]:
    """Columns (type, nullable, whether the database fills them), keys and constraints of all tables."""
    look = inspect(connection)
    shape: dict[str, Any] = {}
    for name in look.get_table_names():
        if name == "alembic_version":
            continue
        unique: set[tuple[str | None, ...]] = {tuple(one["column_names"]) for one in look.get_unique_constraints(name)}
        unique |= {tuple(one["column_names"]) for one in look.get_indexes(name) if one["unique"]}
        shape[name] = {
            "columns": {
                one["name"]: (str(one["type"]), one["nullable"], one["default"] is not None)
                for one in look.get_columns(name)
            },
            "unique": unique,
            "checks": {one["sqltext"] for one in look.get_check_constraints(name)},
            "foreign": {
                (tuple(one["constrained_columns"]), one["referred_table"]) for one in look.get_foreign_keys(name)
            },
            "key": tuple(look.get_pk_constraint(name)["constrained_columns"]),
        }
    return shape


def value_for(kind: object, n: int) -> Any:  # noqa: ANN401 - any column's value
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, (sa.Integer, sa.Float)):
        return n
    return NOON if isinstance(kind, sa.DateTime) else f"{n}"


def row_of(table: Table, n: int, only: set[str] | None = None) -> dict[str, Any]:
    columns = [column for column in table.columns if only is None or column.name in only]
    return {column.name: value_for(column.type, n) for column in columns}


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=[f"{old} to {new}" for old, new in PAIRS])
def test_a_step_only_adds_and_old_statements_work(engine: Engine, old: str, new: str) -> None:
    upgrade(engine, old)
    tables = MetaData()
    with engine.connect() as connection:
        before = shape_of(connection)
        tables.reflect(connection)  # the old code's own view of the tables
    upgrade(engine, new)
    with engine.connect() as connection:
        assert broken_by(before, shape_of(connection)) == []
    for n in (1, 2):
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            with engine.connect().execution_options(hazardlens_write=True) as connection, connection.begin():
                connection.execute(table.insert().values(**row_of(table, n)))
                same = connection.execute(sa.select(table)).mappings().all()
                assert len(same) == n
                assert set(same[0]) == set(table.columns.keys())


def _made(connection: Connection, *statements: str) -> dict[str, Any]:
    for statement in statements:
        connection.exec_driver_sql(statement)
    return shape_of(connection)


T = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL)"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["ALTER TABLE t ADD COLUMN c TEXT"], []),
        (["CREATE INDEX i ON t (a)", "CREATE TABLE u (id INTEGER)"], []),
        (["ALTER TABLE t ADD COLUMN c TEXT NOT NULL DEFAULT 'x'"], []),
        (["ALTER TABLE t DROP COLUMN a"], ["t.a is gone"]),
        (["DROP TABLE t"], ["table t is gone"]),
        (["ALTER TABLE t RENAME COLUMN a TO c"], ["t.a is gone"]),
        (["CREATE UNIQUE INDEX i ON t (a)"], ["t: unique ('a',) is new"]),
        (["DROP TABLE t", T.replace("a TEXT", "a INTEGER")], ["t.a was TEXT and is INTEGER"]),
        (["DROP TABLE t", T.replace("a TEXT", "a TEXT NOT NULL")], ["t.a must have a value now"]),
        (["DROP TABLE t", T.replace(")", ", c TEXT NOT NULL)")], ["t.c is new and must have a value"]),
    ],
)
def test_the_rule_sees_what_breaks_it(changes: list[str], told: list[str]) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        before = _made(connection, T)
        assert broken_by(before, _made(connection, *changes)) == told
    engine.dispose()
