"""Composed scenes come from the seed alone, and their boxes are where their parts are."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest

from hazardlens.training.config import AugmentConfig
from hazardlens.training.data.coverage import EVERYTHING, Coverage
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.errors import DatasetInvalidError
from hazardlens.training.fitting.composer import Composer, load_pixels, scene_of
from hazardlens.training.fitting.dataset import PartialDataset
from hazardlens.training.fitting.mixing import Mixture, Shares
from support.photo_pool import CLUTTER, DOOR, PoolPhoto, write_pool
from support.rendered import Pasted

LABELS = ("stacked_clutter", "exit_door")
SIDE = 96
HYP = {"mosaic": 0.0, "degrees": 0.0, "translate": 0.0, "fliplr": 0.0, "hsv_h": 0.0, "hsv_s": 0.0, "hsv_v": 0.0}
STILL = AugmentConfig(scale_min=1, scale_max=1, phone_camera=0)


@pytest.fixture
def records(tmp_path: Path) -> list[PhotoRecord]:
    heaps = [PoolPhoto(f"h{n}", n, looked_for=("stacked_clutter",), boxes=(CLUTTER,)) for n in range(3)]
    doors = [PoolPhoto(f"d{n}", 9 + n, boxes=(DOOR,)) for n in range(2)]
    return read_records(write_pool(tmp_path / "pool", [*heaps, *doors]))


def _load(records: list[PhotoRecord], index: int) -> npt.NDArray[np.uint8]:
    return load_pixels(records[index], SIDE)


def _red_box(pixels: npt.NDArray[np.uint8]) -> list[int]:
    rows, columns = np.nonzero((pixels[..., 0] > 235) & (pixels[..., 1] < 20) & (pixels[..., 2] < 20))
    return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]


def test_backgrounds_are_photos_that_suit(records: list[PhotoRecord]) -> None:
    composer = Composer(records, (Pasted(),), {})
    drawn = {composer.draw(np.random.default_rng(n), lambda i: _load(records, i))[0] for n in range(30)}

    assert drawn == {0, 1, 2}


def test_the_same_generator_gives_the_same_scene(records: list[PhotoRecord]) -> None:
    composer = Composer(records, (Pasted(),), {})
    first, again, other = (
        composer.draw(np.random.default_rng(n), lambda i: _load(records, i))[1].pixels for n in (1, 1, 2)
    )

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_weights_choose_between_compositions_and_zero_leaves_one_out(records: list[PhotoRecord]) -> None:
    both = (Pasted("often"), Pasted("seldom", label="blocked_exit"))
    composer = Composer(records, both, {"often": 4})
    scenes = [composer.draw(np.random.default_rng(n), lambda i: _load(records, i))[1] for n in range(300)]

    assert sum(scene.labels[-1] == "blocked_exit" for scene in scenes) == pytest.approx(60, abs=25)
    assert [item.name for item in Composer(records, both, {"seldom": 0}).compositions] == ["often"]


def test_a_photo_without_a_place_is_shown_as_it_is(records: list[PhotoRecord]) -> None:
    composer = Composer(records, (Pasted(finds_place=False),), {})
    index, scene = composer.draw(np.random.default_rng(1), lambda i: _load(records, i))

    assert np.array_equal(scene.pixels, _load(records, index))
    assert scene.labels == records[index].labels


def test_a_trial_tells_what_each_composition_teaches(records: list[PhotoRecord]) -> None:
    composer = Composer(records, (Pasted(), Pasted("never", finds_place=False)), {})
    trials = composer.trial(seed=1, scenes=4)

    assert trials["pasted"].description() == {"backgrounds": 3, "tried": 4, "made": 4, "boxes": {"exit_door": 4}}
    assert (trials["never"].tried, trials["never"].made) == (16, 0)


def test_boxes_of_a_photo_are_cut_at_its_edge_and_slivers_dropped(records: list[PhotoRecord]) -> None:
    photo = PoolPhoto("edge", 1, boxes=(("exit_door", (0.5, 0.5, 1.0001, 1.0)), ("exit_door", (0.1, 0.1, 0.001, 0.1))))
    (record,) = read_records(write_pool(records[0].path.parent / "edge", [photo]))
    scene = scene_of(record, load_pixels(record, SIDE))

    assert scene.boxes_xyxy.tolist() == [[0, 0, 96, 64]]


def test_a_broken_photo_is_named(records: list[PhotoRecord]) -> None:
    records[0].path.write_bytes(b"no picture")
    with pytest.raises(DatasetInvalidError, match=r"h0\.jpg: cannot be decoded"):
        load_pixels(records[0], SIDE)


def _dataset(records: list[PhotoRecord], *, stock: bool = False) -> PartialDataset:
    mixture = Mixture((1.0,) * len(records), (), Composer(records, (Pasted(),), {}), Shares(0.5, 0.0, 0.5))
    hyp = SimpleNamespace(**HYP, deterministic=False)
    coverage = Coverage.of(records, LABELS)
    return PartialDataset(records, coverage, size_px=SIDE, hyp=hyp, mixture=mixture, augment=STILL, seed=5, stock=stock)


def test_a_composed_sample_has_its_box_round_its_part(records: list[PhotoRecord]) -> None:
    dataset = _dataset(records)
    for number in range(6):
        sample = dataset[len(records) + number]
        pixels = sample["img"].permute(1, 2, 0).numpy()
        box = sample["bboxes"][sample["cls"].ravel() == LABELS.index("exit_door")][0].numpy() * SIDE
        corners = [box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2]
        np.testing.assert_allclose(corners, _red_box(pixels), atol=1.5)
        known = dataset.coverage.table()[sample["coverage"][SIDE // 2, SIDE // 2].long()]
        assert known.tolist() == [True, False], "what was looked for on the photo behind it"


def test_a_composed_sample_depends_on_epoch_and_number_alone(records: list[PhotoRecord]) -> None:
    dataset, again = _dataset(records), _dataset(records)
    [dataset[len(records) + number] for number in range(3)]  # what was drawn before does not matter
    first = dataset[len(records) + 7]["img"]

    assert (again[len(records) + 7]["img"] == first).all()
    dataset.epoch = 1
    assert not (dataset[len(records) + 7]["img"] == first).all()
    dataset.epoch = 0
    assert (dataset[len(records) + 7]["img"] == first).all()


def test_transforms_do_not_write_into_a_scene_that_is_kept(records: list[PhotoRecord]) -> None:
    dataset = _dataset(records)
    before = dataset.get_image_and_label(len(records))["img"]
    dataset.get_image_and_label(len(records))["img"][:] = 0

    assert np.array_equal(dataset.get_image_and_label(len(records))["img"], before)


def test_the_stock_loss_knows_everything(records: list[PhotoRecord]) -> None:
    dataset = _dataset(records, stock=True)

    assert all((dataset[index]["coverage"] == EVERYTHING).all() for index in range(len(records) + 3))


def test_without_a_composer_there_are_no_scenes(records: list[PhotoRecord]) -> None:
    mixture = Mixture((1.0,) * len(records))
    hyp = SimpleNamespace(**HYP, deterministic=False)
    dataset = PartialDataset(
        records, Coverage.of(records, LABELS), size_px=SIDE, hyp=hyp, mixture=mixture, augment=STILL
    )
    with pytest.raises(IndexError, match="expected an index below 5, found 5"):
        dataset[5]
