"""How many views of a scene are photographed."""

import random

from hazardlens.training.rendering.studio.shots import VIEWS, Camera, Shot, few


def _shot(state: str, pair: str) -> Shot:
    return Shot(state=state, camera=Camera((0, 0, 1), (0, 1, 1)), arrange=lambda: None, targets=list, pair=pair)


def _drawing(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - scenes are drawn by it, nothing is kept secret


SHOTS = [_shot(state, pair) for pair in ("sink0", "hob1", "floor2", "wide3") for state in ("tidy", "dirty")]


def test_a_scene_with_many_views_shows_some_of_them_whole_and_in_order() -> None:
    kept = few(SHOTS, _drawing(3))
    assert len({shot.pair for shot in kept}) == VIEWS
    assert kept == [shot for shot in SHOTS if shot.pair in {one.pair for one in kept}]


def test_each_shot_without_a_pair_is_a_view_of_its_own() -> None:
    assert len(few([_shot("taut", "") for _ in range(5)], _drawing(0))) == VIEWS


def test_a_scene_with_few_views_keeps_them_all() -> None:
    assert few(SHOTS[:4], _drawing(0)) == SHOTS[:4]


def test_which_views_depends_on_the_scene() -> None:
    assert len({tuple(shot.pair for shot in few(SHOTS, _drawing(seed))) for seed in range(20)}) > 1
