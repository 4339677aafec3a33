"""Each reader keeps its promise on the seeds, what was once found among them, and on some damaged copies of each."""

import random
from pathlib import Path
from typing import Final

import pytest

from fuzz.contract import SEEDS, Target, was_read
from fuzz.mutating import mutated
from fuzz.targets.table import TARGETS
from hazardlens.model.errors import HazardlensError

MUTANTS: Final = 40
MOST_SEED_BYTES: Final = 40_000
CASES: Final = [(target, path) for target in TARGETS.values() for path in target.seeds]


@pytest.mark.parametrize(("target", "path"), CASES, ids=[f"{target.name}-{path.name}" for target, path in CASES])
def test_a_seed_is_read_or_refused_by_name(target: Target, path: Path) -> None:
    taken = was_read(target, path.read_bytes())
    assert target.shares or taken != path.name.startswith("refused-")


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_damaged_copies_are_read_or_refused_by_name(target: Target) -> None:
    rng = random.Random(target.name)  # noqa: S311 - damage has to come back, not to be secret
    seeds = [path.read_bytes() for path in target.seeds]
    assert seeds
    for _ in range(MUTANTS):
        was_read(target, mutated(rng.choice(seeds), seeds, rng))


def test_every_folder_of_seeds_has_its_target_and_all_are_small() -> None:
    assert {path.name for path in SEEDS.iterdir()} == {target.name for target in TARGETS.values() if not target.shares}
    assert sum(path.stat().st_size for path in SEEDS.rglob("*") if path.is_file()) <= MOST_SEED_BYTES


@pytest.mark.parametrize("error", [ValueError("a"), RecursionError(), HazardlensError("")])
def test_a_reader_that_breaks_its_promise_is_found(error: Exception) -> None:
    def read(_: bytes) -> None:
        raise error

    with pytest.raises((ValueError, RecursionError, AssertionError)):
        was_read(Target("broken", read), b"")
