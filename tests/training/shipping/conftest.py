"""Labelled photos for exports."""

from pathlib import Path

import pytest

from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, make_split, write_split
from hazardlens.training.measuring.evaluate import LabelledSplit, read_data
from support.photo_pool import CLUTTER, DOOR, PoolPhoto, write_pool


@pytest.fixture
def plenty(tmp_path: Path) -> LabelledSplit:
    """Photos enough to choose a variant by."""
    shown = [PoolPhoto(f"p{number}", number, boxes=(CLUTTER, DOOR)) for number in range(12)]
    far = [PoolPhoto("far", 40, source="second", boxes=(CLUTTER,))]
    root = write_pool(tmp_path / "plenty", [*shown, *far])
    split = make_split(read_records(root), SplitConfig(name="made", test_sources=("second",), val=0.5))
    write_split(split, tmp_path / "plenty.json")
    return read_data(root, tmp_path / "plenty.json")
