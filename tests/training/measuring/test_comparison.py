"""Evaluations beside each other: what files keep, paired differences, and sources that are left out."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hazardlens.cli import compare as commands
from hazardlens.model.manifest import CalibrationCurve
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.splits import SplitConfig, SplitManifest, SplitPhoto
from hazardlens.training.errors import EvaluationError
from hazardlens.training.measuring.answers import read_answers, write_answers
from hazardlens.training.measuring.candidates import Candidate, label_hazards
from hazardlens.training.measuring.comparison import differences, own_sources, read_all
from hazardlens.training.measuring.comparison_page import write_comparison
from hazardlens.training.measuring.conditions import CONDITIONS
from hazardlens.training.measuring.evaluation import Evaluation, evaluate
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.robustness import condition_figures
from support.judged_photos import HERE, LABELS, THERE, clutter, photo, seen

CANDIDATE = Candidate(
    name="made",
    version="1",
    finder=None,  # type: ignore[arg-type] # it is never asked
    hazards=label_hazards(LABELS),
    thresholds=dict.fromkeys(LABELS, 0.5),
    curves=(
        CalibrationCurve(hazard=Category.STACKED_CLUTTER, scores=(0, 1), probabilities=(0, 1), photos=40, positives=20),
    ),
)


def photos(found: bool, source: str = "far", count: int = 6) -> list[JudgedPhoto]:
    """Half show a heap, which is found or not; half are clean, and the blind detector sees heaps there."""
    heaps = [
        photo(f"{source}-h{number}", [clutter(HERE)], [seen(0.9, HERE)] if found else [], source=source)
        for number in range(count)
    ]
    clean = [
        photo(f"{source}-n{number}", [], [] if found else [seen(0.8, THERE)], source=source) for number in range(count)
    ]
    return [*heaps, *clean]


def split(*sources: str) -> SplitManifest:
    config = SplitConfig(name="made", test_sources=sources)
    entry = SplitPhoto(split="test", sha256="0" * 64)
    return SplitManifest(config=config, moved_to_test=(), photos={"a": entry}, sha256="1" * 64)


def write(folder: Path, judged: Sequence[JudgedPhoto], *sources: str) -> Evaluation:
    figures = evaluate(judged, CANDIDATE, split(*sources), "test", kind="run", resamples=20)
    figures.write(folder)
    write_answers(CANDIDATE, judged, folder)
    return figures


def test_answers_survive_their_file(tmp_path: Path) -> None:
    judged = [*photos(found=True), photo("thirds", [clutter(HERE)], [seen(1 / 3, (0, 0, 1 / 3, 9))])]
    write_answers(CANDIDATE, judged, tmp_path)
    again = read_answers(tmp_path)
    assert (again.thresholds, again.hazards) == (CANDIDATE.thresholds, CANDIDATE.hazards)
    assert [(item.photo, item.group, item.looked_for, item.truth_labels) for item in again.photos] == [
        (item.photo, item.group, item.looked_for, item.truth_labels) for item in judged
    ]
    for one, other in zip(again.photos, judged, strict=True):
        assert one.detections.confidences.tolist() == other.detections.confidences.tolist()
        assert one.detections.boxes_xyxy == pytest.approx(other.detections.boxes_xyxy, abs=1e-3)


def test_the_same_answers_differ_by_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, photos(found=True), "far")
    (gap,) = differences(read_all([f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}"]), resamples=50)
    clutter_row = gap.hazards[3]
    assert (gap.photos, clutter_row.hazard) == (12, "stacked_clutter")
    assert (clutter_row.box_ap50.difference, clutter_row.box_ap50.interval) == (0.0, (0.0, 0.0))
    assert gap.alarms.difference == 0.0


def test_a_perfect_detector_gains_all_over_a_blind_one(tmp_path: Path) -> None:
    write(tmp_path / "blind", photos(found=False), "far")
    write(tmp_path / "perfect", photos(found=True), "far")
    (gap,) = differences(read_all([f"blind={tmp_path / 'blind'}", f"perfect={tmp_path / 'perfect'}"]), resamples=50)
    row = gap.hazards[3]
    assert row.box_ap50.before == 0.0
    assert row.box_ap50.after == pytest.approx(1.0)
    assert row.box_ap50.interval == pytest.approx((1.0, 1.0))
    assert (row.recall.difference, row.alarms_per_100.difference) == (1.0, -100.0)
    assert (gap.alarms.before, gap.alarms.after) == (100.0, 0.0)


def test_only_photos_of_both_whose_truth_is_the_same_are_paired(tmp_path: Path) -> None:
    changed = photo("far-h0", [clutter(THERE)], [seen(0.9, HERE)], source="far")
    write(tmp_path / "a", photos(found=True), "far")
    write(tmp_path / "b", [changed, *photos(found=True)[1:4], *photos(found=True, source="new")], "far", "new")
    (gap,) = differences(read_all([f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}"]), resamples=0)
    assert gap.photos == 3


def test_evaluations_without_common_photos_have_no_difference(tmp_path: Path) -> None:
    write(tmp_path / "a", photos(found=True), "far")
    write(tmp_path / "b", photos(found=True, source="new"), "new")
    assert differences(read_all([f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}"])) == []


def test_a_source_that_one_alone_holds_out_stands_apart(tmp_path: Path) -> None:
    seen_everywhere = photos(found=True)
    write(tmp_path / "full", seen_everywhere, "far")
    write(tmp_path / "without", [*seen_everywhere, *photos(found=False, source="new", count=4)], "far", "new")
    measured = read_all([f"full={tmp_path / 'full'}", f"without={tmp_path / 'without'}"])
    (own,) = own_sources(measured, resamples=20)
    assert (own.name, own.sources) == ("without", ("new",))
    (row,) = own.labels
    assert (row.name, row.boxes.photos, row.boxes.boxes, row.boxes.ap50) == ("stacked_clutter", 8, 4, 0.0)
    # Harmless photos of the other sources count, their heaps do not.
    assert (row.photos.positive_photos, row.photos.harmless_photos) == (4, 4 + 6)


def test_a_model_that_may_have_seen_the_source_has_no_figures_on_it(tmp_path: Path) -> None:
    write(tmp_path / "full", photos(found=True), "far")
    judged = [*photos(found=True), *photos(found=True, source="new")]
    figures = write(tmp_path / "other", judged, "far", "new")
    figures.model_copy(update={"trained_on_split": False}).write(tmp_path / "other")
    assert own_sources(read_all([f"full={tmp_path / 'full'}", f"other={tmp_path / 'other'}"]), resamples=0) == []


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "blind", photos(found=False), "far")
    write(tmp_path / "perfect", photos(found=True), "far")
    measured = read_all([f"blind={tmp_path / 'blind'}", f"perfect={tmp_path / 'perfect'}"])
    write_comparison(measured, tmp_path / "out", resamples=20)
    html = (tmp_path / "out/comparison.html").read_text("utf-8")
    for needle in ("<svg", "堆物堆料", "perfect - blind", "12 photos in common", "1.00 (1.00–1.00)"):
        assert needle in html
    assert "<script" not in html
    assert "src=" not in html
    told = (tmp_path / "out/comparison.md").read_text("utf-8")
    assert "perfect - blind" in told


def test_conditions_measure_the_loss_on_the_same_photos() -> None:
    clean, worse = photos(found=True), photos(found=False)
    found = condition_figures(CANDIDATE, clean, worse, CONDITIONS[0].name, resamples=20)
    loss = found.losses[3]
    assert loss.box_ap50.difference == pytest.approx(-1.0)
    assert loss.recall.difference == -1.0
    assert found.alarm_change.difference == 100.0
    assert found.alarms[0].alarms == 6
    row = next(item for item in found.subjects if (item.kind, item.name) == ("hazard", "stacked_clutter"))
    assert row.boxes.ap50 == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a=nowhere", "b=nowhere"), "nowhere"),
        (("a=nowhere",), "two evaluations or more"),
        (("a", "b=x"), "expected NAME=DIR, found a"),
        (("a=x", "a=y"), "a name of its own"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    commands.register(app)
    result = CliRunner().invoke(app, ["compare", *arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{}\n", '{"labels": 3}\n'])
def test_a_broken_file_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "answers.jsonl").write_text(content, "utf-8")
    with pytest.raises(EvaluationError, match=r"answers\.jsonl"):
        read_answers(tmp_path)


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, photos(found=True), "far")
    app = typer.Typer()
    app.callback()(lambda: None)
    commands.register(app)
    arguments = ["compare", f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out/comparison.html").is_file()
