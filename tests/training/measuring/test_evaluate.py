"""An evaluation from photos on disk to figures, charts and tables; what it counts is tested in test_metrics.py."""

import json
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from hazardlens.cli import evaluate as commands
from hazardlens.model.bundle import CalibrationCurve
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, SplitManifest, make_split, write_split
from hazardlens.training.errors import EvaluationError, SplitError
from hazardlens.training.measuring.answers import read_answers
from hazardlens.training.measuring.candidates import Candidate, calibrate, label_hazards
from hazardlens.training.measuring.conditions import choose_conditions
from hazardlens.training.measuring.contact_sheet import save_contact_sheet, worst_false_alarms, worst_misses
from hazardlens.training.measuring.evaluate import Options, evaluate_bundle, evaluate_run, read_data, report
from hazardlens.training.measuring.evaluation import Evaluation, evaluate
from hazardlens.training.measuring.figures import save_figures
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.tables import box_table, calibration_table, photo_table, source_table
from hazardlens.training.networks.network import save_network
from support.judged_photos import HERE, LABELS, NEAR, THERE, clutter, photo, seen
from support.lively_network import lively_network
from support.photo_pool import POOL, edit_cell, write_pool
from support.tiny_bundle import make_tiny_bundle

JUDGED = [
    photo("m1", [clutter(HERE)], [seen(0.9, HERE)], source="away"),
    photo("m2", [clutter(HERE)], [seen(0.2, NEAR)], source="away"),
    photo("m3", [clutter(HERE), clutter(THERE)], [seen(0.8, HERE)], source="away"),
    photo("n1", [], [seen(0.7, THERE)], source="away"),
    photo("n2", source="home"),
    photo("n3", source="home"),
    photo("k1", [("kitchen_pest", HERE)], [("kitchen_pest", 0.6, HERE)], looked_for=["kitchen_pest"], source="home"),
    photo("d1", [("exit_door", HERE)], [("exit_door", 0.7, HERE)], looked_for=["exit_door"], source="home"),
    photo("x1", [], [seen(0.99, HERE)], looked_for=[], source="home"),
]


class Unused:
    """The finder of a candidate whose photos are judged already."""

    labels = LABELS
    input_size_px = 64

    def detect(self, photos: object) -> list[object]:
        raise AssertionError(photos)


@pytest.fixture
def candidate() -> Candidate:
    curve = CalibrationCurve(
        hazard=Category.STACKED_CLUTTER, scores=(0, 1), probabilities=(0, 1), photos=40, positives=20
    )
    return Candidate(
        name="made",
        version="1",
        finder=Unused(),  # type: ignore[arg-type] # it is never asked
        hazards=label_hazards(LABELS),
        thresholds=dict.fromkeys(LABELS, 0.5),
        curves=(curve,),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_pool(tmp_path / "pool")


@pytest.fixture
def split(root: Path, tmp_path: Path) -> SplitManifest:
    manifest = make_split(read_records(root), SplitConfig(name="made", test_sources=("second",), val=0.5))
    write_split(manifest, tmp_path / "split.json")
    return manifest


@pytest.fixture
def figures(candidate: Candidate, split: SplitManifest) -> Evaluation:
    config = split.config.model_copy(update={"test_sources": ("away",)})
    return evaluate(JUDGED, candidate, split.model_copy(update={"config": config}), "test", kind="run", resamples=50)


def test_figures_name_what_they_were_measured_on(figures: Evaluation, split: SplitManifest) -> None:
    assert (figures.model, figures.split, figures.split_sha256, figures.subset) == (
        "made",
        "made",
        split.sha256,
        "test",
    )
    assert (figures.photos, figures.groups) == (len(JUDGED), len(JUDGED))


def test_figures_are_right_per_label_hazard_and_source(figures: Evaluation) -> None:
    label, hazard = figures.subject("label", "stacked_clutter"), figures.subject("hazard", "stacked_clutter")
    assert (label.boxes.photos, label.boxes.positive_photos, label.boxes.boxes) == (6, 3, 4)
    assert label.boxes == hazard.boxes
    assert label.photos.recall == pytest.approx(2 / 3)
    assert (label.photos.false_alarms, label.photos.harmless_photos) == (1, 3)
    pests = figures.subject("label", "kitchen_pest")
    assert (pests.boxes.ap50, pests.photos.positive_photos) == (1.0, 1)
    assert not figures.subject("label", "manhole_open").in_model
    assert [(source.source, source.held_out, source.photos) for source in figures.sources] == [
        ("home", False, 5),
        ("away", True, 4),
    ]
    with pytest.raises(KeyError, match="ghost"):
        figures.subject("label", "ghost")


def test_figures_survive_their_file(figures: Evaluation, tmp_path: Path) -> None:
    path = figures.write(tmp_path / "out")
    assert Evaluation.model_validate_json(path.read_bytes()) == figures


def test_tables_say_why_there_is_no_figure(figures: Evaluation) -> None:
    boxes = {(row[0], row[1]): row for row in box_table(figures).rows}
    assert boxes["label", "manhole_open"][5] == "not in the model"
    assert boxes["label", "kitchen_dirty"][5] == "no test photos"
    assert boxes["label", "kitchen_pest"][5].startswith("1.00")
    photos = {(row[0], row[1]): row for row in photo_table(figures).rows}
    assert photos["label", "exit_door"][4].startswith("1.00")
    assert photos["label", "manhole_open"][4] == "not in the model"
    assert photos["label", "kitchen_dirty"][4] == "no test photos"
    names = [row[0] for row in source_table(figures, "stacked_clutter").rows]
    assert names == ["home *", "away"]
    (row,) = calibration_table(figures).rows
    assert row[:5] == ("stacked_clutter", "40", "20", "6", "3")


def test_every_row_has_a_cell_per_column(figures: Evaluation) -> None:
    tables = (
        box_table(figures),
        photo_table(figures),
        source_table(figures, "stacked_clutter"),
        calibration_table(figures),
    )
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.header)}, table.title
        assert table.markdown().count("\n") >= len(table.rows) + 1


