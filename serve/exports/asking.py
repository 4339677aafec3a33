"""What somebody asks an export for: by the address of a request, or by options of the command line."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Final, TypeVar

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from hazardlens.model.exports.forms import FormName
from hazardlens.model.exports.reviewed import ExportFilters
from hazardlens.model.taxonomy import Category
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.uploads import read_query

PARAMETERS: Final = ("form", "from", "to", "category", "include_text", "model_version")
_MAX_VALUE_CHARS: Final = 100
_TRUTHS: Final = {"true": True, "false": False}
_TIME: Final = TypeAdapter(AwareDatetime)
_Kind = TypeVar("_Kind", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form, and which reports."""

    form: FormName
    filters: ExportFilters


def read_wanted(query: bytes) -> Wanted:
    """From a query string.

    Raises:
        FieldUnknownError: a parameter that there is not.
        FieldInvalidError: a value that it cannot have.
    """
    given = {name: value for name, value in read_query(query, PARAMETERS).items() if value}
    return Wanted(
        _one_of("form", given.get("form", FormName.REVIEWED), FormName),
        make_filters(
            decided_from=given.get("from"),
            decided_to=given.get("to"),
            category=given.get("category"),
            model_version=given.get("model_version"),
            include_text=_read_truth("include_text", given.get("include_text", "false")),
        ),
    )


def make_filters(
    *,
    decided_from: str | None,
    decided_to: str | None,
    category: str | None,
    model_version: str | None,
    include_text: bool,
) -> ExportFilters:
    """The filters that these words mean.

    Args:
        decided_from: "2026-01-31" (from its midnight in UTC), or a time with zone.
        decided_to: the same; what was decided then is no longer in it.
        category: as decided.
        model_version: of the model whose pre-fill was reviewed.
        include_text: whether the reporters' words come along.

    Raises:
        FieldInvalidError: a value that a filter cannot have, or an end before the beginning.
    """
    begin, end = _read_time("from", decided_from), _read_time("to", decided_to)
    if begin is not None and end is not None and begin >= end:
        raise FieldInvalidError("to: must be after from")
    if model_version is not None and len(model_version) > _MAX_VALUE_CHARS:
        raise FieldInvalidError(f"model_version: more than {_MAX_VALUE_CHARS} characters")
    return ExportFilters(
        decided_from=begin,
        decided_to=end,
        category=None if category is None else _one_of("category", category, Category),
        model_version=model_version,
        include_text=include_text,
    )


def _one_of(name: str, value: str, kind: type[_Kind]) -> _Kind:
    try:
        return kind(value)
    except ValueError as error:
        raise FieldInvalidError(f"{name}: {value[:40]!r} is none of {', '.join(kind)}") from error


def _read_truth(name: str, value: str) -> bool:
    if value not in _TRUTHS:
        raise FieldInvalidError(f"{name}: expected true or false, found {value[:40]!r}")
    return _TRUTHS[value]


def _read_time(name: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(value), time.min, UTC)
    except ValueError:
        pass
    try:
        found = _TIME.validate_strings(value)
        return found.astimezone(UTC)
    except (ValidationError, OverflowError) as error:
        told = "a day such as 2026-01-31, or a time with zone such as 2026-01-31T08:00:00Z"
        raise FieldInvalidError(f"{name}: expected {told}, found {value[:40]!r}") from error
