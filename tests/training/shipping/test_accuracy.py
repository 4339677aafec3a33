"""What can judge: boxes of real validation photos, on photos on which their label was looked for."""

from pathlib import Path

import pytest

from hazardlens.model.detections import Detections
from hazardlens.training.data.records import read_records
from hazardlens.training.errors import ExportError
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.predict import pair
from hazardlens.training.shipping.accuracy import MIN_BOXES, accuracy, can_judge
from support.photo_pool import CLUTTER, PoolPhoto, write_pool

LABELS = ("stacked_clutter", "exit_door")


@pytest.mark.parametrize(
    ("count", "looked_for", "enough"),
    [
        (MIN_BOXES, LABELS, True),
        (MIN_BOXES - 1, LABELS, False),
        (MIN_BOXES, ("exit_door",), False),
    ],
    ids=["enough", "one too few", "not looked for everywhere"],
)
def test_it_tells_beforehand_whether_accuracy_will_be_refused(
    tmp_path: Path, count: int, looked_for: tuple[str, ...], enough: bool
) -> None:
    pool = [PoolPhoto(f"p{number}", number, boxes=(CLUTTER,), looked_for=looked_for) for number in range(count)]
    records = read_records(write_pool(tmp_path / "pool", pool))
    judged: list[JudgedPhoto] = [pair(record, Detections.empty(LABELS)) for record in records]
    assert can_judge(records, LABELS) is enough
    if enough:
        assert [item.label for item in accuracy(judged, [], LABELS)] == ["stacked_clutter"]
    else:
        with pytest.raises(ExportError, match="no label has"):
            accuracy(judged, [], LABELS)
