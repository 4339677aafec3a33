"""Triggers that migrations set up."""

from alembic import op
from sqlalchemy import inspect


def forbid_changes(*tables: str) -> None:
    """No row of these tables is ever changed or deleted, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def allow_erasing(table: str, column: str, emptied: str, *, where: str) -> None:
    """Of a table that `forbid_changes` closed, let one column be emptied; all others stay as they are, as do rows.

    Args:
        table: which.
        column: what may be emptied.
        emptied: the condition on NEW that says it is empty now.
        where: the condition on OLD that says this row's may be.
    """
    if op.get_bind().dialect.name == "sqlite":
        others = [one["name"] for one in inspect(op.get_bind()).get_columns(table) if one["name"] != column]
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in others)
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"WHEN ({emptied} AND {same} AND {where}) IS NOT TRUE "
            f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
        )
        return
    same = f"to_jsonb(NEW) - '{column}' = to_jsonb(OLD) - '{column}'"
    op.execute(
        f"CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF TG_OP = 'UPDATE' THEN IF ({emptied} AND {same} AND {where}) IS TRUE THEN RETURN NEW; END IF; "
        "END IF; RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$"
    )
    # Made before the old one goes, in one transaction: there is no moment without.
    op.execute(
        f"CREATE TRIGGER {table}_only_erased BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()"
    )
    op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
