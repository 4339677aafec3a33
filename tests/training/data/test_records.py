"""Records say what the files say, and a broken file is named."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from hazardlens.training.data.records import read_labels, read_records
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError
from support.photo_pool import POOL_LABELS, edit_cell, write_pool


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return write_pool(tmp_path / "pool")


def test_reads_rows_and_boxes(pool: Path) -> None:
    records = {record.photo: record for record in read_records(pool)}
    two = records["photos/a2.jpg"]

    assert read_labels(pool) == POOL_LABELS
    assert list(records) == [f"photos/{name}.jpg" for name in ("a1", "a2", "a3", "b1", "b2")]
    assert two.path == pool / "photos" / "a2.jpg"
    assert (two.width, two.height, two.source, two.provenance) == (96, 64, "first", "own")
    assert two.labels == ("stacked_clutter", "exit_door")
    assert two.boxes_of("exit_door") == 1
    np.testing.assert_allclose(two.boxes_cxcywh, [[0.5, 0.5, 0.4, 0.4], [0.2, 0.5, 0.2, 0.9]])
    assert two.boxes_cxcywh.dtype == np.float32


def test_a_photo_without_boxes_has_an_empty_array_and_what_was_looked_for(pool: Path) -> None:
    empty = next(record for record in read_records(pool) if record.photo == "photos/a3.jpg")

    assert empty.labels == ()
    assert empty.boxes_cxcywh.shape == (0, 4)
    assert empty.looked_for == {"stacked_clutter"}


def test_records_are_frozen(pool: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        read_records(pool)[0].source = "another"  # type: ignore[misc] # that is what is tested


def _write_label(content: bytes) -> Callable[[Path], None]:
    def break_it(pool: Path) -> None:
        (pool / "labels" / "a1.txt").write_bytes(content)

    return break_it


def _edit(column: str, value: str) -> Callable[[Path], None]:
    def break_it(pool: Path) -> None:
        edit_cell(pool, "a1", column, value)

    return break_it


def _rewrite(name: str, old: str, new: str) -> Callable[[Path], None]:
    def break_it(pool: Path) -> None:
        path = pool / name
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    return break_it


INVALID = [
    pytest.param(_write_label(b"1 0.5 0.5 0.4\n"), r"a1\.txt line 1: expected four", id="three numbers"),
    pytest.param(_write_label(b"\n1 0.5 0.5 wide 0.4\n"), r"a1\.txt line 2: expected `id cx cy w h`", id="a word"),
    pytest.param(_write_label(b"3 0.5 0.5 0.4 0.4\n"), r"expected `id cx cy w h`", id="an id too high"),
    pytest.param(_write_label(b"-1 0.5 0.5 0.4 0.4\n"), r"expected `id cx cy w h`", id="an id below zero"),
    pytest.param(_write_label(b"1 0.9 0.5 0.4 0.4\n"), r"leaves the photo", id="a box outside"),
    pytest.param(_write_label(b"1 0.5 0.5 0 0.4\n"), r"is empty", id="a box without width"),
    pytest.param(_write_label(b"1 nan 0.5 0.4 0.4\n"), r"four finite numbers", id="not a number"),
    pytest.param(_write_label(b"\xff\xfe"), r"a1\.txt: not UTF-8", id="bytes"),
    pytest.param(_edit("width", "0"), r"photos\.csv line 2: expected a width", id="no width"),
    pytest.param(_edit("height", "tall"), r"found 'tall'", id="a word for a height"),
    pytest.param(_edit("looked_for", "manhole_open"), r"manhole_open is not in labels\.txt", id="unknown label"),
    pytest.param(_edit("photo", "photos/a2.jpg"), r"photos/a2\.jpg is listed twice", id="listed twice"),
    pytest.param(_rewrite("photos.csv", "provenance", "origin"), r"the header lacks provenance", id="a column missing"),
    pytest.param(_rewrite("labels.txt", "exit_door", "blocked_exit"), r"each once", id="a label twice"),
]


@pytest.mark.parametrize(("break_it", "message"), INVALID)
def test_what_breaks_the_format_is_named(pool: Path, break_it: Callable[[Path], None], message: str) -> None:
    break_it(pool)
    with pytest.raises(DatasetInvalidError, match=message):
        read_records(pool)


@pytest.mark.parametrize("name", ["photos.csv", "labels.txt", "labels/a1.txt", "photos/a1.jpg"])
def test_what_is_missing_is_named(pool: Path, name: str) -> None:
    (pool / name).unlink()
    with pytest.raises(DatasetMissingError, match=name.replace(".", r"\.")):
        read_records(pool)
