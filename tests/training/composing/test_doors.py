"""Blocked exits and what stands beside doors: labels, boxes and pixels of scenes composed on a painted wall."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hazardlens.training.composing.doors import BlockedDoor, ClutterBesideDoor, doors
from hazardlens.training.composing.obstacles_cutouts import read_cutouts
from hazardlens.training.composing.scene import Scene
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError
from support.composing_parts import DOOR_XYXY, KNOWN, doorway, write_parts

SEEDS = 16
Compositions = tuple[BlockedDoor, ClutterBesideDoor]


@pytest.fixture(name="made", scope="module")
def made_fixture(tmp_path_factory: pytest.TempPathFactory) -> Compositions:
    parts = write_parts(tmp_path_factory.mktemp("parts") / "parts")
    return doors(parts, read_cutouts(parts))


def composed(composition: BlockedDoor | ClutterBesideDoor) -> Iterator[tuple[Scene, Scene]]:
    found = 0
    for seed in range(SEEDS):
        before = doorway()
        after = composition.compose(before, np.random.default_rng(seed))
        if after is not None:
            found += 1
            yield before, after
    assert found > SEEDS // 3


def changed(before: Scene, after: Scene, least: int) -> npt.NDArray[np.bool_]:
    difference = np.abs(before.pixels.astype(np.int16) - after.pixels.astype(np.int16)).max(axis=2)
    return np.asarray(difference > least)


def inside(shape: tuple[int, ...], box: npt.NDArray[np.float32], margin: int = 0) -> npt.NDArray[np.bool_]:
    mask = np.zeros(shape[:2], bool)
    x_0, y_0, x_1, y_1 = (round(float(value)) for value in box)
    mask[max(0, y_0 - margin) : y_1 + margin, max(0, x_0 - margin) : x_1 + margin] = True
    return mask


def record(photo: str, looked_for: frozenset[str], labels: tuple[str, ...]) -> PhotoRecord:
    boxes = np.tile(np.array([0.5, 0.5, 0.1, 0.1], np.float32), (len(labels), 1))
    return PhotoRecord(
        path=Path(photo), photo=photo, width=340, height=320, sha256="", source="s", licence="l", provenance="own",
        group="g", looked_for=looked_for, labels=labels, boxes_cxcywh=boxes,
    )  # fmt: skip


def test_a_blocked_door_is_a_blocked_exit_and_no_exit_door(made: Compositions) -> None:
    for _, after in composed(made[0]):
        assert after.labels.count("blocked_exit") == 1
        assert "exit_door" not in after.labels
        box = after.boxes_xyxy[after.labels.index("blocked_exit")]
        assert np.all(box[:2] <= np.array(DOOR_XYXY[:2]))
        assert np.all(box[2:] >= np.array(DOOR_XYXY[2:]))


def test_the_door_is_covered_at_knee_height(made: Compositions) -> None:
    for before, after in composed(made[0]):
        knee = changed(before, after, 12)[196:214, int(DOOR_XYXY[0]) : int(DOOR_XYXY[2])]
        assert knee.any(axis=0).mean() > 0.4


def test_what_stands_beside_a_door_does_not_block_it(made: Compositions) -> None:
    for before, after in composed(made[1]):
        assert "blocked_exit" not in after.labels
        assert after.labels[:2] == before.labels
        door = inside(before.pixels.shape, before.boxes_xyxy[0])
        # Its shadow may fall on the door.
        brighter = after.pixels.astype(np.int16) - before.pixels > 10
        assert not (brighter.any(axis=2) & door).any()


@pytest.mark.parametrize("which", [0, 1])
def test_the_heaps_box_is_round_what_changed(made: Compositions, which: int) -> None:
    checked = 0
    for before, after in composed(made[which]):
        if after.labels[-1] != "stacked_clutter" or "exit_door" in after.labels[2:]:
            continue
        box = after.boxes_xyxy[-1]
        own = changed(before, after, 6) & inside(before.pixels.shape, box)
        rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
        found = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
        assert np.abs(found - box).max() <= 3
        checked += 1
    assert checked > 2


@pytest.mark.parametrize("which", [0, 1])
def test_pixels_far_from_the_parts_are_untouched(made: Compositions, which: int) -> None:
    for before, after in composed(made[which]):
        touched = changed(before, after, 0)
        assert not touched[:40].any()
        sign = inside(before.pixels.shape, before.boxes_xyxy[1])
        assert not (changed(before, after, 40) & sign).any()


@pytest.mark.parametrize("which", [0, 1])
def test_what_was_looked_for_stays(made: Compositions, which: int) -> None:
    for before, after in composed(made[which]):
        assert after.looked_for == before.looked_for
        assert "exit_sign" in after.labels


@pytest.mark.parametrize("which", [0, 1])
def test_the_same_seed_gives_the_same_scene(made: Compositions, which: int) -> None:
    first, second = (made[which].compose(doorway(), np.random.default_rng(7)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.boxes_xyxy, second.boxes_xyxy)
    assert first.labels == second.labels


def test_only_listed_clear_doors_are_backgrounds(made: Compositions) -> None:
    for composition in made:
        assert composition.suits(record("photos/door.jpg", KNOWN, ("exit_door",)))
        assert not composition.suits(record("photos/other.jpg", KNOWN, ("exit_door",)))
        assert not composition.suits(record("photos/door.jpg", KNOWN, ("exit_door", "blocked_exit")))
        assert not composition.suits(record("photos/door.jpg", KNOWN - {"blocked_exit"}, ("exit_door",)))


def test_a_photo_without_a_door_has_no_place(made: Compositions) -> None:
    plain = doorway()
    none = Scene(plain.pixels, np.zeros((0, 4), np.float32), (), KNOWN)
    assert all(composition.compose(none, np.random.default_rng(0)) is None for composition in made)


def test_missing_or_broken_tables_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetMissingError, match=r"cutouts\.csv"):
        read_cutouts(tmp_path)
    parts = write_parts(tmp_path / "parts")
    cutouts = read_cutouts(parts)
    (parts / "door_backgrounds.csv").write_text("picture\n", encoding="utf-8")
    with pytest.raises(DatasetInvalidError, match="lacks photo"):
        doors(parts, cutouts)
    (parts / "cutouts" / "0.webp").write_bytes(b"no picture")
    with pytest.raises(DatasetInvalidError, match="transparency"):
        read_cutouts(parts)
