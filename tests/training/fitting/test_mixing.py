"""Every batch has its fixed shares, and inside a share nothing drowns anything else."""

import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.fitting.mixing import (
    MixedOrder,
    Mixture,
    Partners,
    Shares,
    photo_weights,
    rendered_weights,
    slots,
    spread,
)
from support.photo_pool import CLUTTER, DOOR, PoolPhoto, write_pool

SHARES = Shares(0.55, 0.25, 0.2)
MIXED = Mixture(real=(1.0,) * 60 + (3.0,) * 20, rendered=(1.0,) * 40, shares=SHARES)


def _part(index: int, mixture: Mixture = MIXED) -> str:
    if index >= mixture.photos:
        return "composed"
    return "real" if index < len(mixture.real) else "rendered"


def test_an_order_shows_each_photo_as_often_as_its_weight_says() -> None:
    order = MixedOrder(Mixture((1.0, 3.0, 1.0, 1.5, 1.5)), batch=4, seed=4)
    draws = list(order)

    assert len(draws) == len(order) == 8
    counts = Counter(draws)
    assert (counts[0], counts[1], counts[2]) == (1, 3, 1)
    assert counts[3] + counts[4] == 3


@pytest.mark.parametrize("mixture", [Mixture((1.0,) * 50), MIXED], ids=["real", "mixed"])
def test_an_order_depends_on_seed_and_epoch_alone(mixture: Mixture) -> None:
    order, again = MixedOrder(mixture, batch=16, seed=4), MixedOrder(mixture, batch=16, seed=4)
    first = list(order)
    order.epoch = again.epoch = 1

    assert list(order) == list(again)
    assert list(again) != first


@pytest.mark.parametrize("batch", [4, 7, 16])
def test_every_batch_keeps_the_shares(batch: int) -> None:
    order = list(MixedOrder(MIXED, batch=batch, seed=1))
    batches = [order[first : first + batch] for first in range(0, len(order), batch)]

    assert {len(each) for each in batches} == {batch}
    whole: Counter[str] = Counter()
    for number, each in enumerate(batches, start=1):
        counts = Counter(map(_part, each))
        whole.update(counts)
        for part in ("real", "rendered", "composed"):
            share = getattr(SHARES, part)
            assert abs(counts[part] - share * batch) < 2, f"{part} in batch {number}"
            assert abs(whole[part] - share * batch * number) < 1, f"{part} up to batch {number}"


def test_an_epoch_is_as_long_as_the_real_photos_need() -> None:
    draws = sum(MIXED.real)
    order = MixedOrder(MIXED, batch=16, seed=1)
    counts = Counter(map(_part, order))

    assert draws / SHARES.real - 16 < len(order) <= draws / SHARES.real
    assert draws - 16 < counts["real"] <= draws
    assert counts["composed"] <= MIXED.scenes


def test_composed_scenes_are_numbered_through() -> None:
    scenes = [index - MIXED.photos for index in MixedOrder(MIXED, batch=16, seed=1) if _part(index) == "composed"]

    assert scenes == list(range(len(scenes)))


def test_a_batch_larger_than_an_epoch_is_cut_to_it() -> None:
    order = MixedOrder(Mixture((1.0, 1.0), (1.0,), shares=Shares(0.5, 0.5)), batch=64, seed=1)

    assert order.batch == len(order) == 4


def test_slots_go_to_the_part_that_lags() -> None:
    assert slots(Shares(0.5, 0.25, 0.25), 8) == [0, 1, 2, 0, 0, 1, 2, 0]


def test_spreading_rounds_each_weight_up_or_down() -> None:
    weights = [0.5, 3.25, 1.0, 0.01, 7.0]
    for seed in range(20):
        counts = Counter(spread(weights, 12, np.random.default_rng(seed)))
        for index, weight in enumerate(weights):
            expected = weight / sum(weights) * 12
            assert np.floor(expected) <= counts[index] <= np.ceil(expected)


def test_partners_of_a_mosaic_come_in_the_same_shares_and_weights() -> None:
    random.seed(3)
    draws = Partners(MIXED).draw(6000)
    counts = Counter(map(_part, draws))

    for part in ("real", "rendered", "composed"):
        assert counts[part] / len(draws) == pytest.approx(getattr(SHARES, part), abs=0.03)
    heavy = sum(60 <= index < 80 for index in draws)
    assert heavy / counts["real"] == pytest.approx(0.5, abs=0.04)
    assert max(draws) < MIXED.photos + MIXED.scenes, "mosaics show scenes that the epoch has anyway"


@pytest.fixture
def rendered(tmp_path: Path) -> list[PhotoRecord]:
    """Ten photos of covers, two of exits; two of the covers show a door."""
    covers = [
        PoolPhoto(f"c{number}", number, "rendered-covers", boxes=(DOOR,) if number < 2 else (CLUTTER,))
        for number in range(10)
    ]
    exits = [PoolPhoto(f"e{number}", 20 + number, "rendered-exits", boxes=(CLUTTER,)) for number in range(2)]
    return read_records(write_pool(tmp_path / "sets", [*covers, *exits]))


def test_a_large_set_does_not_drown_a_small_one(rendered: list[PhotoRecord]) -> None:
    weights = rendered_weights(rendered, {})

    assert sum(weights[:10]) == pytest.approx(sum(weights[10:]))
    assert all(first == second for first, second in pairwise(weights[:10]))


def test_weights_of_sets_and_labels_move_the_draws(rendered: list[PhotoRecord]) -> None:
    weights = rendered_weights(rendered, {"covers": 3, "exit_door": 4})

    assert sum(weights[:10]) == pytest.approx(3 * sum(weights[10:]))
    assert weights[0] == pytest.approx(4 * weights[9])


def test_a_real_photo_weighs_as_much_as_its_rarest_label_or_its_source(rendered: list[PhotoRecord]) -> None:
    labels, source = {"stacked_clutter": 2.5, "exit_door": 9.0}, rendered[9].source

    assert photo_weights(rendered[:1] + rendered[9:10], labels) == [9.0, 2.5]
    assert photo_weights(rendered[9:10], labels, {source: 3.0}) == [3.0]
    assert photo_weights(rendered[9:10], labels, {source: 2.0, "elsewhere": 9.0}) == [2.5]
