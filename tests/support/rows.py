"""Rows for tests that care about few of their columns: the others get values of the right type."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Float, Integer, Table

from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.store.columns import UtcDateTime

NOON: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)


def values_for(table: Table, **chosen: Any) -> dict[str, Any]:  # noqa: ANN401 - any column's value
    """Values for all columns that must have one, with `chosen` on top; names that the table lacks are left out."""
    values = {
        column.name: _value(column.type)
        for column in table.columns
        if not column.nullable and not (column.primary_key and isinstance(column.type, Integer))
    }
    if "id" in values:
        values["id"] = new_report_id(NOON)
    return values | {name: value for name, value in chosen.items() if name in table.columns}


def _value(kind: object) -> Any:  # noqa: ANN401 - any column's value
    by_type = {UtcDateTime: NOON, Boolean: False, Integer: 0, Float: 0.5, JSON: {}}
    return next((value for type_, value in by_type.items() if isinstance(kind, type_)), "a")
