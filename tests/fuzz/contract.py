"""What a fuzz target is, and what the reader behind it promises: it reads the bytes, or refuses them by name."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hazardlens.model.errors import HazardlensError

SEEDS: Final = Path(__file__).parent / "seeds"


@dataclass(frozen=True, slots=True)
class Target:
    """A reader that takes bytes from strangers.

    Attributes:
        name: of its folder below `seeds/` too.
        read: gives it some bytes; raises a `HazardlensError` where they are refused.
        shares: name of the target whose seeds it takes; its own where there is none.
        shipped: files of the project that are seeds too.
    """

    name: str
    read: Callable[[bytes], object]
    shares: str = ""
    shipped: tuple[Path, ...] = ()

    @property
    def seeds(self) -> Sequence[Path]:
        """Files to begin with, in order."""
        return [*self.shipped, *sorted((SEEDS / (self.shares or self.name)).glob("*"))]


def was_read(target: Target, data: bytes) -> bool:
    """Give a target some bytes: whether it took them, or refused them in one line.

    Raises:
        Exception: the reader broke its promise; a warning counts as an error.
        AssertionError: the refusal is no line that a person could act on.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            target.read(data)
        except HazardlensError as error:
            told = str(error)
            assert told
            assert len(told) < 20_000, "a refusal of more than a page"
            return False
    return True


def all_of(*reads: Callable[[], object]) -> None:
    """Give the same bytes to several readers, whatever those before them say.

    Raises:
        HazardlensError: the last one that refused them; nothing where one has read them.
    """
    refusals = []
    for read in reads:
        try:
            read()
        except HazardlensError as error:
            refusals.append(error)
    if len(refusals) == len(reads):
        raise refusals[-1]
