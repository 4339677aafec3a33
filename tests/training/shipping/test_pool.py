"""The manifest and card of photos that the repository does not hold: right for a small set, up to date for the real."""

import csv
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hazardlens.cli import data as data_commands
from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, SplitManifest, make_split, read_split, write_split
from hazardlens.training.errors import DatasetInvalidError, SplitError
from hazardlens.training.shipping.pool import CARD_FILE, MANIFEST_FILE, pool_files
from support.photo_pool import edit_cell, write_pool


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_pool(tmp_path / "pool")


@pytest.fixture
def split(root: Path) -> SplitManifest:
    return make_split(read_records(root), SplitConfig(name="made", test_sources=("second",), val=0.3))


def test_the_manifest_names_every_photo_and_what_its_licence_asks(root: Path, split: SplitManifest) -> None:
    edit_cell(root, "b1", "attribution", 'Ann "Doors" Lee, Leeds')
    rows = list(csv.DictReader(pool_files(root, split)[MANIFEST_FILE].splitlines()))
    assert [row["photo"] for row in rows] == [f"photos/{name}.jpg" for name in ("a1", "a2", "a3", "b1", "b2")]
    last = rows[3]
    assert last["split"] == "test"
    assert last["attribution"] == 'Ann "Doors" Lee, Leeds'
    assert last["sha256"] == split.photos["photos/b1.jpg"].sha256
    assert rows[2]["looked_for"] == "stacked_clutter"


def test_the_card_counts_what_is_known_and_what_is_not(root: Path, split: SplitManifest) -> None:
    card = pool_files(root, split)[CARD_FILE]
    assert "5 real photos" in card
    assert (
        "| stacked_clutter | 1 | 1 | – | 2 | 2 | 1 |" in card or "| stacked_clutter | 2 | – | – | 2 | 2 | 1 |" in card
    )
    assert "| second | 2 | 2 | – | – | 2 | own | CC0-1.0 |" in card
    assert "- **second** (exit_door 1): `somebody/photos`. Licence stated in: LICENSE." in card
    assert "$" not in card


def test_a_split_for_other_photos_is_refused(root: Path, split: SplitManifest) -> None:
    photos = dict(split.photos)
    del photos["photos/a1.jpg"]
    with pytest.raises(SplitError, match="a1"):
        pool_files(root, split.model_copy(update={"photos": photos}))


def test_a_table_without_attribution_is_refused(root: Path, split: SplitManifest) -> None:
    table = root / "photos.csv"
    table.write_text(table.read_text("utf-8").replace("attribution", "thanks", 1), "utf-8")
    with pytest.raises(DatasetInvalidError, match="attribution"):
        pool_files(root, split)


def test_the_command_writes_both_files(root: Path, split: SplitManifest, tmp_path: Path) -> None:
    write_split(split, tmp_path / "split.json")
    app = typer.Typer()
    data_commands.register(app)
    out = tmp_path / "new"
    arguments = ["data", "manifest", str(root), "--split", str(tmp_path / "split.json"), "--out", str(out)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert {path.name: path.read_text("utf-8") for path in out.iterdir()} == pool_files(root, split)


def test_the_repository_describes_the_photos_as_they_are(shared_data: Path, repo: Path) -> None:
    """Where this fails: hazardlens data manifest ../shared/data --split datasets/split-v1.json --out datasets."""
    for name, text in pool_files(shared_data, read_split(repo / "datasets/split-v1.json")).items():
        assert (repo / "datasets" / name).read_text("utf-8") == text, name


def test_the_repository_holds_lists_but_no_photos_of_the_pool(repo: Path) -> None:
    listed = (repo / "datasets" / MANIFEST_FILE).read_text("utf-8")
    assert len(listed) < 400_000
    assert listed.count("\n") == len(read_split(repo / "datasets/split-v1.json").photos) + 1
    names = {Path(line.partition(",")[0]).name for line in listed.splitlines()}
    assert not names & {path.name for path in (repo / "datasets").rglob("*.jpg")}
