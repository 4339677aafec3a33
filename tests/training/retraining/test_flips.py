"""Answers that turned, and the page that shows them."""

from pathlib import Path

import numpy as np
import pytest

from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo
from hazardlens.training.measuring.candidates import Candidate, label_hazards
from hazardlens.training.measuring.changes import compare_models
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.retraining.flips import Answers, find_flips, flip_table
from hazardlens.training.retraining.page import PageFacts, page
from hazardlens.training.retraining.version import DatasetVersion
from hazardlens.training.shipping.gate import GateReport, ModelId, judge_changes, read_margins
from support.exports import NOON
from support.judged_photos import HERE, LABELS, clutter, photo, seen
from support.photo_pool import picture


class Silent:
    """Finds nothing: the answers are made by hand."""

    labels = LABELS
    input_size_px = 64

    def detect(self, photos: list[Photo]) -> list[Detections]:
        raise AssertionError


def model(version: str, threshold: float = 0.5) -> Candidate:
    return Candidate("tiny", version, Silent(), label_hazards(LABELS), dict.fromkeys(LABELS, threshold), ())  # type: ignore[arg-type] # never asked


def answers(version: str, heap: float, clean: float) -> Answers:
    shown = photo("photos/heap.png", [clutter(HERE)], [seen(heap, HERE)], group="<b>&place", source="city")
    bare = photo("photos/bare.png", [], [seen(clean, HERE)])
    return Answers(model(version), [shown, bare])


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        pytest.param((0.9, 0.1), (0.8, 0.2), [], id="nothing turned"),
        pytest.param((0.9, 0.1), (0.4, 0.2), ["missed"], id="missed"),
        pytest.param((0.4, 0.1), (0.5, 0.2), ["found"], id="found, just at the threshold"),
        pytest.param((0.9, 0.1), (0.8, 0.7), ["alarmed"], id="alarmed"),
        pytest.param((0.9, 0.6), (0.8, 0.2), ["silenced"], id="silenced"),
        pytest.param((0.9, 0.1), (0.4, 0.8), ["alarmed", "missed"], id="both, the farthest first"),
    ],
)
def test_an_answer_turns_where_it_crosses_the_threshold(
    before: tuple[float, float], after: tuple[float, float], kinds: list[str]
) -> None:
    flips = find_flips(answers("1", *before), answers("2", *after))
    assert [flip.kind for flip in flips] == kinds


def test_photos_where_nobody_looked_do_not_count() -> None:
    def one(score: float) -> list[JudgedPhoto]:
        return [photo("p", [], [seen(score, HERE)], looked_for=["exit_door"])]

    assert find_flips(Answers(model("1"), one(0.1)), Answers(model("2"), one(0.9))) == []


def test_each_model_is_held_to_its_own_threshold() -> None:
    shown = photo("p", [clutter(HERE)], [seen(0.4, HERE)])
    (flip,) = find_flips(Answers(model("1"), [shown]), Answers(model("2", threshold=0.3), [shown]))
    assert flip.kind == "found"
    assert [flip.margin_before, flip.margin_after] == pytest.approx([-0.1, 0.1])


def test_flips_are_counted_by_hazard_and_source() -> None:
    flips = find_flips(answers("1", 0.9, 0.1), answers("2", 0.4, 0.8))
    assert flip_table(flips, "hazard").rows == (("stacked_clutter", "0", "0", "1", "1"),)
    assert flip_table(flips, "source").rows == (("city", "0", "0", "1", "0"), ("made", "0", "0", "0", "1"))


def test_the_page_shows_verdict_reasons_and_pictures_and_escapes_names(tmp_path: Path) -> None:
    one, other = answers("1", 0.9, 0.1), answers("2", 0.4, 0.8)
    changes = {"corrections": compare_models((one.model, one.judged), (other.model, other.judged), resamples=20)}
    margins = read_margins().model_copy(update={"min_positive_photos": 1})
    verdict, reasons, hazards = judge_changes(changes, margins)
    gate = GateReport(
        candidate=ModelId(name="tiny", version="2"),
        baseline=ModelId(name="tiny", version="1"),
        verdict=verdict,
        reasons=reasons,
        hazards=hazards,
        margins=margins,
        dataset="d",
        bundle_sha256="0" * 64,
    )
    files = {}
    for number, name in enumerate(("photos/heap.png", "photos/bare.png")):
        files[name] = tmp_path / Path(name).name
        picture(number).save(files[name])
    thresholds = {name: subject.model_thresholds for name, subject in other.hazards().items()}
    version = DatasetVersion(
        name="d",
        created=NOON,
        sha256="0" * 64,
        parent=None,
        sources=(),
        photos={"train": 1, "val": 1, "test": 2},
        clusters={"train": 1, "val": 1, "test": 2},
        boxes={"stacked_clutter": {"train": 1, "val": 1, "test": 1}},
        looked_for={"stacked_clutter": 4},
    )
    flips = {"corrections": find_flips(one, other)}
    text = page(PageFacts(gate, version, None, flips, thresholds, files, tmp_path / "no-curves.png"))
    assert "拒绝：不应投入使用 · Refused" in text
    assert "召回率 1.000 → 0.000" in text
    assert text.count("data:image/jpeg;base64,") == 2
    assert "&lt;b&gt;&amp;place" in text
    assert "<b>" not in text
    assert "0 photos show it, 1 needed" in text
    assert np.count_nonzero([word in text for word in ("<script", "http://", "https://")]) == 0
