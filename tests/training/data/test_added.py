"""Labels that were looked for later, laid over a pool."""

import csv
from pathlib import Path

import numpy as np
import pytest

from hazardlens.training.data.added import AddedLabel, read_added, write_with_added
from hazardlens.training.data.check import check_dataset
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError
from support.photo_pool import CLUTTER, PoolPhoto, write_pool
from support.project import REPO

HEADER = "photo,sha256,label,x_min,y_min,x_max,y_max"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    photos = [PoolPhoto(f"p{number}", number, looked_for=("stacked_clutter",), boxes=(CLUTTER,)) for number in range(3)]
    return write_pool(tmp_path / "pool", photos)


def table(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def record(root: Path, name: str) -> PhotoRecord:
    return next(each for each in read_records(root) if each.photo == f"photos/{name}.jpg")


def added(root: Path, name: str, *boxes: tuple[float, float, float, float], label: str = "exit_door") -> AddedLabel:
    return AddedLabel(f"photos/{name}.jpg", record(root, name).sha256, label, boxes)


def test_a_table_gives_boxes_and_absences(tmp_path: Path) -> None:
    rows = "a.jpg,1,exit_door,0.1,0.2,0.3,0.4", "b.jpg,2,exit_door,,,,", "a.jpg,1,exit_door,0.5,0.5,1,1"
    assert read_added(table(tmp_path / "added.csv", *rows)) == [
        AddedLabel("a.jpg", "1", "exit_door", ((0.1, 0.2, 0.3, 0.4), (0.5, 0.5, 1.0, 1.0))),
        AddedLabel("b.jpg", "2", "exit_door", ()),
    ]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (("a.jpg,1,exit_door,0.1,0.2,0.3,",), "four numbers or none"),
        (("a.jpg,1,exit_door,0.1,0.2,0.3,high",), "four numbers or none"),
        (("a.jpg,1,exit_door,0.3,0.2,0.3,0.4",), "empty or leaves"),
        (("a.jpg,1,exit_door,0.1,0.2,0.3,1.4",), "empty or leaves"),
        (("a.jpg,1,exit_door,0.1,0.2,0.3,nan",), "empty or leaves"),
        (("a.jpg,1,exit_door,,,,", "a.jpg,1,exit_door,0.1,0.2,0.3,0.4"), "has it not"),
        (("a.jpg,1,exit_door,,,,", "a.jpg,1,exit_door,,,,"), "twice"),
    ],
)
def test_rows_that_say_nothing_or_two_things_are_refused(tmp_path: Path, rows: tuple[str, ...], why: str) -> None:
    with pytest.raises(DatasetInvalidError, match=why) as refused:
        read_added(table(tmp_path / "added.csv", *rows))
    assert f"line {len(rows) + 1}" in str(refused.value)


def test_another_header_and_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalidError, match="header"):
        read_added(table(tmp_path / "added.csv", header="photo,label"))
    with pytest.raises(DatasetMissingError):
        read_added(tmp_path / "nowhere.csv")


def test_boxes_and_absences_are_laid_over_and_the_rest_stays(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    counted = write_with_added(root, [added(root, "p0", (0.25, 0.5, 0.75, 1.0)), added(root, "p1")], out)
    assert counted == {"exit_door": 1}
    with_box, absent, untouched = (record(out, name) for name in ("p0", "p1", "p2"))
    assert with_box.labels == ("stacked_clutter", "exit_door")
    np.testing.assert_allclose(with_box.boxes_cxcywh, [CLUTTER[1], (0.5, 0.75, 0.5, 0.5)], atol=1e-5)
    assert with_box.looked_for == absent.looked_for == {"stacked_clutter", "exit_door"}
    assert absent.labels == untouched.labels == ("stacked_clutter",)
    assert untouched.looked_for == {"stacked_clutter"}
    assert check_dataset(out, None).is_fit
    assert record(root, "p0").labels == ("stacked_clutter",)


def test_a_label_that_was_nowhere_found_is_told(root: Path, tmp_path: Path) -> None:
    assert write_with_added(root, [added(root, "p1")], tmp_path / "out") == {"exit_door": 0}


@pytest.mark.parametrize(
    ("photo", "sha256", "label", "why"),
    [
        ("photos/p9.jpg", "", "exit_door", "not in the pool"),
        ("photos/p0.jpg", "0" * 64, "exit_door", "another file"),
        ("photos/p0.jpg", "", "kitchen_pest", "not in labels.txt"),
        ("photos/p0.jpg", "", "stacked_clutter", "looked for before"),
    ],
)
def test_what_does_not_fit_the_pool_is_refused_and_nothing_is_written(
    root: Path, tmp_path: Path, photo: str, sha256: str, label: str, why: str
) -> None:
    wrong = AddedLabel(photo, sha256 or record(root, "p0").sha256, label, ())
    with pytest.raises(DatasetInvalidError, match=why):
        write_with_added(root, [wrong], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_there_stays_as_it_is(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalidError, match="already"):
        write_with_added(root, [], root)


def test_the_table_of_the_repository_names_photos_of_the_pool_that_do_not_test() -> None:
    with (REPO / "datasets/training-pool.csv").open(encoding="utf-8", newline="") as stream:
        pool = {f"photos/{Path(row['photo']).name}": row for row in csv.DictReader(stream)}
    for each in read_added(REPO / "datasets/labels-added.csv"):
        row = pool[each.photo]
        assert row["sha256"] == each.sha256
        assert row["split"] != "test", f"{each.photo} tests: nobody may choose its labels by looking at it"
        assert each.label not in row["looked_for"].split()
