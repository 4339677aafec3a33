"""Worse photos: the same every time, really worse, and boxes that still fit."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo, Pixels
from hazardlens.training.data.records import read_records
from hazardlens.training.errors import EvaluationError
from hazardlens.training.measuring.conditions import CONDITIONS, Condition, choose_conditions, worsened
from hazardlens.training.measuring.robustness import judge_under
from support.photo_pool import picture, write_pool

EACH = pytest.mark.parametrize("condition", CONDITIONS, ids=[condition.name for condition in CONDITIONS])


def scene(width: int = 320, height: int = 200) -> Photo:
    """A picture with fine detail: blots, and a chequered half."""
    pixels = np.array(picture(3, (width, height)))
    pixels[:, width // 2 :] = 255 * ((np.indices((height, width - width // 2)).sum(axis=0) // 4) % 2)[..., None]
    return Photo(pixels, width, height, "jpeg")


def detail(pixels: Pixels) -> float:
    grey = pixels.mean(axis=2)
    return float(np.abs(np.diff(grey, axis=1)).mean())


@EACH
def test_the_same_photo_and_seed_give_the_same_picture(condition: Condition) -> None:
    once, again = (worsened(scene(), "photos/a.jpg", condition) for _ in range(2))
    assert np.array_equal(once.pixels, again.pixels)


@pytest.mark.parametrize("condition", [item for item in CONDITIONS if item.name in {"dusk", "blur", "rain"}])
def test_another_photo_or_seed_draws_something_else(condition: Condition) -> None:
    first = worsened(scene(), "photos/a.jpg", condition).pixels
    assert not np.array_equal(first, worsened(scene(), "photos/b.jpg", condition).pixels)
    assert not np.array_equal(first, worsened(scene(), "photos/a.jpg", condition, seed=1).pixels)


@EACH
def test_the_frame_of_boxes_stays_and_the_picture_changes(condition: Condition) -> None:
    before = scene()
    kept = before.pixels.copy()
    after = worsened(before, "photos/a.jpg", condition)
    assert (after.width, after.height) == (before.width, before.height)
    assert np.array_equal(before.pixels, kept), "the photo itself must not change"
    small = cv2.resize(before.pixels, after.pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    assert np.abs(after.pixels.astype(int) - small).mean() > 0.5


def test_each_condition_does_what_it_is_called() -> None:
    before = scene()
    after = {condition.name: worsened(before, "photos/a.jpg", condition).pixels for condition in CONDITIONS}
    assert after["dusk"].mean() < 0.7 * before.pixels.mean()
    assert detail(after["blur"]) < 0.8 * detail(before.pixels)
    assert detail(after["rain"][:, :150]) > 2 * detail(before.pixels[:, :150])
    assert max(after["small"].shape[:2]) == 240
    assert after["jpeg"].shape == before.pixels.shape


def test_a_small_photo_stays_as_it_is() -> None:
    tiny = scene(100, 60)
    (small,) = choose_conditions("small")
    assert np.array_equal(worsened(tiny, "photos/a.jpg", small).pixels, tiny.pixels)


def test_conditions_are_chosen_by_name() -> None:
    assert choose_conditions("all") == CONDITIONS
    assert choose_conditions("none") == ()
    assert [condition.name for condition in choose_conditions("blur,dusk,blur")] == ["blur", "dusk"]
    with pytest.raises(EvaluationError, match="no condition fog: expected all, none or some of dusk"):
        choose_conditions("dusk,fog")


class Corners:
    """Finds one box: the whole photo, in the frame that the photo states."""

    labels = ("stacked_clutter",)
    input_size_px = 64

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        (photo,) = photos
        box = np.asarray([[0, 0, photo.width, photo.height]], np.float32)
        return [Detections(box, np.asarray([0.9], np.float32), np.asarray([0], np.int64), self.labels)]


@EACH
def test_boxes_are_in_the_frame_of_the_original(tmp_path: Path, condition: Condition) -> None:
    records = read_records(write_pool(tmp_path / "pool"))
    steps: list[tuple[int, int]] = []
    judged = judge_under(Corners(), records, condition, advance=lambda done, total: steps.append((done, total)))
    assert [item.detections.boxes_xyxy.tolist() for item in judged] == [[[0, 0, 96, 64]]] * len(records)
    assert steps[-1] == (len(records), len(records))
