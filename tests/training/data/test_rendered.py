"""Rendered sets are read by the names of their labels, and divide by scene."""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from hazardlens.training.data.rendered import hazard_of, read_sets, validates
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError
from support.photo_pool import DOOR, POOL_LABELS, edit_cell
from support.rendered import BLOCKED, write_rendered


def test_a_folder_of_sets_and_a_set_are_both_taken(tmp_path: Path) -> None:
    folder = tmp_path / "rendered"
    write_rendered(folder / "covers", "covers", 2)
    write_rendered(folder / "exits", "exits", 3)
    lone = write_rendered(tmp_path / "kitchens", "kitchens", 1)
    sets = read_sets([folder, lone], POOL_LABELS)

    assert [(each.name, len(each.records)) for each in sets] == [("covers", 4), ("exits", 6), ("kitchens", 2)]
    assert {hazard_of(record) for record in sets[1].records} == {"exits"}
    assert sets[0].records[0].photo == "covers/photos/covers-0-0.jpg"
    assert sets[0].records[0].group == "covers/scene-0"


def test_labels_are_matched_by_name_and_strangers_dropped(tmp_path: Path) -> None:
    root = write_rendered(tmp_path / "exits", boxes=(BLOCKED, DOOR))
    (root / "labels.txt").write_text("lift\nstacked_clutter\nexit_door\nblocked_exit\n", "utf-8")
    edit_cell(root, "exits-0-0", "labels", "lift exit_door")
    for photo in root.glob("labels/*"):
        photo.write_text("0 0.5 0.5 0.4 0.4\n2 0.5 0.5 0.2 0.2\n" if photo.stem == "exits-0-0" else "", "utf-8")
    (found,) = read_sets([root], POOL_LABELS)

    assert found.records[0].labels == ("exit_door",)
    assert found.records[0].boxes_cxcywh.tolist() == [pytest.approx([0.5, 0.5, 0.2, 0.2])]
    assert found.records[0].looked_for == frozenset(POOL_LABELS)
    assert found.dropped == {"lift": 1}


def test_a_scene_is_never_parted_and_the_share_is_kept(tmp_path: Path) -> None:
    (found,) = read_sets([write_rendered(tmp_path / "exits", scenes=1)], POOL_LABELS)
    record = found.records[0]
    sides = [validates(replace(record, group=f"exits/scene-{number}"), 0.12) for number in range(2000)]

    assert sum(sides) / len(sides) == pytest.approx(0.12, abs=0.02)
    assert not validates(record, 0.0)
    groups = defaultdict(set)
    for shot in found.records:
        groups[shot.group].add(validates(shot, 0.5))
    assert all(len(sides) == 1 for sides in groups.values())


def test_a_larger_share_only_adds_scenes(tmp_path: Path) -> None:
    (found,) = read_sets([write_rendered(tmp_path / "exits", scenes=12)], POOL_LABELS)
    small = {record.photo for record in found.records if validates(record, 0.2)}
    large = {record.photo for record in found.records if validates(record, 0.6)}

    assert small < large


def test_the_description_names_hashes_generator_and_counts(tmp_path: Path) -> None:
    root = write_rendered(tmp_path / "exits", scenes=4)
    (root / "manifest.json").write_text(json.dumps({"generator_version": "7"}), "utf-8")
    (found,) = read_sets([root], POOL_LABELS)
    described = found.description(0.0)

    assert described["generator"] == "7"
    assert {name: len(sha256) for name, sha256 in described["sha256"].items()} == {
        "photos.csv": 64,
        "manifest.json": 64,
    }
    assert described["photos"] == {"train": 8}
    assert described["boxes"] == {"blocked_exit": 4}


def test_real_photos_are_refused(tmp_path: Path) -> None:
    root = write_rendered(tmp_path / "exits")
    edit_cell(root, "exits-1-0", "provenance", "own")
    with pytest.raises(DatasetInvalidError, match=r"exits-1-0\.jpg is own, expected rendered: real photos belong"):
        read_sets([root], POOL_LABELS)


def test_two_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    roots = [write_rendered(tmp_path / side / "exits") for side in ("first", "second")]
    with pytest.raises(DatasetInvalidError, match="two rendered sets are called exits"):
        read_sets(roots, POOL_LABELS)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetMissingError, match=r"there is no photos\.csv"):
        read_sets([tmp_path], POOL_LABELS)


def test_a_broken_manifest_is_named(tmp_path: Path) -> None:
    root = write_rendered(tmp_path / "exits")
    (root / "manifest.json").write_text("[]", "utf-8")
    with pytest.raises(DatasetInvalidError, match=r"manifest\.json: expected a JSON object"):
        read_sets([root], POOL_LABELS)
