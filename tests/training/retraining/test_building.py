"""A dataset version: what reviewers decided, divided by place and time, under a name that says what is in it."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hazardlens.training.data.check import check_dataset
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.data.splits import SplitConfig, make_split
from hazardlens.training.data.splitting import sides
from hazardlens.training.errors import VersionError
from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.retraining.building import BuiltVersion, Ingredients, build_version
from hazardlens.training.retraining.dividing import DividingConfig
from hazardlens.training.retraining.entries import REVIEWED, pixels_of
from hazardlens.training.retraining.version import DATASET_FILE, VersionDraft, read_version, write_version
from support.corrections import EXIT_DOOR, HEAP, Corrected, make_corrections, ten_days
from support.photo_pool import CLUTTER, PoolPhoto, write_pool

LABELS = ("stacked_clutter", "exit_door")
TODAY = datetime(2026, 4, 1, 8, tzinfo=UTC)


def build(
    root: Path,
    reports: Sequence[Corrected],
    *,
    name: str = "export",
    base: LabelledSplit | None = None,
    now: datetime = TODAY,
) -> BuiltVersion:
    export = make_corrections(root / name, reports)
    return build_version(Ingredients([export], LABELS, base), root / "datasets", DividingConfig(), now)


def by_report(built: BuiltVersion, reports: Sequence[Corrected]) -> dict[int, PhotoRecord]:
    found = {record.sha256: record for record in built.records}
    return {report.number: found[report.item().report.photos[0].sha256] for report in reports}


def side_of(built: BuiltVersion, reports: Sequence[Corrected]) -> dict[int, str]:
    side = sides(built.manifest, built.records)
    return {number: side[record.photo] for number, record in by_report(built, reports).items()}


def old_photos(root: Path) -> LabelledSplit:
    photos = [PoolPhoto(f"p{n}", n, boxes=(CLUTTER,)) for n in range(6)]
    far = [PoolPhoto(f"far{n}", 40 + n, source="far", boxes=(CLUTTER,)) for n in range(2)]
    records = read_records(write_pool(root / "old", [*photos, *far]))
    return LabelledSplit(records, make_split(records, SplitConfig(name="old", test_sources=("far",), val=0.3)))


def test_a_box_is_the_reviewers_box_to_the_pixel(tmp_path: Path) -> None:
    report = Corrected(1, 1, boxes=(("stacked_clutter", (17, 5, 90, 63)), ("exit_door", (0, 0, 1, 64))))
    built = build(tmp_path, [report, Corrected(2, 2)])
    assert pixels_of(by_report(built, [report])[1]) == [
        ("exit_door", (0, 0, 1, 64)),
        ("stacked_clutter", (17, 5, 90, 63)),
    ]


def test_the_newest_places_test_and_nothing_else_does(tmp_path: Path) -> None:
    reports = ten_days()
    side = side_of(build(tmp_path, reports), reports)
    assert {number for number, name in side.items() if name == "test"} == {9, 10}
    assert set(side.values()) == {"train", "val", "test"}


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(Corrected(11, 11, group="place/1"), id="the same place"),
        pytest.param(Corrected(11, 11, motif=101, kind="PNG"), id="the same picture in another file"),
    ],
)
def test_what_belongs_together_is_not_parted(tmp_path: Path, twin: Corrected) -> None:
    reports = [*ten_days(), twin]
    built = build(tmp_path, reports)
    side, found = side_of(built, reports), by_report(built, reports)
    assert side[1] == side[11] == "test"
    assert found[1].group == found[11].group


def test_a_version_passes_the_check_of_data_sets(tmp_path: Path) -> None:
    built = build(tmp_path, [*ten_days(), Corrected(11, 11, motif=101, kind="PNG")], base=old_photos(tmp_path))
    report = check_dataset(built.folder, built.manifest)
    assert report.is_fit, report.findings


def test_what_was_looked_for_is_kept_and_the_rest_stays_unknown(tmp_path: Path) -> None:
    reports = [Corrected(1, 1, boxes=(), looked_for=("stacked_clutter",)), Corrected(2, 2, boxes=(EXIT_DOOR,))]
    found = by_report(build(tmp_path, reports), reports)
    assert found[1].looked_for == {"stacked_clutter"}
    assert (found[1].labels, found[2].labels) == ((), ("exit_door",))


def test_of_two_decisions_on_one_photo_the_newer_holds_and_both_places_count(tmp_path: Path) -> None:
    first = Corrected(1, 5, motif=7, group="place/a", boxes=(HEAP,))
    second = Corrected(2, 9, motif=7, group="place/b", boxes=(EXIT_DOOR,))
    neighbour = Corrected(3, 1, group="place/a")
    reports = [second, first, neighbour]
    built = build(tmp_path, reports)
    assert by_report(built, [first])[1].labels == ("exit_door",)
    assert by_report(built, [first])[1].group == by_report(built, [neighbour])[3].group == "place/a"


def test_photos_of_old_keep_their_sides_and_their_test_stays_frozen(tmp_path: Path) -> None:
    old = old_photos(tmp_path)
    built = build(tmp_path, ten_days(), base=old)
    side, before = sides(built.manifest, built.records), sides(old.manifest, old.records)
    kept = {record.sha256: side[record.photo] for record in built.records if record.source != REVIEWED}
    assert kept == {record.sha256: before[record.photo] for record in old.records}
    assert [source.kind for source in built.version.sources] == ["reviewed", "frozen", "base"]


def test_a_correction_that_looks_like_a_frozen_photo_tests(tmp_path: Path) -> None:
    old, reports = old_photos(tmp_path), [*ten_days(), Corrected(11, 0, motif=40, kind="PNG")]
    assert side_of(build(tmp_path, reports, base=old), reports)[11] == "test"


def test_a_correction_that_looks_like_a_photo_that_trained_trains(tmp_path: Path) -> None:
    old = old_photos(tmp_path)
    trained = sides(old.manifest, old.records)
    motif = next(n for n in range(6) if trained[f"photos/p{n}.jpg"] == "train")
    reports = [*ten_days(), Corrected(11, 99, motif=motif, kind="PNG")]
    assert side_of(build(tmp_path, reports, base=old), reports)[11] == "train"


@pytest.mark.parametrize("side", ["train", "val"])
def test_what_trained_once_never_tests_later(tmp_path: Path, side: str) -> None:
    reports = ten_days()
    first = side_of(build(tmp_path, reports), reports)
    known = next(number for number, name in first.items() if name == side)
    again = [replace(report, day=report.day + (50 if report.number == known else 0)) for report in reports]
    later = [*again, *(Corrected(number, number) for number in range(11, 21))]
    second = side_of(build(tmp_path, later, name="next", now=TODAY + timedelta(days=30)), later)
    assert second[known] == side, "although its decision is now the newest of all"
    assert {second[9], second[10]} <= {"train", "val"}, "what tested may train once newer corrections test"
    assert all(second[number] == "test" for number in (18, 19, 20))


def test_the_same_content_is_the_same_version(tmp_path: Path) -> None:
    first = build(tmp_path, ten_days())
    again = build(tmp_path, ten_days(), name="again", now=TODAY + timedelta(days=1))
    assert (first.fresh, again.fresh) == (True, False)
    assert again.folder == first.folder
    assert first.folder.name == f"2026-04-01-{first.version.sha256[:8]}"
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == [first.folder.name]


def test_what_a_killed_process_left_is_no_version(tmp_path: Path) -> None:
    half = tmp_path / "datasets" / ".making-x"
    half.mkdir(parents=True)
    (half / DATASET_FILE).write_text("{", "utf-8")
    assert build(tmp_path, ten_days()).diff is None
    assert half.exists()  # another process may be making it
    os.utime(half, (0, 0))
    build(tmp_path, ten_days(), name="again")
    assert not half.exists()


def test_the_difference_to_the_last_version_is_told_by_label(tmp_path: Path) -> None:
    reports = ten_days()
    build(tmp_path, reports)
    moved = replace(reports[0], boxes=(("stacked_clutter", (21, 13, 61, 50)), EXIT_DOOR))
    later = [moved, *reports[2:], Corrected(11, 11)]
    diff = build(tmp_path, later, name="next", now=TODAY + timedelta(days=30)).diff
    assert diff is not None
    assert (diff.photos.added, diff.photos.removed, diff.photos.changed) == (1, 1, 1)
    assert {label: tally.text() for label, tally in diff.boxes.items()} == {
        "stacked_clutter": "+1 -1 ~1",
        "exit_door": "+1",
    }


def test_the_document_says_what_it_is_made_of(tmp_path: Path) -> None:
    first = build(tmp_path, ten_days())
    second = build(tmp_path, ten_days()[:9], name="next", now=TODAY + timedelta(days=1))
    document = json.loads((second.folder / DATASET_FILE).read_bytes())
    assert document["parent"] == first.version.name
    assert sum(document["photos"].values()) == sum(document["clusters"].values()) == 9
    assert sum(document["boxes"]["stacked_clutter"].values()) == 6
    assert document["looked_for"]["exit_door"] == 0


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    built = build(tmp_path, ten_days())
    side = sides(built.manifest, built.records)
    draft = VersionDraft(built.records, LABELS, side, [], {})  # type: ignore[arg-type] # plain words for the sides
    draft = replace(draft, labels=(*LABELS, "blocked_exit"))
    with pytest.raises(VersionError, match="never overwritten"):
        write_version(tmp_path, draft, tmp_path / "datasets", TODAY)


@pytest.mark.parametrize("file", ["labels", "photos", "photos.csv"])
def test_a_version_that_was_changed_is_refused(tmp_path: Path, file: str) -> None:
    built = build(tmp_path, ten_days())
    record = next(record for record in built.records if record.labels)
    if file == "labels":
        (built.folder / "labels" / f"{record.path.stem}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    elif file == "photos":
        record.path.write_bytes(b"something else")
    else:
        path = built.folder / "photos.csv"
        path.write_text(path.read_text().replace("place/1,", "place/77,"))
    with pytest.raises(VersionError, match="was changed"):
        read_version(built.folder)


def test_corrections_of_a_single_place_that_look_like_frozen_photos_leave_nothing_to_train_on(tmp_path: Path) -> None:
    old = old_photos(tmp_path)
    frozen = [record for record in old.records if record.source == "far"]
    only_test = LabelledSplit(frozen, make_split(frozen, SplitConfig(name="far", test_sources=("far",))))
    export = make_corrections(tmp_path / "export", [Corrected(1, 1, motif=40)])
    with pytest.raises(VersionError, match="nothing is left to train on"):
        build_version(Ingredients([export], LABELS, frozen=only_test), tmp_path / "datasets", DividingConfig(), TODAY)
    assert list((tmp_path / "datasets").iterdir()) == [], "no half-made version stays"


def test_formats_that_the_training_loop_cannot_read_become_png_pixel_for_pixel(tmp_path: Path) -> None:
    from hazardlens.model.images import decode_photo
    from hazardlens.training.retraining.entries import _keep
    from support.photo_pool import picture

    path = tmp_path / "a.avif"
    picture(3).save(path, quality=80)
    name, _ = _keep(path.read_bytes(), ".avif", tmp_path)
    assert name.endswith(".png")
    with Image.open(tmp_path / name) as image:
        assert np.array_equal(np.asarray(image), decode_photo(path.read_bytes()).pixels)
