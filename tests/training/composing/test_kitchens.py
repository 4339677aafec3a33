"""Kitchens that are made dirty, and animals let into them: labels, boxes and pixels on a painted room."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hazardlens.training.composing import pests_cutouts, photo_parts
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.dishes import Pose
from hazardlens.training.composing.kitchens import DirtyKitchen, TidyKitchen, merged
from hazardlens.training.composing.kitchens_stains import KINDS, stain
from hazardlens.training.composing.kitchens_surfaces import marked, surfaces_of
from hazardlens.training.composing.kitchens_ware import LONG_M, Ware
from hazardlens.training.composing.obstacles_cutouts import Cutouts
from hazardlens.training.composing.pests import PestVisit, RatsAtHeap
from hazardlens.training.composing.pests_cutouts import Rats
from hazardlens.training.composing.pests_others import KINDS as ANIMALS
from hazardlens.training.composing.pests_others import OtherAnimals
from hazardlens.training.composing.photo_parts import Piece, of_kinds, places, read_pieces
from hazardlens.training.composing.registry import compositions
from hazardlens.training.composing.scene import Composition, Scene
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import DatasetInvalidError
from support.project import REPO

PHOTO = "photos/doordetect-oi__141.jpg"
KNOWN = frozenset({"kitchen_dirty", "kitchen_pest"})
NO_WARE = Ware(())
DIRTY = DirtyKitchen(Cutouts({}), NO_WARE)
PESTS = PestVisit(Rats(()), DIRTY)
SEEDS = 12


def room(photo: str = PHOTO) -> Scene:
    rows = np.linspace(190, 120, 320)[:, None, None]
    noise = np.random.default_rng(5).integers(-3, 4, (320, 420, 3))
    pixels = np.clip(rows + noise + np.array([6, 0, -8]), 0, 255).astype(np.uint8)
    return Scene(pixels, np.zeros((0, 4), np.float32), (), KNOWN, photo)


def street() -> Scene:
    plain = room("photos/street.jpg")
    boxes = np.array([[120, 120, 260, 220]], np.float32)
    return Scene(plain.pixels, boxes, ("stacked_clutter",), KNOWN | {"stacked_clutter"}, plain.photo)


def composed(composition: Composition, scene: Scene) -> Iterator[Scene]:
    found = [composition.compose(scene, np.random.default_rng(seed)) for seed in range(SEEDS)]
    some = [after for after in found if after is not None]
    assert len(some) > SEEDS // 3
    yield from some


def changed(before: Scene, after: Scene, least: int) -> npt.NDArray[np.bool_]:
    difference = np.abs(before.pixels.astype(np.int16) - after.pixels.astype(np.int16)).max(axis=2)
    return np.asarray(difference > least)


def bounds(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int_]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def record(photo: str, looked_for: frozenset[str], labels: tuple[str, ...] = ()) -> PhotoRecord:
    boxes = np.tile(np.array([0.5, 0.5, 0.1, 0.1], np.float32), (len(labels), 1))
    return PhotoRecord(
        path=Path(photo), photo=photo, width=420, height=320, sha256="", source="s", licence="l", provenance="own",
        group="g", looked_for=looked_for, labels=labels, boxes_cxcywh=boxes,
    )  # fmt: skip


def test_marks_lie_in_the_photo_and_have_a_size() -> None:
    assert len(marked()) > 100
    for marks in marked().values():
        for mark in marks:
            assert mark.kind in KINDS
            assert 0.05 < mark.module < 0.5
            assert len(mark.corners) >= 6
            assert all(0 <= value <= 1 for value in mark.corners)


def test_a_surface_grows_towards_the_camera() -> None:
    for surface in surfaces_of(room()):
        low, high = surface.box[1], surface.box[3]
        if surface.kind != "wall":
            assert surface.scale(high) > surface.scale(low)
            assert surface.flatness(high) >= surface.flatness(low)


def test_a_dirty_kitchen_says_so_and_nothing_else() -> None:
    for after in composed(DIRTY, room()):
        assert after.labels
        assert set(after.labels) == {"kitchen_dirty"}
        assert after.looked_for == KNOWN


def test_what_changed_lies_in_the_boxes_of_the_dirt() -> None:
    # A zoomed scene is another picture: it has no name any more, and nothing to compare with.
    before, compared = room(), 0
    for after in composed(DIRTY, before):
        if after.photo != before.photo:
            continue
        inside = np.zeros(before.pixels.shape[:2], bool)
        for x_0, y_0, x_1, y_1 in after.boxes_xyxy.astype(int):
            inside[max(0, y_0 - 3) : y_1 + 3, max(0, x_0 - 3) : x_1 + 3] = True
        strong = changed(before, after, 45)
        assert (strong & ~inside).sum() < 0.04 * strong.sum() + 10
        compared += 1
    assert compared


def test_clean_dishes_are_no_dirt() -> None:
    before = room()
    for after in composed(TidyKitchen(NO_WARE), before):
        assert after.labels == ()
        assert after.photo != before.photo or changed(before, after, 10).any()


def test_each_pest_has_a_box() -> None:
    for after in composed(PESTS, room()):
        assert "kitchen_pest" in after.labels
        assert set(after.labels) <= {"kitchen_pest", "kitchen_dirty"}
        for box, label in zip(after.boxes_xyxy, after.labels, strict=True):
            if label == "kitchen_pest":
                assert (box[2:] - box[:2]).max() >= 8


def test_rats_at_a_heap_are_where_their_boxes_are_and_off_the_heap() -> None:
    before = street()
    for after in composed(RatsAtHeap(Rats(())), before):
        assert after.labels[0] == "stacked_clutter"
        assert np.array_equal(after.pixels[120:220, 120:260], before.pixels[120:220, 120:260])
        boxes = after.boxes_xyxy[1:]
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        strong, every = bounds(changed(before, after, 70)), bounds(changed(before, after, 2))
        # Bodies are inside their boxes; tails may be as pale as the ground, but something changed all the way.
        assert np.all(strong[:2] >= low - 2)
        assert np.all(strong[2:] <= high + 2)
        assert np.all(every[:2] <= low + 2)
        assert np.all(every[2:] >= high - 2)


def test_dirt_stays_on_its_surface() -> None:
    scene = room()
    for surface in surfaces_of(scene):
        within = surface.mask((scene.height_px, scene.width_px)) > 0
        for seed, kind in enumerate(KINDS[surface.kind]):
            pixels, box = stain(scene.pixels, surface, kind, np.random.default_rng(seed))
            touched = (pixels != scene.pixels).any(axis=2)
            assert not (touched & ~within).any()
            if box is not None:
                x_0, y_0, x_1, y_1 = (int(value) for value in box)
                assert touched[y_0:y_1, x_0:x_1].any()


@pytest.mark.parametrize("composition", [DIRTY, TidyKitchen(NO_WARE), PESTS], ids=lambda item: item.name)
def test_the_same_seed_gives_the_same_scene(composition: Composition) -> None:
    first, second = (composition.compose(room(), np.random.default_rng(3)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.boxes_xyxy, second.boxes_xyxy)


@pytest.mark.parametrize("composition", [DIRTY, TidyKitchen(NO_WARE), PESTS], ids=lambda item: item.name)
def test_only_marked_tidy_kitchens_are_backgrounds(composition: Composition) -> None:
    assert composition.suits(record(PHOTO, KNOWN))
    assert not composition.suits(record(PHOTO, KNOWN, ("kitchen_dirty",)))
    assert not composition.suits(record(PHOTO, frozenset({"kitchen_pest"})))
    assert not composition.suits(record("photos/other.jpg", KNOWN))
    assert composition.compose(room("photos/other.jpg"), np.random.default_rng(0)) is None


def test_boxes_that_touch_become_one() -> None:
    near = [(0.0, 0.0, 10.0, 10.0), (30.0, 30.0, 40.0, 40.0), (8.0, 5.0, 20.0, 12.0), (19.0, 11.0, 25.0, 30.5)]
    assert merged(near) == [(30.0, 30.0, 40.0, 40.0), (0.0, 0.0, 25.0, 30.5)]


def test_no_test_photo_is_marked_and_only_training_photos_are_cut_up() -> None:
    manifest = json.loads((REPO / "datasets" / "split-v1.json").read_text("utf-8"))
    assert {manifest["photos"][photo]["split"] for photo in marked()} == {"train", "val"}
    assert {manifest["photos"][photo]["split"] for photo in pests_cutouts.PHOTOS} == {"train"}


def test_what_is_cut_out_stands_in_photos_that_train() -> None:
    manifest = json.loads((REPO / "datasets" / "split-v1.json").read_text("utf-8"))
    assert len(places()) > 50
    for place in places():
        x_min, y_min, x_max, y_max = place.box
        assert place.kind in LONG_M or place.kind in ANIMALS
        assert 0 <= x_min < x_max <= 1
        assert 0 <= y_min < y_max <= 1
        assert manifest["photos"][place.photo]["split"] == "train"


def test_a_piece_of_ware_stands_on_its_foot_at_its_size() -> None:
    picture = np.zeros((60, 30, 4), np.float32)
    picture[5:, 5:25] = (200, 40, 40, 1)
    ware = Ware((Piece("bottle", picture, 60),))
    for seed in range(8):
        layer = Layer.empty(200, 200)
        assert ware.draw(layer, Pose(100, 150, 200, 0.4), np.random.default_rng(seed))
        x_min, y_min, x_max, y_max = layer.box_of({0}) or (0, 0, 0, 0)
        assert abs(y_max - 150) <= 2
        assert abs((x_min + x_max) / 2 - 100) <= 3
        # 27 cm at 200 px a metre, of which the picture leaves a twelfth empty.
        assert 0.8 * 54 * 55 / 60 < y_max - y_min < 1.2 * 54 * 55 / 60


def animal() -> Piece:
    picture = np.zeros((40, 60, 4), np.float32)
    picture[4:, 6:54] = (40, 40, 44, 1)
    return Piece("cat", picture, 60)


def test_other_animals_are_no_pests_and_stay_off_heaps() -> None:
    composition = OtherAnimals((animal(),))
    for after in composed(composition, room()):
        assert after.labels == ()
    before = street()
    for after in composed(composition, before):
        assert after.labels == ("stacked_clutter",)
        assert changed(before, after, 10).any()
        assert np.array_equal(after.pixels[120:220, 120:260], before.pixels[120:220, 120:260])


def test_other_animals_come_where_pests_were_looked_for() -> None:
    composition = OtherAnimals((animal(),))
    heap = KNOWN | {"stacked_clutter"}
    assert composition.suits(record(PHOTO, KNOWN))
    assert composition.suits(record("photos/street.jpg", heap, ("stacked_clutter",)))
    assert not composition.suits(record("photos/street.jpg", heap - {"kitchen_pest"}, ("stacked_clutter",)))
    assert not composition.suits(record("photos/street.jpg", heap))
    assert not OtherAnimals(()).suits(record(PHOTO, KNOWN))
    assert OtherAnimals(()).compose(room(), np.random.default_rng(0)) is None


def test_a_piece_is_not_enlarged_beyond_what_its_photo_shows() -> None:
    ware = Ware((Piece("bottle", np.ones((60, 30, 4), np.float32), 20),))
    layer = Layer.empty(200, 200)
    assert not ware.draw(layer, Pose(100, 150, 200, 0.4), np.random.default_rng(0))
    assert layer.count == 0
    assert not NO_WARE.draw(layer, Pose(100, 150, 200, 0.4), np.random.default_rng(0))


def test_real_things_come_off_cleanly_and_make_kitchens_dirty(shared_data: Path) -> None:
    pieces = read_pieces(shared_data)
    assert len(pieces) > 0.8 * len(places())
    for piece in pieces:
        cover = piece.picture[..., 3]
        assert 0.25 < cover.mean() < 0.99
        assert not piece.picture[cover == 0].any()
    ware = Ware(of_kinds(pieces, LONG_M))
    first, second = (
        DirtyKitchen(Cutouts({}), item).compose(room(), np.random.default_rng(3)) for item in (ware, NO_WARE)
    )
    assert first is not None
    assert second is not None
    assert not np.array_equal(first.pixels, second.pixels)


@pytest.mark.parametrize(
    ("reader", "photo"),
    [(photo_parts.read_pieces, places()[0].photo), (pests_cutouts.read_rats, min(pests_cutouts.PHOTOS))],
    ids=["parts", "rats"],
)
def test_a_photo_that_cannot_be_decoded_is_named(
    reader: Callable[[Path], object], photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    for module in (photo_parts, pests_cutouts):
        monkeypatch.setattr(module, "read_records", lambda _: [replace(record(photo, KNOWN), path=broken)])
    with pytest.raises(DatasetInvalidError, match=r"broken\.jpg: cannot be decoded"):
        reader(tmp_path)


def test_the_list_of_compositions_names_each_once() -> None:
    names = [item.name for item in compositions(None)]
    assert len(set(names)) == len(names)
    assert {"dirty-kitchen", "tidy-kitchen", "kitchen-pests", "rats-at-heap", "other-animals"} <= set(names)
