"""Protobuf's wire format, read without protobuf: field numbers and values, under a budget.

What one reader skips, another may read: where a file is only legal for a lenient one, this one refuses it. So a number
that no such message has, or a value that is there twice where there can be one, is an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Value = int | memoryview
"""A number, or the bytes of a text, an array, a fixed number or a message."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_VARINT_BYTES: Final = 10
_MOST_INT64: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message: the numbers of its fields that are there once at most, and of those that may repeat."""

    name: str
    once: frozenset[int]
    often: frozenset[int] = frozenset()


class Wire:
    """Reads messages of one file. Each field costs one of `budget`, so that no file keeps a reader busy for long."""

    def __init__(self, budget: int) -> None:
        self._left = budget

    def fields(self, content: memoryview, kind: Kind) -> Iterator[tuple[int, Value]]:
        """Numbers and values of a message's fields, in its order.

        Raises:
            ValueError: the message is broken, has a field that its kind has not or one twice, or the budget is spent.
        """
        seen: set[int] = set()
        at = 0
        while at < len(content):
            self._spend()
            key, at = _varint(content, at)
            field, wire = key >> 3, key & 7
            if field in kind.once:
                if field in seen:
                    raise ValueError(f"{kind.name}: field {field} is there twice")
                seen.add(field)
            elif field not in kind.often:
                raise ValueError(f"{kind.name}: field {field} has no place in a detector's graph")
            value, at = _value(content, at, wire)
            yield field, value

    def integers(self, value: Value) -> Iterator[int]:
        """The numbers of a field that repeats: one, or many packed into one field.

        Raises:
            ValueError: cut off, or the budget is spent.
        """
        if isinstance(value, int):
            yield signed(value)
            return
        at = 0
        while at < len(value):
            self._spend()
            number, at = _varint(value, at)
            yield signed(number)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError("more parts than any detector's graph has")


def signed(number: int) -> int:
    """A number of 64 bits as protobuf's int64 reads it."""
    return number - 2**64 if number > _MOST_INT64 else number


def message(value: Value) -> memoryview:
    """A field's value as a message.

    Raises:
        ValueError: it is a number.
    """
    if isinstance(value, int):
        raise ValueError("expected a message, found a number")  # noqa: TRY004 - the file's content is wrong, not a type
    return value


def number(value: Value) -> int:
    """A field's value as a number.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, int):
        raise ValueError("expected a number, found bytes")  # noqa: TRY004 - as above
    return signed(value)


def text(value: Value | None) -> str:
    """A field's value as a text."""
    return "" if value is None or isinstance(value, int) else bytes(value).decode("utf-8", "replace")


def _value(content: memoryview, at: int, wire: int) -> tuple[Value, int]:
    if wire == _VARINT:
        return _varint(content, at)
    if wire == _BYTES:
        length, at = _varint(content, at)
    elif wire in {_FIXED64, _FIXED32}:
        length = 8 if wire == _FIXED64 else 4
    else:
        raise ValueError(f"unknown wire type {wire}")
    if at + length > len(content):
        raise ValueError("cut off in the middle of a field")
    return content[at : at + length], at + length


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_MOST_VARINT_BYTES):
        if at + index >= len(content):
            break
        byte = content[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("cut off in the middle of a number")
