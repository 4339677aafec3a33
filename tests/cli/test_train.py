"""`hazardlens train`: what it says, and how it ends."""

from pathlib import Path

import pytest

from hazardlens.training.fitting import runs
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
