"""Photos on disk and a bundle or a run become an evaluation's files; `hazardlens evaluate` says what is wrong."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hazardlens.cli import evaluate as commands
from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, SplitManifest, make_split, write_split
from hazardlens.training.errors import EvaluationError, SplitError
from hazardlens.training.measuring.answers import read_answers
from hazardlens.training.measuring.conditions import choose_conditions
from hazardlens.training.measuring.evaluate import Options, evaluate_bundle, evaluate_run, read_data, report
from hazardlens.training.measuring.evaluation import Evaluation
from hazardlens.training.networks.network import save_network
from support.lively_network import lively_network
from support.photo_pool import POOL, edit_cell
from support.tiny_bundle import make_tiny_bundle


def test_a_bundle_is_evaluated_with_its_own_thresholds(root: Path, split: SplitManifest, tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    photos = read_data(root, tmp_path / "split.json")
    found = evaluate_bundle(bundle.path, photos, "test", tmp_path / "out")
    assert (found.kind, found.split_sha256) == ("bundle", split.sha256)
    assert found.thresholds == {label.name: label.threshold for label in bundle.manifest.labels}
    assert found.subject("label", "exit_door").boxes.positive_photos == 1
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {
        "metrics.json",
        "report.md",
        "pr-boxes.png",
        "pr-photos.png",
        "reliability.png",
        "mistakes-exit_door.png",
    }
    assert (tmp_path / "out/report.md").read_text("utf-8") == report(found)


def test_the_page_needs_nothing_else_and_holds_photos_only_when_asked(
    root: Path, split: SplitManifest, tmp_path: Path
) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle").path
    photos = read_data(root, tmp_path / "split.json")
    options = Options(choose_conditions("dusk,small"))
    steps: list[tuple[int, int]] = []
    found = evaluate_bundle(bundle, photos, "test", tmp_path / "out", lambda *step: steps.append(step), options)
    assert [row.name for row in found.conditions] == ["dusk", "small"]
    assert (steps[0], steps[-1]) == ((1, 6), (6, 6))
    html = (tmp_path / "out/report.html").read_text("utf-8")
    for needle in ("<svg", "无隐患照片上的误报", "trained on another split", "mistakes-exit_door.png", "黄昏"):
        assert needle in html
    assert not any(needle in html for needle in ("<script", "<img", "base64", 'href="http', "src="))

    evaluate_bundle(bundle, photos, "test", tmp_path / "with", options=Options(pictures=True))
    html = (tmp_path / "with/report.html").read_text("utf-8")
    assert "data:image/jpeg;base64," in html
    assert "不要公开" in html


def test_the_file_holds_all_that_was_measured(root: Path, split: SplitManifest, tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle").path
    options = Options(choose_conditions("jpeg"))
    found = evaluate_bundle(bundle, read_data(root, tmp_path / "split.json"), "test", tmp_path / "out", options=options)
    assert Evaluation.read(tmp_path / "out") == found
    assert found.trained_on_split is False
    assert len(read_answers(tmp_path / "out").photos) == found.photos
    with pytest.raises(EvaluationError, match=r"metrics\.json"):
        Evaluation.read(tmp_path / "bundle")


@pytest.mark.usefixtures("split")
def test_rendered_photos_are_never_measured(root: Path, tmp_path: Path) -> None:
    edit_cell(root, "b1", "provenance", "rendered")
    photos = read_data(root, tmp_path / "split.json")
    bundle = make_tiny_bundle(tmp_path / "bundle").path
    with pytest.raises(EvaluationError, match=r"b1\.jpg is rendered"):
        evaluate_bundle(bundle, photos, "test", tmp_path / "out")


def test_a_run_is_evaluated_with_what_its_validation_photos_say(
    root: Path, split: SplitManifest, tmp_path: Path
) -> None:
    network = lively_network()
    run = tmp_path / "some-run"
    run.mkdir()
    save_network(run, network.module, network.info)
    photos = read_data(root, tmp_path / "split.json")
    found = evaluate_run(run, photos, "test", tmp_path / "out")
    assert (found.kind, found.model, found.photos) == ("run", "some-run", len(split.select(photos.records, "test")))
    assert found.calibration[0].fitted_photos == 2  # both validation photos were searched for clutter


def test_a_part_without_photos_is_refused(root: Path, tmp_path: Path) -> None:
    manifest = make_split(read_records(root), SplitConfig(name="made", test_sources=()))
    write_split(manifest, tmp_path / "split.json")
    bundle = make_tiny_bundle(tmp_path / "bundle")
    with pytest.raises(SplitError, match="no test photos"):
        evaluate_bundle(bundle.path, read_data(root, tmp_path / "split.json"), "test", tmp_path / "out")


def command(*arguments: object) -> tuple[int, str, str]:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "80"})
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("split")
def test_the_command_prints_whole_words_on_a_narrow_terminal(root: Path, tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle").path
    options = ("--data", root, "--split", tmp_path / "split.json", "--out", tmp_path / "out", "--conditions", "small")
    code, out, _ = command("evaluate", "--bundle", bundle, *options)
    assert code == 0
    for expected in ("raised_manhole_cover", "not in the model", "no test photos", "exit_door", "Calibration"):
        assert expected in out
    assert "…" not in out
    assert json.loads((tmp_path / "out/metrics.json").read_text("utf-8"))["photos"] == sum(
        p.source == "second" for p in POOL
    )


@pytest.mark.usefixtures("split")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--bundle", "b", "--conditions", "fog"), "no condition fog"),
        ((), "give either --run or --bundle"),
        (("--run", "a", "--bundle", "b"), "give either --run or --bundle"),
        (("--bundle", "nowhere"), "nowhere"),
        (("--run", "nowhere"), "nowhere"),
        (("--bundle", "b", "--subset", "train"), "expected test or val, found train"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(root: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    options = ("--data", root, "--split", tmp_path / "split.json", "--out", tmp_path / "out")
    code, _, errors = command("evaluate", *arguments, *options)
    assert code == 2
    assert message in errors
    assert len(errors.splitlines()) == 1
