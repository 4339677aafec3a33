"""The gate refuses what loses more than the margins, says why in both languages, and says what it could not judge."""

import json
from pathlib import Path
from typing import Any

import pytest

from hazardlens.training.errors import GateError
from hazardlens.training.measuring.changes import Change, HazardChange
from hazardlens.training.shipping.gate import (
    GateReport,
    Margins,
    ModelId,
    judge_changes,
    read_gate_report,
    read_margins,
)

MARGINS = Margins(
    min_positive_photos=10,
    min_harmless_photos=20,
    max_photo_ap_loss=0.05,
    max_box_ap50_loss=0.05,
    max_recall_loss=0.1,
    max_alarms_growth=3.0,
)


def moved(before: float, by: float) -> Change:
    return Change(before=before, after=before + by, difference=by, interval=(by - 0.1, by + 0.1))


def row(**changes: Any) -> HazardChange:  # noqa: ANN401 - any field
    usual: dict[str, Any] = {
        "hazard": "stacked_clutter",
        "known_before": True,
        "known_after": True,
        "positive_photos": 40,
        "harmless_photos": 60,
        "places": 30,
        "photo_ap": moved(0.8, 0.0),
        "box_ap50": moved(0.7, 0.0),
        "recall": moved(0.9, 0.0),
        "alarms_per_100": moved(5.0, 0.0),
    }
    return HazardChange(**{**usual, **changes})


@pytest.mark.parametrize(
    ("found", "codes", "standing"),
    [
        pytest.param(row(), [], "passed", id="no change"),
        pytest.param(row(photo_ap=moved(0.8, 0.2), recall=moved(0.9, 0.1)), [], "passed", id="better"),
        pytest.param(row(photo_ap=moved(0.8, -0.05)), [], "passed", id="a loss of just the margin"),
        pytest.param(row(photo_ap=moved(0.8, -0.06)), ["photo_ap"], "refused", id="photos worse"),
        pytest.param(row(box_ap50=moved(0.7, -0.06)), ["box_ap50"], "refused", id="boxes worse"),
        pytest.param(row(recall=moved(0.9, -0.11)), ["recall"], "refused", id="recall worse"),
        pytest.param(row(alarms_per_100=moved(5.0, 3.1)), ["alarms"], "refused", id="more false alarms"),
        pytest.param(
            row(recall=moved(0.9, -0.3), alarms_per_100=moved(5.0, 9.0)), ["recall", "alarms"], "refused", id="both"
        ),
        pytest.param(
            row(harmless_photos=19, alarms_per_100=moved(0.0, 50.0)), [], "passed", id="alarms on few harmless photos"
        ),
        pytest.param(
            row(positive_photos=9, recall=moved(0.9, -0.5)), ["nothing_judged"], "not_judged", id="too few photos"
        ),
        pytest.param(
            row(positive_photos=0, alarms_per_100=moved(1.0, 9.0)), ["alarms"], "refused", id="alarms need no positive"
        ),
        pytest.param(row(known_after=False), ["hazard_unknown"], "passed", id="a hazard forgotten"),
        pytest.param(row(known_before=False), ["nothing_judged"], "not_judged", id="a hazard learned"),
    ],
)
def test_the_verdict_follows_the_figures(found: HazardChange, codes: list[str], standing: str) -> None:
    verdict, reasons, hazards = judge_changes({"frozen": [found]}, MARGINS)
    assert [reason.code for reason in reasons] == codes
    assert verdict == ("refused" if codes else "passed")
    assert [hazard.standing for hazard in hazards] == [standing]


def test_one_bad_test_set_is_enough() -> None:
    verdict, reasons, hazards = judge_changes(
        {"frozen": [row()], "corrections": [row(recall=moved(0.9, -0.4))]}, MARGINS
    )
    assert verdict == "refused"
    assert [(reason.test_set, reason.hazard) for reason in reasons] == [("corrections", "stacked_clutter")]
    assert [hazard.standing for hazard in hazards] == ["passed", "refused"]


def test_reasons_are_told_with_figures_in_both_languages() -> None:
    _, (reason,), _ = judge_changes({"frozen": [row(recall=moved(0.9, -0.2))]}, MARGINS)
    assert reason.en == (
        "stacked_clutter on the frozen test: recall 0.900 → 0.700 (-0.300 … -0.100), a loss of 0.1 is allowed"
    )
    assert "召回率 0.900 → 0.700" in reason.zh


def test_a_hazard_that_was_not_judged_says_why() -> None:
    _, _, hazards = judge_changes({"frozen": [row(), row(hazard="dangling_cable", positive_photos=3)]}, MARGINS)
    assert [hazard.why for hazard in hazards] == ["", "3 photos show it, 10 needed"]


def test_no_test_photos_at_all_is_a_refusal() -> None:
    verdict, reasons, _ = judge_changes({}, MARGINS)
    assert (verdict, [reason.code for reason in reasons]) == ("refused", ["nothing_judged"])


def test_the_margins_that_ship_are_valid() -> None:
    assert read_margins().min_positive_photos >= 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("min_positive_photos = 1", "max_alarms_growth|Field required", id="a missing one"),
        pytest.param("min_positive_photos = ", "not valid TOML", id="no TOML"),
    ],
)
def test_broken_margins_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "gate.toml").write_text(text)
    with pytest.raises(GateError, match=message):
        read_margins(tmp_path / "gate.toml")
    with pytest.raises(GateError, match="No such file"):
        read_margins(tmp_path / "nothing.toml")


def test_a_report_comes_back_as_it_was_written(tmp_path: Path) -> None:
    verdict, reasons, hazards = judge_changes({"frozen": [row(recall=moved(0.9, -0.2))]}, MARGINS)
    report = GateReport(
        candidate=ModelId(name="tiny", version="2"),
        baseline=ModelId(name="tiny", version="1"),
        verdict=verdict,
        reasons=reasons,
        hazards=hazards,
        margins=MARGINS,
        dataset="2026-11-27-1a2b3c4d",
        bundle_sha256="0" * 64,
    )
    path = tmp_path / "report.json"
    path.write_text(report.model_dump_json())
    assert read_gate_report(path) == report
    content = json.loads(path.read_bytes())
    assert (content["schema_version"], content["verdict"], content["candidate"]["version"]) == (1, "refused", "2")
    path.write_text("{}")
    with pytest.raises(GateError, match=r"report\.json: candidate: Field required"):
        read_gate_report(path)
