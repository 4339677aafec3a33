"""`hazardlens train`: what it says, and how it ends."""

from pathlib import Path
from typing import Any

import pytest

from hazardlens.training.fitting import runs
from hazardlens.training.fitting.material import Sources
from support.command_line import Invoke


def test_help_shows_an_example_and_the_exit_codes(invoke: Invoke) -> None:
    result = invoke("train", "--help")

    assert result.code == 0
    assert "Example: hazardlens train --config" in result.out
    assert "Exit code 0: finished" in result.out


def test_a_missing_option_is_a_usage_error(invoke: Invoke) -> None:
    result = invoke("train", "--out", "run")

    assert result.code == 2
    assert "--config" in result.err


def test_a_wrong_configuration_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    config = tmp_path / "broken.toml"
    config.write_text('name = "x"\nspeed = 3\n', "utf-8")
    result = invoke("train", "--config", config, "--data", tmp_path, "--weights", config, "--out", tmp_path / "run")

    assert result.code == 2
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert "broken.toml" in result.err


def test_an_interrupt_says_how_to_go_on(
    invoke: Invoke, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "train", interrupt)
    config = repo / "training" / "configs" / "first-light.toml"
    result = invoke("train", "--config", config, "--data", tmp_path, "--weights", config, "--out", tmp_path / "run")

    assert result.code == 130
    assert "the same command with --resume goes on" in result.err


def test_options_reach_the_run(invoke: Invoke, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(runs, "train", lambda config, **options: seen.update(options, config=config))
    config = repo / "training" / "configs" / "hazards.toml"
    sets = [tmp_path / "covers", tmp_path / "exits"]
    options = ["--rendered", sets[0], "--rendered", sets[1], "--parts", tmp_path, "--minutes", "2.5", "--stock-loss"]
    inputs = ["--config", config, "--data", tmp_path, "--weights", config, "--out", tmp_path / "run"]
    result = invoke("train", *inputs, *options, "--without", "composed", "--exclude-provenance", "unclear")

    assert result.code == 0, result.err
    assert seen["sources"] == Sources(tmp_path, tuple(sets), tmp_path, ("unclear",))
    assert seen["minutes"] == 2.5
    assert seen["config"].loss == "stock"
    assert seen["config"].mix.composed == 0
    assert seen["config"].mix.rendered > 0


def test_a_part_that_does_not_exist_is_one_line(invoke: Invoke, repo: Path, tmp_path: Path) -> None:
    config = repo / "training" / "configs" / "hazards.toml"
    inputs = ["--config", config, "--data", tmp_path, "--weights", config, "--out", tmp_path / "run"]
    result = invoke("train", *inputs, "--without", "real")

    assert result.code == 2
    assert "not without real" in result.err
    assert result.err.count("\n") == 1
