#!/usr/bin/env python3
"""Fuzz one reader, or all of them in turn; `make fuzz TARGET=png SECONDS=60`. Needs the extra `fuzz`.

What breaks a reader's promise is written to var/fuzz/NAME, and so is the corpus that the next run goes on from.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_TESTS))

from fuzz.targets.table import TARGETS  # noqa: E402 - found only from here on

_FOLDER: Final = _TESTS.parent / "var" / "fuzz"


def main() -> int:
    """Fuzz what the arguments say; the exit code tells whether something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", default="all", choices=["all", *TARGETS], help="which; default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target; default: 60")
    asked = parser.parse_args()
    names = list(TARGETS) if asked.target == "all" else [asked.target]
    broken = [name for name in names if not _is_kept(name, asked.seconds)]
    print(f"{len(names)} targets, {asked.seconds} s each; broken: {', '.join(broken) or 'none'}")
    return 1 if broken else 0


def _is_kept(name: str, seconds: int) -> bool:
    """Whether a reader keeps its promise, in a process of its own: a decoder that kills it is a find too."""
    print(f"== {name}", flush=True)
    program = Path(__file__).with_name("guided.py")
    command = [sys.executable, str(program), name, str(seconds), str(_FOLDER / name)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr or ():
            if not line.startswith("INFO: Instrumenting"):  # a line for each module
                print(line, end="", file=sys.stderr, flush=True)
    return process.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
