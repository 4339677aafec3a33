"""Licences as SPDX expressions: which may be combined with AGPL-3.0, and what packages say of theirs."""

import re
from collections.abc import Mapping
from email.message import Message
from typing import Final

ACCEPTED: Final = frozenset(
    {
        *(
            "0BSD",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "BSD-3-Clause-Clear",
            "BSD-3-Clause-Open-MPI",
            "BSL-1.0",
            "CC0-1.0",
            "HPND",
            "ISC",
            "MIT",
            "MIT-0",
            "MIT-CMU",
        ),
        *("PSF-2.0", "Unlicense", "Zlib", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "MPL-2.0"),
        *("LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "GPL-2.0-or-later", "GPL-3.0-only"),
        *("GPL-3.0-or-later", "GPL-3.0-or-later WITH GCC-exception-3.1", "AGPL-3.0-only", "AGPL-3.0-or-later"),
    }
)
"""What the decision on dependencies (docs/adr/0004) names; GPL-2.0-only and what forbids uses are not in it."""

# What packages write where they write no expression.
_WORDS: Final[Mapping[str, str]] = {
    "AGPL-3.0": "AGPL-3.0-only",
    "Apache 2.0": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "2-clause BSD License": "BSD-2-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}
_CLASSIFIERS: Final[Mapping[str, str]] = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_TOKEN: Final = re.compile(r"\(|\)|[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.-]+)?")


def licence_said(metadata: Message) -> str | None:
    """The SPDX expression of an installed package; None where its metadata leave room for doubt."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    words = str(metadata.get("License", "")).strip()
    if words in ACCEPTED:
        return words
    if words in _WORDS:
        return _WORDS[words]
    said = [item.rpartition(" :: ")[2] for item in metadata.get_all("Classifier") or [] if item.startswith("License")]
    return _CLASSIFIERS.get(said[0]) if len(said) == 1 else None


def is_accepted(expression: str) -> bool:
    """Whether an SPDX expression leaves a way that fits: one side of OR, both sides of AND.

    Raises:
        ValueError: it is no expression.
    """
    tokens = _TOKEN.findall(expression)
    if "".join(tokens).replace(" ", "") != expression.replace(" ", "") or not tokens:
        raise ValueError(f"no SPDX expression: {expression!r}")
    fits = _either(tokens)
    if tokens:
        raise ValueError(f"no SPDX expression: {expression!r}")
    return fits


def _either(tokens: list[str]) -> bool:
    fits = _both(tokens)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        fits = _both(tokens) or fits
    return fits


def _both(tokens: list[str]) -> bool:
    fits = _one(tokens)
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        fits = _one(tokens) and fits
    return fits


def _one(tokens: list[str]) -> bool:
    if not tokens or tokens[0] in {")", "AND", "OR"}:
        raise ValueError("no SPDX expression: something is missing")
    token = tokens.pop(0)
    if token != "(":  # noqa: S105 - a bracket
        return token in ACCEPTED
    fits = _either(tokens)
    if not tokens or tokens.pop(0) != ")":
        raise ValueError("no SPDX expression: a bracket is missing")
    return fits
