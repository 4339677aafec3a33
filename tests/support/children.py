"""What is left of a process's children and open files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def children() -> set[int]:
    """Process ids of this process's children, dead ones that nobody asked for among them."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            found.update(int(pid) for pid in (thread / "children").read_text("ascii").split())
    return found


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count


@contextmanager
def nothing_left() -> Iterator[None]:
    """No child and no open file more at the end than at the beginning."""
    before = children(), open_files()
    yield
    assert (children(), open_files()) == before
