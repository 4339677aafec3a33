"""From judged photos to figures, tables, charts and contact sheets; what is counted is tested in test_metrics.py."""

from pathlib import Path

import pytest
from PIL import Image

from hazardlens.model.bundle import CalibrationCurve
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.splits import SplitManifest
from hazardlens.training.measuring.candidates import Candidate, calibrate, label_hazards
from hazardlens.training.measuring.contact_sheet import save_contact_sheet, worst_false_alarms, worst_misses
from hazardlens.training.measuring.evaluation import Evaluation, evaluate
from hazardlens.training.measuring.figures import save_figures
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.tables import box_table, calibration_table, photo_table, source_table
from support.judged_photos import HERE, LABELS, NEAR, THERE, clutter, photo, seen

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


def test_sources_that_only_test_are_measured_apart(figures: Evaluation) -> None:
    row = next(row for row in figures.strict if row.name == "stacked_clutter")
    assert (row.boxes.photos, row.photos.harmless_photos) == (4, 1)
    assert figures.alarms[0].photos == 3  # n1 to n3; on d1 and x1 nobody looked for a hazard
