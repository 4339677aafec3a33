"""Photos decide whether a model enters service, where they are given."""

from pathlib import Path

import pytest

from support.command_line import Invoke
from support.models import Models
from support.photo_pool import CLUTTER, PoolPhoto, write_pool
from support.tiny_bundle import make_tiny_bundle


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """Options for a dozen test photos that show clutter."""
    pytest.importorskip("sklearn", reason="needs the training extra")
    from hazardlens.training.data.records import read_records
    from hazardlens.training.data.splits import SplitConfig, make_split, write_split

    folder = tmp_path_factory.mktemp("labelled")
    shown = [PoolPhoto(f"t{number}", number, source="far", boxes=(CLUTTER,)) for number in range(12)]
    others = [PoolPhoto(f"o{number}", number + 20, boxes=(CLUTTER,)) for number in range(4)]
    root = write_pool(folder / "data", [*shown, *others])
    split = make_split(read_records(root), SplitConfig(name="made", test_sources=("far",), val=0.25))
    write_split(split, folder / "split.json")
    return ["--data", root, "--split", folder / "split.json"]


def test_photos_decide_where_they_are_given(
    invoke: Invoke, models: Models, retrained: Path, labelled: list[str | Path], tmp_path: Path
) -> None:
    blind = invoke("promote", retrained, *labelled)  # finds manholes only, whatever its report says
    assert blind.code == 3
    assert "stacked_clutter on the frozen test: recall 1.000 → 0.000" in blind.err
    as_good = make_tiny_bundle(tmp_path / "as-good", version="3").path
    assert invoke("promote", as_good, *labelled).out == "in service: tiny@3\n"


def test_photos_that_are_none_are_a_mistake(
    invoke: Invoke, models: Models, retrained: Path, labelled: list[str | Path], tmp_path: Path
) -> None:
    result = invoke("promote", retrained, "--data", tmp_path / "nowhere", "--split", labelled[3])
    assert result.code == 2
    assert "Traceback" not in result.err
