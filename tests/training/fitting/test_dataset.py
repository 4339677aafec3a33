"""What was looked for stays with the pixels of its photo through every augmentation."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from hazardlens.training.config import AugmentConfig
from hazardlens.training.data.coverage import EVERYTHING, Coverage, known_at_anchors
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.fitting.augment import PhoneCamera, StretchedAffine
from hazardlens.training.fitting.dataset import EpochLoader, PartialDataset
from hazardlens.training.fitting.mixing import Mixture
from hazardlens.training.networks.backend import Instances

LABELS = ("stacked_clutter", "exit_door")
COLOURS = {"clutter": (200, 0, 0), "door": (0, 200, 0), "both": (0, 0, 200)}
LOOKED_FOR = {"clutter": {"stacked_clutter"}, "door": {"exit_door"}, "both": set(LABELS)}
GREY = (114, 114, 114)
SIDE = 128


def _record(folder: Path, kind: str, number: int, boxes: int = 1) -> PhotoRecord:
    width, height = ((96, 64), (64, 96), (80, 80))[number % 3]
    path = folder / f"{kind}{number}.png"
    Image.new("RGB", (width, height), COLOURS[kind]).save(path)
    return PhotoRecord(
        path=path,
        photo=path.name,
        width=width,
        height=height,
        sha256="",
        source=kind,
        licence="CC0-1.0",
        provenance="own",
        group=path.name,
        looked_for=frozenset(LOOKED_FOR[kind]),
        labels=("stacked_clutter", "bicycle_parked")[:boxes],
        boxes_cxcywh=np.asarray([[0.5, 0.5, 0.5, 0.5], [0.2, 0.2, 0.1, 0.1]][:boxes], np.float32).reshape(-1, 4),
    )


@pytest.fixture
def records(tmp_path: Path) -> list[PhotoRecord]:
    return [_record(tmp_path, kind, number) for kind in COLOURS for number in range(3)]


PLAIN = AugmentConfig(phone_camera=0)


def _hyp(**changes: float) -> SimpleNamespace:
    settings = {"mosaic": 1.0, "degrees": 0.0, "translate": 0.1, "fliplr": 0.5}
    return SimpleNamespace(**settings, hsv_h=0.0, hsv_s=0.0, hsv_v=0.0, deterministic=False, **changes)


Build = Callable[..., PartialDataset]


@pytest.fixture
def build(records: list[PhotoRecord]) -> Build:
    def build(
        hyp: SimpleNamespace, weights: list[float] | None = None, augment: AugmentConfig = PLAIN
    ) -> PartialDataset:
        coverage = Coverage.of(records, LABELS)
        mixture = Mixture(tuple(weights or [1.0] * len(records)))
        return PartialDataset(records, coverage, size_px=SIDE, hyp=hyp, mixture=mixture, augment=augment)

    return build


def _seed(number: int) -> None:
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - ultralytics' transforms draw from the global generators


def _is(picture: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    return np.asarray((picture == np.asarray(colour, np.uint8)).all(axis=2))


@pytest.mark.parametrize("degrees", [0.0, 20.0])
@pytest.mark.parametrize("mosaic", [1.0, 0.0], ids=["mosaic", "single"])
def test_every_pixel_keeps_the_pattern_of_its_photo(build: Build, mosaic: float, degrees: float) -> None:
    hyp = _hyp()
    hyp.mosaic, hyp.degrees = mosaic, degrees
    dataset = build(hyp, augment=AugmentConfig(phone_camera=0, aspect=1.5))
    numbers = {kind: dataset.coverage.number_of(frozenset(LOOKED_FOR[kind])) for kind in COLOURS}
    checked: Counter[str] = Counter()
    for index in range(len(dataset)):
        _seed(index)
        sample = dataset[index]
        picture = sample["img"].permute(1, 2, 0).numpy()
        plane = sample["coverage"].numpy()
        for kind, colour in COLOURS.items():
            pixels = _is(picture, colour)
            assert (plane[pixels] == numbers[kind]).all(), f"{kind} in sample {index}"
            checked[kind] += int(pixels.sum())
        padding = _is(picture, GREY)
        assert (plane[padding] == EVERYTHING).all()
        checked["padding"] += int(padding.sum())
    assert min(checked.values()) > 1000, checked
    assert len(checked) == 4


def test_batches_say_what_is_known_at_every_anchor(build: Build) -> None:
    dataset = build(_hyp())
    _seed(3)
    batch = dataset.collate([dataset[0], dataset[4]])
    known = known_at_anchors(batch["coverage"], batch["known"], [(16, 16), (8, 8), (4, 4)], [8, 16, 32])

    assert batch["img"].shape == (2, 3, SIDE, SIDE)
    assert batch["coverage"].dtype is torch.uint8
    assert known.shape == (2, 336, 2)
    centre = batch["img"][:, :, 8 + 4, 8 + 4]  # the anchor (1, 1) at stride 8
    for picture in range(2):
        colour = tuple(centre[picture].tolist())
        kind = next((kind for kind, its in COLOURS.items() if its == colour), None)
        expected = set(LABELS) if kind is None else LOOKED_FOR[kind]
        assert {label for label, yes in zip(LABELS, known[picture, 17].tolist(), strict=True) if yes} == expected


def test_boxes_of_labels_that_the_model_does_not_have_are_dropped(tmp_path: Path) -> None:
    records = [_record(tmp_path, "both", number, boxes=2) for number in range(4)]
    coverage = Coverage.of(records, LABELS)
    dataset = PartialDataset(records, coverage, size_px=SIDE, hyp=_hyp(), mixture=Mixture((1.0,) * 4), augment=PLAIN)

    assert [label["cls"].ravel().tolist() for label in dataset.labels] == [[0.0]] * 4


def test_closing_the_mosaic_shows_single_photos(build: Build) -> None:
    dataset = build(_hyp())
    dataset.close_mosaic(_hyp())
    _seed(1)

    shown = [set(np.unique(dataset[index]["coverage"])) - {EVERYTHING} for index in range(len(dataset))]

    assert [len(patterns) for patterns in shown] == [1] * len(dataset)


def test_a_mosaic_draws_its_photos_by_weight(build: Build) -> None:
    dataset = build(_hyp(), weights=[0.0] * 6 + [1.0] * 3)
    both = dataset.coverage.patterns.index(frozenset(LABELS))
    _seed(5)

    assert set(np.unique(dataset[8]["coverage"])) <= {both, EVERYTHING}


def test_too_many_patterns_are_refused(records: list[PhotoRecord]) -> None:
    labels = [f"label{number}" for number in range(9)]
    sets = [frozenset(label for bit, label in enumerate(labels) if number >> bit & 1) for number in range(300)]
    many = [
        PhotoRecord(**{**{name: getattr(records[0], name) for name in PhotoRecord.__slots__}, "looked_for": looked_for})
        for looked_for in sets
    ]
    with pytest.raises(ValueError, match="expected at most 255 different sets of labels looked for, found 300"):
        Coverage.of(many, labels)


def test_a_loader_sees_the_dataset_as_it_is_in_each_epoch(build: Build) -> None:
    dataset = build(_hyp())
    loader = EpochLoader(dataset, batch_size=3, collate_fn=dataset.collate, num_workers=0)
    _seed(2)
    before = [batch["coverage"] for batch in loader]
    dataset.close_mosaic(_hyp())
    loader.reset()
    after = [batch["coverage"] for batch in loader]

    assert any(len(plane.unique()) > 2 for batch in before for plane in batch)
    assert all(len(plane.unique()) <= 2 for batch in after for plane in batch)


def test_phone_camera_changes_pixels_but_neither_shape_nor_type() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    _seed(7)
    changed = PhoneCamera(1.0)({"img": picture.copy()})["img"]

    assert changed.shape == picture.shape
    assert changed.dtype == np.uint8
    assert not np.array_equal(changed, picture)
    np.testing.assert_array_equal(PhoneCamera(0.0)({"img": picture.copy()})["img"], picture)


def test_stretching_moves_boxes_with_their_pixels() -> None:
    """A white block on black, stretched: its box stays round it, and it keeps its area."""
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[40:80, 20:100] = 255
    affine = StretchedAffine(aspect=1.5, degrees=0.0, translate=0.0, scale=(1.0, 1.0), size=(SIDE, SIDE))
    sides = set()
    for seed in range(6):
        _seed(seed)
        block = Instances(np.asarray([[20.0, 40.0, 100.0, 80.0]], np.float32), bbox_format="xyxy", normalized=False)
        sample = affine({"img": picture.copy(), "instances": block, "cls": np.zeros((1, 1), np.float32)})
        rows, columns = np.nonzero(sample["img"][..., 0] > 127)
        found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        (box,) = sample["instances"].bboxes
        np.testing.assert_allclose(found, box, atol=1.5)
        sides.add(round(float(box[2] - box[0])))
        assert (box[2] - box[0]) * (box[3] - box[1]) == pytest.approx(80 * 40, rel=0.01)
    assert len(sides) > 3, sides
