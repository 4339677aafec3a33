"""Pool, rendered sets and compositions are joined; what is missing leaves its share to the others, and says so."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hazardlens.training.config import MixConfig, TrainConfig, read_config, without
from hazardlens.training.errors import ConfigError, DatasetMissingError
from hazardlens.training.fitting.material import Material, Sources, gather
from hazardlens.training.fitting.mixing import MixedOrder
from support.rendered import Pasted, write_rendered
from support.tiny_run import TinyRun, make_tiny_run

MIX = MixConfig(real=0.5, rendered=0.3, composed=0.2, rendered_val=0.4)
PASTED = (Pasted(),)

Gather = Callable[..., Material]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return make_tiny_run(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def config(tiny: TinyRun) -> TrainConfig:
    return read_config(tiny.config).model_copy(update={"mix": MIX})


@pytest.fixture(scope="module")
def sources(tiny: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("rendered")
    write_rendered(folder / "exits", scenes=8)
    return Sources(tiny.data, (folder,), compositions=PASTED)


def _shares(material: Material) -> tuple[float, float, float]:
    shares = material.mixture.shares
    return (shares.real, shares.rendered, shares.composed)


def test_rendered_scenes_train_and_validate_apart_from_real_photos(config: TrainConfig, sources: Sources) -> None:
    material = gather(config, sources)
    made = material.selection.made

    assert _shares(material) == pytest.approx((0.5, 0.3, 0.2))
    assert len(made.train) + len(made.val) == 16
    assert made.val
    assert {record.group for record in made.train}.isdisjoint(record.group for record in made.val)
    real = material.selection.train + material.selection.val
    assert "rendered" not in {record.provenance for record in real}
    assert material.training_records == [*material.selection.train, *made.train]
    assert material.mixture.photos == len(material.training_records)


def test_scenes_are_composed_of_photos_that_train(config: TrainConfig, sources: Sources) -> None:
    material = gather(config, sources)

    assert material.mixture.composer is not None
    assert material.mixture.composer.records == material.selection.train


def test_rendered_boxes_make_a_label_trainable(config: TrainConfig, sources: Sources) -> None:
    alone = gather(without(config, ["rendered"]), sources).selection
    joined = gather(config, sources).selection

    assert alone.left_out == {"blocked_exit": "0 training boxes, 2 needed"}
    assert joined.left_out == {}
    assert joined.train_boxes["blocked_exit"] == 0, "real boxes are counted apart"


def test_a_label_that_composed_scenes_show_is_trained(config: TrainConfig, sources: Sources) -> None:
    composed = replace(sources, compositions=(Pasted(label="blocked_exit"),))
    selection = gather(without(config, ["rendered"]), composed).selection

    assert selection.left_out == {}
    assert selection.made.composed_boxes == {"blocked_exit": 8}


def test_a_label_may_still_be_excluded(config: TrainConfig, sources: Sources) -> None:
    labels = config.labels.model_copy(update={"exclude": ("blocked_exit",)})
    selection = gather(config.model_copy(update={"labels": labels}), sources).selection

    assert selection.left_out == {"blocked_exit": "excluded by the configuration"}


@pytest.mark.parametrize(
    ("missing", "expected", "remark"),
    [
        pytest.param({"rendered": ()}, (5 / 7, 0, 2 / 7), "no rendered photos: their share of 0.3", id="rendered"),
        pytest.param({"compositions": ()}, (5 / 8, 3 / 8, 0), "no compositions: their share of 0.2", id="composed"),
    ],
)
def test_what_is_not_there_leaves_its_share_to_the_others(
    config: TrainConfig,
    sources: Sources,
    missing: dict[str, Any],
    expected: tuple[float, float, float],
    remark: str,
) -> None:
    material = gather(config, replace(sources, **missing))

    assert _shares(material) == pytest.approx(expected)
    assert any(line.startswith(remark) for line in material.remarks)


def test_real_photos_alone_fill_every_batch(config: TrainConfig, sources: Sources) -> None:
    material = gather(without(config, ["rendered", "composed"]), sources)

    assert _shares(material) == (1.0, 0.0, 0.0)
    assert "the rendered sets are not used: mix.rendered is 0" in material.remarks
    assert material.mixture.composer is None
    assert not material.selection.made.train


@pytest.mark.parametrize("left_out", [[], ["rendered"], ["composed"], ["rendered", "composed"]])
def test_an_epoch_can_have_as_many_pictures_whatever_the_shares(
    config: TrainConfig, sources: Sources, left_out: list[str]
) -> None:
    mix = config.mix.model_copy(update={"epoch_photos": 40})
    material = gather(without(config.model_copy(update={"mix": mix}), left_out), sources)

    assert len(MixedOrder(material.mixture, batch=4, seed=0)) == 40


def test_only_these_parts_can_be_left_out(config: TrainConfig) -> None:
    with pytest.raises(ConfigError, match="without rendered or composed photos, not without real"):
        without(config, ["real"])


def test_weights_for_nothing_are_told(config: TrainConfig, sources: Sources) -> None:
    typos = {"rendered_weights": {"exits": 2.0, "covrs": 3.0}, "composed_weights": {"pasted": 2.0, "pastd": 3.0}}
    mix = MIX.model_copy(update=typos)
    material = gather(config.model_copy(update={"mix": mix}), sources)

    assert "mix.rendered_weights: no rendered photo is or shows covrs" in material.remarks
    assert "mix.composed_weights: there is no composition pastd" in material.remarks


def test_a_missing_rendered_set_is_an_error(config: TrainConfig, sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(DatasetMissingError):
        gather(config, replace(sources, rendered=(tmp_path / "none",)))


def test_the_description_names_sets_shares_and_trials(config: TrainConfig, sources: Sources) -> None:
    description = gather(config, sources).description

    assert description["shares"] == pytest.approx({"real": 0.5, "rendered": 0.3, "composed": 0.2})
    assert [each["name"] for each in description["rendered"]] == ["exits"]
    assert description["composed"]["pasted"]["boxes"] == {"exit_door": 8}
    assert description == gather(config, sources).description, "a resumed run must find the same"
