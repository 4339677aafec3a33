"""Scenes composed into validation photos: boxes where the parts are, places kept, the same every time."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.shipping.composed import composed_records
from support.photo_pool import CLUTTER, PoolPhoto, write_pool
from support.rendered import Pasted


@pytest.fixture
def photos(tmp_path: Path) -> list[PhotoRecord]:
    heaps = [PoolPhoto(f"p{number}", number, group=f"g{number}", boxes=(CLUTTER,)) for number in range(4)]
    return read_records(write_pool(tmp_path / "pool", [*heaps, PoolPhoto("plain", 9, group="plain")]))


def compose(photos: list[PhotoRecord], folder: Path, *ways: Pasted, scenes: int = 3) -> list[PhotoRecord]:
    folder.mkdir()
    return composed_records(photos, ways, folder, scenes=scenes)


def test_boxes_are_where_the_parts_are(photos: list[PhotoRecord], tmp_path: Path) -> None:
    made = compose(photos, tmp_path / "made", Pasted())

    assert len(made) == 3
    for record in made:
        pixels = np.asarray(Image.open(record.path).convert("RGB"), np.int16)
        (left, top), (right, bottom) = corners_px(record, "exit_door")
        assert (right - left, bottom - top) == pytest.approx((record.height // 4,) * 2, abs=1)
        # JPEG bleeds a few pixels across an edge.
        inside = pixels[top + 4 : bottom - 4, left + 4 : right - 4]
        assert np.abs(inside - (255, 0, 0)).max() < 60


def corners_px(record: PhotoRecord, label: str) -> tuple[tuple[int, int], tuple[int, int]]:
    centre_x, centre_y, width, height = record.boxes_cxcywh[record.labels.index(label)].tolist()
    x, y = (centre_x - width / 2) * record.width, (centre_y - height / 2) * record.height
    return (round(x), round(y)), (round(x + width * record.width), round(y + height * record.height))


def test_each_photo_is_used_once_and_keeps_its_place(photos: list[PhotoRecord], tmp_path: Path) -> None:
    made = compose(photos, tmp_path / "made", Pasted(), scenes=99)

    assert sorted(record.group for record in made) == ["g0", "g1", "g2", "g3"]
    assert {record.provenance for record in made} == {"composed"}
    assert {record.source for record in made} == {"composed-pasted"}


def test_the_same_photos_give_the_same_scenes(photos: list[PhotoRecord], tmp_path: Path) -> None:
    first = compose(photos, tmp_path / "first", Pasted())
    second = compose(photos, tmp_path / "second", Pasted())

    assert [record.path.read_bytes() for record in first] == [record.path.read_bytes() for record in second]


def test_what_finds_no_place_gives_nothing(photos: list[PhotoRecord], tmp_path: Path) -> None:
    assert compose(photos, tmp_path / "made", Pasted(finds_place=False)) == []
