"""The schema of the reviewed export refuses what it must not hold."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from hazardlens.model.exports import ReviewedReport
from hazardlens.model.exports.reviewed import ExportManifest, Place
from support.exports import item, photo_file, reviewed_photo, reviewed_report

Line = dict[str, Any]


def _line() -> Line:
    report = item(1, [("stacked_clutter", (2, 3, 40, 41))], place=Place(latitude=31.23, longitude=121.474)).report
    line: Line = json.loads(report.line())
    return line


def test_a_line_comes_back_as_it_was() -> None:
    report = ReviewedReport.model_validate(_line())
    assert ReviewedReport.model_validate_json(report.line()) == report


def test_words_are_in_a_line_only_where_they_were_asked_for() -> None:
    photo = reviewed_photo(photo_file())
    assert b'"text"' not in reviewed_report(1, [photo]).line()
    assert json.loads(reviewed_report(1, [photo], text="楼道堵了").line())["text"] == "楼道堵了"


WRONG: dict[str, Callable[[Line], object]] = {
    "an unknown field": lambda line: line.update(reporter="li"),
    "a report that nobody could tell about": lambda line: line.update(verdict="cannot_tell"),
    "a time without zone": lambda line: line.update(decided_at="2026-03-04T12:00:00"),
    "no photo": lambda line: line.update(photos=[]),
    "an unknown category": lambda line: line.update(category="hole"),
    "a place that is not on Earth": lambda line: line.update(place={"latitude": 91, "longitude": 0}),
    "a box that leaves the photo": lambda line: line["photos"][0]["boxes"][0]["box"].update(x_max=66),
    "a box with crossed corners": lambda line: line["photos"][0]["boxes"][0]["box"].update(x_min=41),
    "a box without area": lambda line: line["photos"][0]["boxes"][0]["box"].update(y_min=41),
    "a box with half pixels": lambda line: line["photos"][0]["boxes"][0]["box"].update(x_min=1.5),
    "a prediction that leaves the photo": lambda line: line["photos"][0]["predicted"].append(
        {"label": "exit_door", "confidence": 0.5, "box": {"x_min": 0, "y_min": 0, "x_max": 5, "y_max": 49}}
    ),
    "a photo outside its folder": lambda line: line["photos"][0].update(file="photos/../../etc/passwd"),
    "a photo of another name": lambda line: line["photos"][0].update(file=f"photos/{'0' * 64}.png"),
    "a photo of another kind": lambda line: line["photos"][0].update(
        file=line["photos"][0]["file"].replace(".png", ".gif")
    ),
    "a label that would break a list": lambda line: line.update(looked_for=["two words"]),
}


@pytest.mark.parametrize("spoil", WRONG.values(), ids=WRONG)
def test_a_line_must_not_have(spoil: Callable[[Line], object]) -> None:
    line = _line()
    spoil(line)
    with pytest.raises(ValidationError):
        ReviewedReport.model_validate(line)


@pytest.mark.parametrize(
    "files",
    [{}, {"reports.jsonl": "0" * 64, "../x": "0" * 64}, {"reports.jsonl": "0" * 64, "photos/a.jpg": "0" * 64}],
    ids=["no reports", "a way out", "a photo not named by its content"],
)
def test_a_manifest_must_not_list(files: dict[str, str]) -> None:
    document = {
        "name": "a",
        "created": "2026-03-04T12:00:00Z",
        "source": "a test",
        "filters": {},
        "labels": [],
        "counts": {"reports": 0, "photos": 0, "negatives": 0, "verdicts": {}, "categories": {}, "boxes": {}},
    }
    ExportManifest.model_validate({**document, "files": {"reports.jsonl": "0" * 64}})
    with pytest.raises(ValidationError, match="files"):
        ExportManifest.model_validate({**document, "files": files})
