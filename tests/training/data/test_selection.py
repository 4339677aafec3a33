"""Which labels and boxes a run trains on."""

from pathlib import Path

import pytest

from hazardlens.training.config import LabelConfig
from hazardlens.training.data.records import read_records
from hazardlens.training.data.selection import Selection, select
from hazardlens.training.data.splits import SplitConfig, make_split
from hazardlens.training.errors import SplitError
from support.photo_pool import CLUTTER, DOOR, POOL_LABELS, PoolPhoto, edit_cell, write_pool


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    near = [PoolPhoto(f"n{number}", number, "near", boxes=(CLUTTER, DOOR)) for number in range(6)]
    band = [PoolPhoto(f"b{number}", 10 + number, "band", boxes=(CLUTTER, DOOR)) for number in range(6)]
    return write_pool(tmp_path / "pool", [*near, *band, PoolPhoto("far", 30, "far", boxes=(DOOR,))])


def _select(pool: Path, config: LabelConfig, *exclude: str) -> Selection:
    records = read_records(pool)
    manifest = make_split(records, SplitConfig(name="tiny", test_sources=("far",), val=0.2))
    return select(records, POOL_LABELS, manifest, config, exclude)


def test_labels_keep_the_order_of_the_data_set_and_poor_ones_are_left_out_with_a_reason(pool: Path) -> None:
    selection = _select(pool, LabelConfig(min_boxes=5))

    assert selection.labels == ("stacked_clutter", "exit_door")
    assert selection.train_boxes == {"stacked_clutter": 10, "exit_door": 10}
    assert selection.left_out == {"blocked_exit": "0 training boxes, 5 needed"}
    assert (len(selection.train), len(selection.val)) == (10, 2)


def test_excluded_labels_are_left_out(pool: Path) -> None:
    selection = _select(pool, LabelConfig(exclude=("exit_door",)))

    assert selection.labels == ("stacked_clutter",)
    assert selection.left_out["exit_door"] == "excluded by the configuration"


def test_coarse_boxes_are_dropped_and_their_label_is_unknown_there(pool: Path) -> None:
    selection = _select(pool, LabelConfig(ignore_boxes={"band": ("exit_door",)}))

    assert selection.train_boxes == {"stacked_clutter": 10, "exit_door": 5}
    for record in selection.train + selection.val:
        coarse = record.source == "band"
        assert ("exit_door" in record.labels) is not coarse
        assert ("exit_door" in record.looked_for) is not coarse
        assert len(record.boxes_cxcywh) == len(record.labels)


def test_the_test_side_is_never_selected(pool: Path) -> None:
    selection = _select(pool, LabelConfig())

    assert "far" not in {record.source for record in selection.train + selection.val}


def test_provenances_can_be_left_out(pool: Path) -> None:
    edit_cell(pool, "n0", "provenance", "unclear")
    everything, known = _select(pool, LabelConfig()), _select(pool, LabelConfig(), "unclear")

    names = {record.photo for record in everything.train + everything.val}
    assert names - {record.photo for record in known.train + known.val} == {"photos/n0.jpg"}


def test_nothing_left_to_train_is_refused(pool: Path) -> None:
    with pytest.raises(SplitError, match="no label has enough training boxes"):
        _select(pool, LabelConfig(min_boxes=100))


def test_labels_that_the_start_knows_stay_however_few_boxes_they_have(pool: Path) -> None:
    records = read_records(pool)
    manifest = make_split(records, SplitConfig(name="tiny", test_sources=("far",), val=0.2))
    selection = select(records, POOL_LABELS, manifest, LabelConfig(min_boxes=100), keep=("blocked_exit",))

    assert selection.labels == ("blocked_exit",)
    assert selection.train_boxes == {"blocked_exit": 0}
    assert sorted(selection.left_out) == ["exit_door", "stacked_clutter"]
