"""What `hazardlens data check` and `data split` say and write, and that the real photos are fit."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hazardlens.cli import data as data_commands
from hazardlens.training.data.check import check_dataset
from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, make_split, read_split, write_split
from hazardlens.training.data.splitting import find_twins, read_split_config
from support.photo_pool import POOL, PoolPhoto, write_pool


def run(*arguments: str | Path) -> tuple[int, str, str]:
    app = typer.Typer()
    data_commands.register(app)
    result = CliRunner().invoke(app, ["data", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_says_fit_and_exits_0(tmp_path: Path) -> None:
    code, out, _ = run("check", write_pool(tmp_path / "pool"))
    assert code == 0
    assert "5 photos, 0 findings: fit to train on" in out


def test_the_command_lists_findings_and_exits_1(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    for name in ("a1", "a2"):
        (root / f"photos/{name}.jpg").unlink()
    code, out, _ = run("check", root, "--limit", "1")
    assert code == 1
    assert "photo_missing" in out
    assert "and 1 more" in out
    assert "NOT fit" in out


def test_the_command_prints_json_for_scripts(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    manifest = tmp_path / "split.json"
    config = SplitConfig(name="made", test_sources=("second",), val=0.3)
    write_split(make_split(read_records(root), config), manifest)
    (root / "labels/a1.txt").unlink()
    code, out, _ = run("check", root, "--split", manifest, "--json")
    answer = json.loads(out)
    assert code == 1
    assert (answer["photos"], answer["fit"], answer["counts"]) == (5, False, {"labels_missing": 1})
    assert answer["findings"][0]["subject"] == "photos/a1.jpg"


@pytest.mark.parametrize("arguments", [("check", "nowhere"), ("stats", "nowhere"), ("check",)])
def test_mistakes_end_in_one_line_and_exit_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, _, errors = run(arguments[0], *(tmp_path / folder for folder in arguments[1:]))
    assert code == 2
    assert "Traceback" not in errors
    if arguments[1:]:
        assert len(errors.strip().splitlines()) == 1


def test_the_split_command_keeps_twins_together_and_repeats_itself(tmp_path: Path) -> None:
    twins = [PoolPhoto(f"t{number}", 30, source="first" if number else "second") for number in range(2)]
    root = write_pool(tmp_path / "pool", (*POOL, *twins))
    config = tmp_path / "split.toml"
    config.write_text('name = "made"\ntest_sources = ["second"]\n', "utf-8")
    for out in ("one.json", "two.json"):
        code, told, _ = run("split", root, "--config", config, "--out", tmp_path / out)
        assert code == 0
        assert "split made" in told
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    manifest = read_split(tmp_path / "one.json")
    assert manifest.photos["photos/t0.jpg"].split == manifest.photos["photos/t1.jpg"].split == "test"
    assert check_dataset(root, manifest).is_fit


@pytest.mark.parametrize("content", ["name = ", "name = 'x'\nghost = 1", None])
def test_a_bad_split_configuration_is_one_line(tmp_path: Path, content: str | None) -> None:
    config = tmp_path / "split.toml"
    if content is not None:
        config.write_text(content, "utf-8")
    code, _, errors = run("split", write_pool(tmp_path / "pool"), "--config", config, "--out", tmp_path / "x.json")
    assert code == 2
    assert "split.toml" in errors


@pytest.mark.slow
def test_the_real_photos_are_fit(shared_data: Path, repo: Path) -> None:
    """Costs 7 to 15 s: it opens 1323 photos."""
    report = check_dataset(shared_data, read_split(repo / "datasets/split-v1.json"))
    assert report.is_fit
    assert set(report.counts()) <= {"boxes_incomplete"}


def test_the_split_in_the_repository_can_be_made_again(shared_data: Path, repo: Path) -> None:
    records = read_records(shared_data)
    assert find_twins(records[:40]) == []
    made = make_split(records, read_split_config(repo / "datasets/split-v1.toml"))
    assert made.sha256 == read_split(repo / "datasets/split-v1.json").sha256


def test_labels_that_were_looked_for_later_are_added(tmp_path: Path) -> None:
    root = write_pool(tmp_path / "pool")
    sha256 = next(record.sha256 for record in read_records(root) if record.photo == "photos/a3.jpg")
    labels = tmp_path / "added.csv"
    header = "photo,sha256,label,x_min,y_min,x_max,y_max"
    labels.write_text(f"{header}\nphotos/a3.jpg,{sha256},exit_door,0.1,0.1,0.4,0.9\n", "utf-8")
    code, told, _ = run("add-labels", root, "--labels", labels, "--out", tmp_path / "out")
    assert code == 0
    assert "photos, 1 looked at again, 1 exit_door" in told
    code, _, errors = run("add-labels", root, "--labels", labels, "--out", tmp_path / "out")
    assert code == 2
    assert len(errors.strip().splitlines()) == 1
