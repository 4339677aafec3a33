"""What a terminal may safely be shown: names and messages come from outside."""

import json
import os
import re
import sys
import unicodedata
from typing import Any, Final

import typer

_JOINER: Final = "\u200d"  # holds emoji like 👩‍🚒 together
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, direction overrides, half pairs, line breaks
_UNSAFE_IN_JSON: Final = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def printable(text: str) -> str:
    r"""`text` with everything that could steer a terminal or hide shown as an escape like \x1b."""
    return "".join(_escape(character) if _is_unsafe(character) else character for character in text)


def path_text(path: str | os.PathLike[str]) -> str:
    r"""A path as text that any encoder takes; bytes that are no UTF-8 become \xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path for people."""
    return printable(path_text(path))


def json_line(value: dict[str, Any]) -> bytes:
    """One line of UTF-8 JSON; Chinese stays readable, and what could steer a terminal is escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def tell(message: str) -> None:
    """One line on standard error."""
    typer.echo(printable(message), err=True)


def print_anything() -> None:
    """Never fail on a character: where the terminal's encoding has none for it, it is shown as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _is_unsafe(character: str) -> bool:
    return character != _JOINER and unicodedata.category(character) in _UNSAFE


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
