#!/usr/bin/env python3
"""Does every dependency's licence fit AGPL-3.0? Reads what is installed; `make licences`, and part of `make check`.

Looked at is what constraints.txt pins and what is vendored from npm. A package whose metadata name no SPDX licence is
listed in `READ`, with what its files say; a line that is no longer needed fails too.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from email import message_from_string
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from spdx import is_accepted, licence_said

REPO: Final = Path(__file__).resolve().parents[1]
VENDOR: Final = REPO / "serve" / "static" / "vendor"

READ: Final[Mapping[str, tuple[str, str]]] = {
    "atheris": ("Apache-2.0 AND Apache-2.0 WITH LLVM-exception", "its sources, and libFuzzer in the wheel"),
    "av": (
        "BSD-3-Clause AND BSD-3-Clause-Clear AND MIT AND Apache-2.0 AND LGPL-3.0-or-later AND GPL-2.0-or-later",
        "its LICENSE.txt, and FFmpeg with x264, x265, SVT-AV1 and others in the wheel: docs/adr/0016",
    ),
    "axe-playwright-python": ("MIT AND MPL-2.0", "its repository says MIT; axe-core inside is MPL-2.0"),
    "colorama": ("BSD-3-Clause", "LICENSE.txt; the classifier says BSD without a number"),
    "contourpy": ("BSD-3-Clause", "LICENSE in full in the metadata"),
    "cycler": ("BSD-3-Clause", "LICENSE in full in the metadata"),
    "faster-coco-eval": ("Apache-2.0", "LICENSE; the metadata say nothing"),
    "jinja2": ("BSD-3-Clause", "LICENSE.txt; the classifier says BSD without a number"),
    "kiwisolver": ("BSD-3-Clause", "LICENSE in full in the metadata"),
    "matplotlib": ("PSF-2.0 AND BSD-3-Clause AND MIT", "LICENSE: PSF's with other names, and those of its fonts"),
    "mpmath": ("BSD-3-Clause", "LICENSE; the metadata say BSD"),
    "nvidia-ml-py": ("BSD-3-Clause", "its sources; the metadata say BSD"),
    "pillow-heif": (
        "BSD-3-Clause AND LGPL-3.0-or-later AND GPL-2.0-or-later",
        "libheif, libde265 and x265 in the wheel",
    ),
    "scipy": (
        "BSD-3-Clause AND BSD-3-Clause-Open-MPI AND GPL-3.0-or-later WITH GCC-exception-3.1 AND LGPL-2.1-or-later",
        "LICENSE.txt, with OpenBLAS, LAPACK and GCC's libraries in the wheel",
    ),
    "sympy": ("BSD-3-Clause", "LICENSE; the metadata say BSD"),
    "torchvision": ("BSD-3-Clause", "LICENSE; the metadata say BSD"),
}
"""Name -> what was read, and where; it goes before the metadata."""

_VENDORED: Final = re.compile(r"\A# (\S+) (\S+)\n.*?^Licence: `([^`]+)`", re.DOTALL | re.MULTILINE)


def main() -> int:
    """Print what does not fit; the exit code says whether there was any."""
    complaints = list(complaints_about(READ))
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if not complaints:
        print(f"{len(list(pinned()))} packages and {len(list(vendored()))} vendored ones have licences that fit")
    return 1 if complaints else 0


def complaints_about(read: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """One line for each licence that does not fit or is not known, and for each line of `read` without use."""
    names = list(pinned())
    for name in names:
        expression = licence_of(name, read)
        if expression is None:
            yield f"{name}: its metadata name no SPDX licence; read its files, then add it to READ here"
        elif not is_accepted(expression):
            yield f"{name}: {expression} does not fit AGPL-3.0, see docs/adr/0004"
    for name in read.keys() - set(_named()):
        yield f"{name}: in READ, but not in constraints.txt"
    for name, _, expression in vendored():
        if not is_accepted(expression):
            yield f"{name}: {expression} does not fit AGPL-3.0, see docs/adr/0004"


def licence_of(name: str, read: Mapping[str, tuple[str, str]] = READ) -> str | None:
    """SPDX expression of an installed package; "MIT" and the like. None: nobody knows."""
    if name in read:
        return read[name][0]
    return licence_said(message_from_string(distribution(name).read_text("METADATA") or ""))


def pinned() -> Iterator[str]:
    """Names in constraints.txt that are installed here; some are for other machines only."""
    for name in _named():
        try:
            distribution(name)
        except PackageNotFoundError:
            continue
        yield name


def _named() -> Iterator[str]:
    for line in (REPO / "constraints.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower()


def vendored() -> Iterator[tuple[str, str, str]]:
    """Name, version and SPDX expression of each npm package whose files are here.

    Raises:
        ValueError: a VENDORED.md does not say.
    """
    for path in sorted(VENDOR.glob("*/VENDORED.md")):
        found = _VENDORED.match(path.read_text("utf-8"))
        if found is None:
            raise ValueError(f"{path}: expected a heading with name and version, and a line with the licence")
        yield found[1], found[2], found[3]


if __name__ == "__main__":
    sys.exit(main())