def test_photos_of_one_kind_only_have_no_average_precision(candidate: Candidate, split: SplitManifest) -> None:
    alike = evaluate(JUDGED[:3], candidate, split, "test", kind="run", resamples=0)
    row = alike.subject("label", "stacked_clutter")
    assert row.photos.average_precision is None
    cells = {(cells[0], cells[1]): cells for cells in photo_table(alike).rows}["label", "stacked_clutter"]
    assert cells[4] == "no harmless photos"


def test_charts_are_drawn(figures: Evaluation, candidate: Candidate, tmp_path: Path) -> None:
    save_figures(JUDGED, candidate, figures, tmp_path)
    for name in ("pr-boxes.png", "pr-photos.png", "reliability.png"):
        with Image.open(tmp_path / name) as chart:
            assert chart.format == "PNG"
            assert min(chart.size) > 300


def test_charts_without_anything_to_show_are_drawn_too(
    candidate: Candidate, split: SplitManifest, tmp_path: Path
) -> None:
    harmless: list[JudgedPhoto] = [photo("n")]
    empty = evaluate(harmless, candidate, split, "test", kind="run", resamples=0)
    save_figures(harmless, candidate, empty, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_mistakes_are_listed_worst_first() -> None:
    misses = worst_misses(JUDGED, "stacked_clutter")
    assert [(item.photo, item.told) for item in misses] == [
        ("m3", "missed 1 of 2, lowest score 0.00"),
        ("m2", "missed 0 of 1, lowest score 0.20"),
        ("m1", "missed 0 of 1, lowest score 0.90"),
    ]
    assert [item.photo for item in worst_false_alarms(JUDGED, "stacked_clutter")] == ["n1"]


def test_the_contact_sheet_shows_truth_green_and_answers_red(tmp_path: Path) -> None:
    judged = [photo("m", [clutter(HERE)], [seen(0.9, THERE)])]
    Image.new("RGB", (96, 96), (90, 90, 90)).save(tmp_path / "m.png")
    save_contact_sheet(judged, "stacked_clutter", 0.5, {"m": tmp_path / "m.png"}, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(maxcolors=1 << 20) or []}
    assert {(60, 200, 90), (235, 60, 50)} <= colours


def test_validation_photos_give_thresholds_and_curves_for_what_the_model_knows() -> None:
    fitted = calibrate(JUDGED, LABELS)
    assert set(fitted.values) == set(LABELS)
    assert [curve.hazard for curve in fitted.curves] == [Category.STACKED_CLUTTER, Category.UNHYGIENIC_KITCHEN]


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


def test_sources_that_only_test_are_measured_apart(figures: Evaluation) -> None:
    row = next(row for row in figures.strict if row.name == "stacked_clutter")
    assert (row.boxes.photos, row.photos.harmless_photos) == (4, 1)
    assert figures.alarms[0].photos == 3  # n1 to n3; on d1 and x1 nobody looked for a hazard


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
