"""Counts of a small data set whose answers are known, its picture, and the command that shows both."""

from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from hazardlens.cli import data as data_commands
from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, make_split, write_split
from hazardlens.training.data.splitting import sides
from hazardlens.training.data.stats import DatasetStats, dataset_stats, save_stats_chart
from support.photo_pool import POOL_LABELS, write_pool


def counted(root: Path) -> DatasetStats:
    records = read_records(root)
    split = make_split(records, SplitConfig(name="made", test_sources=("second",), val=0.3))
    return dataset_stats(records, POOL_LABELS, sides(split, records))


def test_sources_are_counted_largest_first(tmp_path: Path) -> None:
    stats = counted(write_pool(tmp_path / "pool"))
    first, second = stats.sources
    assert (first.source, first.photos, first.groups, dict(first.boxes)) == (
        "first",
        3,
        3,
        {"stacked_clutter": 2, "exit_door": 1},
    )
    assert (second.source, dict(second.splits), second.licences) == ("second", {"test": 2}, ("CC0-1.0",))
    assert dict(stats.splits) == {"train": 2, "val": 1, "test": 2}


def test_labels_tell_absent_from_unknown(tmp_path: Path) -> None:
    """b2 was not searched for clutter, a3 not for doors: neither is a photo without them."""
    labels = {label.label: label for label in counted(write_pool(tmp_path / "pool")).labels}
    assert labels["stacked_clutter"].photos == {"shows it": 2, "shows none": 2, "not looked for": 1}
    assert labels["exit_door"].photos == {"shows it": 2, "shows none": 2, "not looked for": 1}
    assert labels["blocked_exit"].photos == {"shows it": 0, "shows none": 3, "not looked for": 2}
    assert labels["exit_door"].boxes["test"] == 1
    assert sum(labels["exit_door"].boxes.values()) == 2
    assert labels["exit_door"].areas == pytest.approx([0.18, 0.18])


def test_without_a_split_everything_has_none(tmp_path: Path) -> None:
    stats = dataset_stats(read_records(write_pool(tmp_path / "pool")), POOL_LABELS)
    assert dict(stats.splits) == {"no split": 5}


@pytest.mark.parametrize("with_photos", [True, False])
def test_the_chart_is_a_picture(tmp_path: Path, with_photos: bool) -> None:
    stats = counted(write_pool(tmp_path / "pool")) if with_photos else dataset_stats([], POOL_LABELS)
    save_stats_chart(stats, tmp_path / "new folder" / "stats.png")
    with Image.open(tmp_path / "new folder" / "stats.png") as chart:
        assert chart.format == "PNG"
        assert chart.width > 1000
        assert len(chart.convert("RGB").getcolors(maxcolors=1 << 20) or []) > 10


def test_the_command_shows_tables_and_saves_the_chart(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    records = read_records(root)
    manifest = tmp_path / "split.json"
    write_split(make_split(records, SplitConfig(name="made", test_sources=("second",))), manifest)
    app = typer.Typer()
    data_commands.register(app)
    chart = tmp_path / "stats.png"
    result = CliRunner().invoke(app, ["data", "stats", str(root), "--split", str(manifest), "--save", str(chart)])
    assert result.exit_code == 0
    for expected in ("second", "stacked_clutter", "first 2", "not looked for", "5 photos"):
        assert expected in " ".join(result.stdout.split())
    assert chart.stat().st_size > 1000


def test_a_split_made_for_other_photos_is_refused(tmp_path: Path) -> None:
    root, other = write_pool(tmp_path / "pool"), write_pool(tmp_path / "other")
    manifest = tmp_path / "split.json"
    write_split(make_split(read_records(other)[1:], SplitConfig(name="made", test_sources=())), manifest)
    app = typer.Typer()
    data_commands.register(app)
    result = CliRunner().invoke(app, ["data", "stats", str(root), "--split", str(manifest)])
    assert result.exit_code == 2
    assert "a1.jpg" in result.stderr
