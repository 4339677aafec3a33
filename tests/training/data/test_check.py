"""One small data set per way to be wrong."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from hazardlens.training.data.check import check_dataset
from hazardlens.training.data.duplicates import NEAR_BITS, near_pairs, picture_hash
from hazardlens.training.data.findings import CheckReport, Severity
from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, SplitManifest, SplitPhoto, make_split
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError
from support.photo_pool import POOL, PoolPhoto, edit_cell, picture, write_pool


def codes(report: CheckReport) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in report.findings]


def split_of(root: Path, photos: Sequence[PoolPhoto] = POOL) -> SplitManifest:
    """Who tests is decided by source here: the second one."""
    assert {photo.source for photo in photos} == {"first", "second"}
    return make_split(read_records(root), SplitConfig(name="made", test_sources=("second",), val=0.3))


def test_a_clean_set_has_no_findings(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    root = write_pool(tmp_path / "pool")
    report = check_dataset(root, split_of(root), lambda done, total: steps.append((done, total)))
    assert codes(report) == []
    assert report.is_fit
    assert report.photos == len(POOL)
    assert steps == [(done, len(POOL)) for done in range(1, len(POOL) + 1)]


def _delete_photo(root: Path) -> None:
    (root / "photos/a1.jpg").unlink()


def _delete_labels(root: Path) -> None:
    (root / "labels/a1.txt").unlink()


def _replace_photo(root: Path) -> None:
    picture(77).save(root / "photos/a1.jpg")


def _truncate_photo(root: Path) -> None:
    path = root / "photos/a1.jpg"
    path.write_bytes(path.read_bytes()[:300])


def _not_a_photo(root: Path) -> None:
    (root / "photos/a1.jpg").write_text("no picture", "utf-8")


def _turned_photo(root: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1).save(root / "photos/a1.jpg", exif=exif)


def _tagged_photo(root: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a phone"
    path = root / "photos/a1.jpg"
    picture(1).save(path, exif=exif)
    edit_cell(root, "a1", "sha256", hashlib.sha256(path.read_bytes()).hexdigest())


def _boxes(lines: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        (root / "labels/a1.txt").write_text(lines, "utf-8")

    return spoil


def _cell(column: str, value: str) -> Callable[[Path], None]:
    return lambda root: edit_cell(root, "a1", column, value)


def _extra_photo(root: Path) -> None:
    picture(88).save(root / "photos/zz.jpg")


def _extra_labels(root: Path) -> None:
    (root / "labels/zz.txt").write_text("", "utf-8")


def _second_row(root: Path) -> None:
    path = root / "photos.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", "utf-8")


A1 = "photos/a1.jpg"


@pytest.mark.parametrize(
    ("spoil", "code", "subject", "severity"),
    [
        pytest.param(_delete_photo, "photo_missing", A1, Severity.ERROR, id="photo missing"),
        pytest.param(_extra_photo, "photo_extra", "photos/zz.jpg", Severity.WARNING, id="photo without a row"),
        pytest.param(_delete_labels, "labels_missing", A1, Severity.ERROR, id="label file missing"),
        pytest.param(_extra_labels, "labels_extra", "labels/zz.txt", Severity.WARNING, id="labels without a row"),
        pytest.param(_replace_photo, "hash_differs", A1, Severity.ERROR, id="another photo of that name"),
        pytest.param(_truncate_photo, "photo_broken", A1, Severity.ERROR, id="truncated photo"),
        pytest.param(_not_a_photo, "photo_broken", A1, Severity.ERROR, id="no photo at all"),
        pytest.param(_turned_photo, "not_upright", A1, Severity.ERROR, id="orientation not applied"),
        pytest.param(_tagged_photo, "metadata", A1, Severity.WARNING, id="metadata left in"),
        pytest.param(_cell("width", "97"), "size_differs", A1, Severity.ERROR, id="wrong width"),
        pytest.param(_cell("height", ""), "size_differs", A1, Severity.ERROR, id="no height"),
        pytest.param(_cell("looked_for", "ghost"), "label_unknown", A1, Severity.ERROR, id="unknown label looked for"),
        pytest.param(_cell("labels", "ghost"), "label_unknown", A1, Severity.ERROR, id="unknown label"),
        pytest.param(_cell("labels", ""), "labels_differ", A1, Severity.ERROR, id="row and label file differ"),
        pytest.param(
            _cell("looked_for", "exit_door"), "boxes_incomplete", A1, Severity.WARNING, id="box not looked for"
        ),
        pytest.param(_cell("licence", " "), "cell_empty", A1, Severity.ERROR, id="no licence"),
        pytest.param(_cell("group", ""), "cell_empty", A1, Severity.ERROR, id="no group"),
        pytest.param(_cell("provenance", "found"), "provenance_unknown", A1, Severity.ERROR, id="provenance"),
        pytest.param(_boxes("1 0.9 0.5 0.4 0.4\n"), "box_invalid", A1, Severity.ERROR, id="box leaves the photo"),
        pytest.param(_boxes("1 0.5 0.5 0 0.4\n"), "box_invalid", A1, Severity.ERROR, id="box without width"),
        pytest.param(_boxes("1 0.5 nan 0.4 0.4\n"), "box_invalid", A1, Severity.ERROR, id="box that is no number"),
        pytest.param(_boxes("9 0.5 0.5 0.4 0.4\n"), "box_invalid", A1, Severity.ERROR, id="unknown label id"),
        pytest.param(_boxes("1 0.5 0.5 0.4\n"), "box_invalid", A1, Severity.ERROR, id="short line"),
        pytest.param(_second_row, "photo_listed_twice", A1, Severity.ERROR, id="two rows"),
    ],
)
def test_every_way_to_be_wrong_is_found(
    tmp_path: Path, spoil: Callable[[Path], None], code: str, subject: str, severity: Severity
) -> None:
    root = write_pool(tmp_path / "pool")
    spoil(root)
    report = check_dataset(root)
    found = {(finding.code, finding.subject): finding.severity for finding in report.findings}
    assert found.get((code, subject)) == severity
    assert report.is_fit == (severity is Severity.WARNING)


def test_everything_is_listed_not_only_the_first(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    for name in ("a1", "a2", "b1"):
        (root / f"photos/{name}.jpg").unlink()
        edit_cell(root, name, "group", "")
    assert check_dataset(root).counts() == {"cell_empty": 3, "photo_missing": 3}


@pytest.mark.parametrize("missing", ["photos.csv", "labels.txt"])
def test_without_its_tables_there_is_nothing_to_check(tmp_path: Path, missing: str) -> None:
    root = write_pool(tmp_path / "pool")
    (root / missing).unlink()
    with pytest.raises(DatasetMissingError, match=missing):
        check_dataset(root)


def test_a_table_without_a_column_is_refused_by_name(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    path = root / "photos.csv"
    path.write_text(path.read_text("utf-8").replace("looked_for", "seen", 1), "utf-8")
    with pytest.raises(DatasetInvalidError, match="looked_for"):
        check_dataset(root)


def test_a_group_on_both_sides_is_a_leak(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    split = split_of(root)
    edit_cell(root, "a1", "group", "one place")
    edit_cell(root, "b1", "group", "one place")
    report = check_dataset(root, split)
    assert ("group_leak", "one place") in codes(report)
    assert not report.is_fit


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_same_picture_on_both_sides_is_a_leak(tmp_path: Path, mirrored: bool) -> None:
    """The twin is smaller, recompressed, stretched, and for the second case mirrored too."""
    twin = PoolPhoto("b3", POOL[0].motif, source="second", size_wh=(64, 64), mirrored=mirrored)
    root = write_pool(tmp_path / "pool", (*POOL, twin))
    split = split_of(root)
    assert (split.photos["photos/a1.jpg"].split == "test") is False
    report = check_dataset(root, split)
    assert ("picture_leak", "photos/a1.jpg") in codes(report)
    assert ("mirror" in report.findings[-1].message) is mirrored


def test_twins_on_one_side_are_worth_a_look_only(tmp_path: Path) -> None:
    twins = (replace(POOL[0], name="a4"), replace(POOL[1], name="a5", group=POOL[1].name))
    root = write_pool(tmp_path / "pool", (*POOL, *twins))
    report = check_dataset(root)
    assert sorted(codes(report)) == [("twins", "photos/a2.jpg"), ("twins_in_two_groups", "photos/a1.jpg")]
    assert report.is_fit


def test_a_split_for_other_photos_is_found(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    split = split_of(root)
    photos = dict(split.photos)
    del photos["photos/a1.jpg"]
    photos["photos/a2.jpg"] = SplitPhoto(split="train", sha256="0" * 64)
    photos["photos/gone.jpg"] = SplitPhoto(split="train", sha256="0" * 64)
    report = check_dataset(root, split.model_copy(update={"photos": photos}))
    assert codes(report) == [
        ("split_lacks_photo", "photos/a1.jpg"),
        ("split_hash_differs", "photos/a2.jpg"),
        ("split_photo_missing", "photos/gone.jpg"),
    ]


def test_unrelated_pictures_are_no_twins() -> None:
    hashes = [picture_hash(picture(motif)) for motif in range(40)]
    assert list(near_pairs(hashes)) == []
    assert list(near_pairs([])) == []


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "P", "RGBA"])
def test_a_copy_in_another_mode_is_a_twin(mode: str) -> None:
    first, second = picture_hash(picture(1)), picture_hash(picture(1, (50, 70)).convert(mode))
    (pair,) = near_pairs([first, second])
    assert pair.bits <= NEAR_BITS
    assert not pair.mirrored
