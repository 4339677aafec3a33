"""Names of files as clients send them: shown again, and used for nothing else."""

import re
import unicodedata
from typing import Final

MAX_NAME_CHARS: Final = 120

# Line separators, and marks that turn the direction of text, so that "gpj.exe" reads "exe.jpg". Joiners stay: many
# emoji are made with them.
_HIDDEN: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")


def clean_name(name: str | None, *, index: int) -> str:
    """The last part of a client's path, harmless to show, at most `MAX_NAME_CHARS` long.

    Args:
        name: as sent, with either kind of path separator; None where the client gave none.
        index: place among the photos, counted from 0, for the name of a nameless one.
    """
    last = re.split(r"[/\\]", name or "")[-1]
    shown = "".join(char for char in _HIDDEN.sub("", last) if unicodedata.category(char) not in {"Cc", "Cs"}).strip()
    if shown in {"", ".", ".."}:
        return f"photo-{index + 1}"
    if len(shown) <= MAX_NAME_CHARS:
        return shown
    stem, dot, suffix = shown.rpartition(".")
    if not dot or len(suffix) > 8:
        return shown[: MAX_NAME_CHARS - 1] + "…"
    return f"{stem[: MAX_NAME_CHARS - len(suffix) - 2]}….{suffix}"
