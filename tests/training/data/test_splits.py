"""A split never parts what belongs together, is the same every time, and its manifest cannot be edited unnoticed."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.data.splits import SplitConfig, SplitManifest, hold_out, make_split, read_split, write_split
from hazardlens.training.errors import SplitError


def _record(name: str, source: str, group: str = "", labels: tuple[str, ...] = ()) -> PhotoRecord:
    return PhotoRecord(
        path=Path("/photos") / f"{name}.jpg",
        photo=name,
        width=64,
        height=48,
        sha256=f"sha of {name}",
        source=source,
        licence="CC0-1.0",
        provenance="own",
        group=group or name,
        looked_for=frozenset(labels),
        labels=labels,
        boxes_cxcywh=np.full((len(labels), 4), 0.5, np.float32),
    )


def _many(source: str, count: int, labels: tuple[str, ...] = ()) -> list[PhotoRecord]:
    return [_record(f"{source}{number}", source, labels=labels) for number in range(count)]


def _splits(manifest: SplitManifest) -> dict[str, str]:
    return {photo: entry.split for photo, entry in manifest.photos.items()}


CONFIG = SplitConfig(name="tiny", test_sources=("far",), pooled_sources=("pool",), train_sources=("home",), val=0.2)
RECORDS = [*_many("far", 5), *_many("pool", 20), *_many("home", 4), *_many("near", 50)]


def test_sources_get_their_roles() -> None:
    by_source: dict[str, list[str]] = defaultdict(list)
    for photo, split in _splits(make_split(RECORDS, CONFIG)).items():
        by_source[photo.rstrip("0123456789")].append(split)

    assert set(by_source["far"]) == {"test"}
    assert set(by_source["home"]) == {"train"}
    assert [by_source["pool"].count(split) for split in ("train", "val", "test")] == [11, 2, 7]
    assert [by_source["near"].count(split) for split in ("train", "val", "test")] == [40, 10, 0]


def test_a_place_shared_with_a_test_source_tests_and_is_listed() -> None:
    records = [_record("a", "far", "square"), _record("b", "near", "square"), _record("c", "near"), *_many("pool", 2)]
    manifest = make_split(records, SplitConfig(name="tiny", test_sources=("far",)))

    assert _splits(manifest)["b"] == "test"
    assert [(moved.photo, moved.shares_with) for moved in manifest.moved_to_test] == [("b", ("far",))]


def test_a_near_duplicate_goes_where_its_twin_goes() -> None:
    records = [_record("a", "far"), _record("b", "near"), _record("c", "near", "b")]
    manifest = make_split(records, SplitConfig(name="tiny", test_sources=("far",)), [("b", "a")])

    assert set(_splits(manifest).values()) == {"test"}
    assert manifest.near_duplicates == (("a", "b"),)


def test_validation_gets_some_of_a_rare_label_and_training_the_most() -> None:
    records = [*_many("near", 40), *_many("rare", 6, ("blocked_exit",))]
    config = SplitConfig(name="tiny", test_sources=(), rare_labels=("blocked_exit",), rare_val=0.3, val=0.1)
    rare = [split for photo, split in _splits(make_split(records, config)).items() if photo.startswith("rare")]

    assert (rare.count("train"), rare.count("val")) == (4, 2)


groups = st.lists(st.tuples(st.sampled_from(["far", "near", "pool", "other"]), st.integers(0, 8)), min_size=1)


@given(
    rows=groups, seed=st.integers(0, 3), pairs=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=4)
)
def test_no_group_and_no_pair_is_ever_parted(
    rows: list[tuple[str, int]], seed: int, pairs: list[tuple[int, int]]
) -> None:
    records = [_record(f"photo{row}", source, f"place{place}") for row, (source, place) in enumerate(rows)]
    twins = [(f"photo{a % len(rows)}", f"photo{b % len(rows)}") for a, b in pairs]
    present = {record.source for record in records}
    config = SplitConfig(
        name="tiny",
        seed=seed,
        test_sources=("far",) if "far" in present else (),
        pooled_sources=("pool",) if "pool" in present else (),
    )
    splits = _splits(make_split(records, config, twins))

    for first, second in twins:
        assert splits[first] == splits[second]
    by_group: dict[str, set[str]] = defaultdict(set)
    for record in records:
        by_group[record.group].add(splits[record.photo])
        assert record.source != "far" or splits[record.photo] == "test"
    assert all(len(found) == 1 for found in by_group.values())
    assert set(splits) == {record.photo for record in records}


def test_the_same_seed_gives_the_same_split_and_another_seed_another() -> None:
    assert make_split(RECORDS, CONFIG) == make_split(RECORDS, CONFIG)
    assert _splits(make_split(RECORDS, CONFIG)) != _splits(make_split(RECORDS, CONFIG.model_copy(update={"seed": 1})))


def test_a_manifest_survives_the_file_and_selects(tmp_path: Path) -> None:
    manifest = make_split(RECORDS, CONFIG)
    path = tmp_path / "datasets" / "split.json"
    write_split(manifest, path)

    assert read_split(path) == manifest
    assert {record.source for record in manifest.select(RECORDS, "test")} == {"far", "pool"}


def test_an_edited_manifest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    write_split(make_split(RECORDS, CONFIG), path)
    content = json.loads(path.read_text("utf-8"))
    content["photos"]["near0"]["split"] = "test"
    path.write_text(json.dumps(content), "utf-8")

    with pytest.raises(SplitError, match="edited by hand"):
        read_split(path)


def test_a_broken_or_missing_manifest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    with pytest.raises(SplitError, match="No such file"):
        read_split(path)
    path.write_text('{"photos": {}}', "utf-8")
    with pytest.raises(SplitError, match="config: Field required"):
        read_split(path)


def test_photos_that_the_split_does_not_know_are_refused() -> None:
    manifest = make_split(RECORDS, CONFIG)
    with pytest.raises(SplitError, match="does not name stranger"):
        manifest.select([_record("stranger", "near")], "train")


def test_a_photo_that_changed_is_refused() -> None:
    manifest = make_split([_record("a", "near"), _record("b", "near")], SplitConfig(name="tiny", test_sources=()))
    changed = manifest.model_copy(
        update={"photos": manifest.photos | {"a": manifest.photos["a"].model_copy(update={"sha256": "other"})}}
    )
    with pytest.raises(SplitError, match="made with another a: its sha256 differs"):
        changed.select([_record("a", "near")], "train")


def test_unknown_sources_and_twins_are_refused() -> None:
    with pytest.raises(SplitError, match="sources without photos: mars"):
        make_split(RECORDS, SplitConfig(name="tiny", test_sources=("mars",)))
    with pytest.raises(SplitError, match="photos that are not there: ghost"):
        make_split(RECORDS, CONFIG, [("near0", "ghost")])


def test_a_source_has_one_role() -> None:
    with pytest.raises(ValidationError, match="one role only: far"):
        SplitConfig(name="tiny", test_sources=("far",), pooled_sources=("far",))


def test_the_shipped_split_fits_the_photos_and_parts_no_place(repo: Path, shared_data: Path) -> None:
    records = read_records(shared_data)
    manifest = read_split(repo / "datasets" / "split-v1.json")
    train, val, test = (manifest.select(records, name) for name in ("train", "val", "test"))

    assert len(train) + len(val) + len(test) == len(records)
    places = [{record.group for record in part} for part in (train, val, test)]
    assert not places[0] & places[1]
    assert not (places[0] | places[1]) & places[2]
    taught = {record.source for record in train + val}
    assert taught.isdisjoint(manifest.config.test_sources)
    assert manifest == make_split(records, manifest.config, manifest.near_duplicates)


def test_holding_out_a_source_moves_it_and_its_places_and_nothing_else() -> None:
    records = [*RECORDS, _record("n", "near", "square"), _record("o", "odd", "square"), *_many("odd", 6)]
    base = make_split(records, CONFIG, [("near0", "odd0")])
    held = hold_out(records, base, "odd")

    before, after = _splits(base), _splits(held)
    moved = {photo for photo in before if before[photo] != after[photo]}
    assert {after[photo] for photo in after if photo.startswith("o")} == {"test"}
    assert (after["n"], after["near0"]) == ("test", "test")
    assert moved <= {"n", "near0", *(record.photo for record in records if record.source == "odd")}
    assert held.name == "tiny-without-odd"
    assert held.config.test_sources == ("far", "odd")
    assert {item.photo for item in held.moved_to_test} == {"n", "near0"}
    assert held.sha256 == held.content_sha256() != base.sha256


def test_a_source_with_a_role_can_be_held_out() -> None:
    held = hold_out(RECORDS, make_split(RECORDS, CONFIG), "pool")
    assert held.config.pooled_sources == ()
    assert {split for photo, split in _splits(held).items() if photo.startswith("pool")} == {"test"}


@pytest.mark.parametrize(("source", "message"), [("far", "tests already"), ("ghost", "no photo is of source ghost")])
def test_what_cannot_be_held_out_is_refused(source: str, message: str) -> None:
    with pytest.raises(SplitError, match=message):
        hold_out(RECORDS, make_split(RECORDS, CONFIG), source)
