"""A small labelled data set and its split, in `root` and in split.json beside it."""

from pathlib import Path

import pytest

from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, SplitManifest, make_split, write_split
from support.photo_pool import write_pool


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_pool(tmp_path / "pool")


@pytest.fixture
def split(root: Path, tmp_path: Path) -> SplitManifest:
    manifest = make_split(read_records(root), SplitConfig(name="made", test_sources=("second",), val=0.5))
    write_split(manifest, tmp_path / "split.json")
    return manifest
