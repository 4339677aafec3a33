"""The Makefile installs what a command needs and no more, and tells a person what is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

from support.project import REPO


def _make(*arguments: str, folder: Path = REPO) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def _plan(target: str) -> list[str]:
    """The commands that `make target` would run from nothing."""
    planned = _make("--dry-run", "--always-make", target)
    assert planned.returncode == 0, planned.stderr
    return planned.stdout.splitlines()


def _position(lines: list[str], text: str) -> int:
    return next(index for index, line in enumerate(lines) if text in line)


def test_run_installs_what_serving_needs_and_serves() -> None:
    plan = _plan("run")
    assert _position(plan, "--editable .") < _position(plan, "hazardlens serve")
    assert not [line for line in plan if "torch" in line or "training" in line]


def test_test_installs_torch_before_anything_can_ask_for_another() -> None:
    plan = _plan("test")
    assert _position(plan, " torch") < _position(plan, "--no-deps torchvision") < _position(plan, "[training,test]")
    assert "pytest" in plan[-1]


@pytest.mark.parametrize("extra", ["fuzz", "fuzz-api"])
def test_a_fuzzer_installs_what_nobody_else_needs(extra: str) -> None:
    plan = _plan(extra)
    assert _position(plan, "[training,test]") < _position(plan, f"[training,test,{extra}]") < len(plan) - 1
    assert not [line for line in _plan("test") if "fuzz" in line]


def test_every_install_is_constrained() -> None:
    installs = [line for line in _plan("test") if line.startswith(".venv/") and " install" in line]
    assert len(installs) == 3
    assert [line for line in installs if "--constraint constraints.txt" not in line] == []


def test_label_studio_is_pinned_and_kept_apart() -> None:
    plan = _plan("test")
    at = _position(plan, ".venv-label-studio/bin/python -m pip")
    assert "--no-deps --requirement tests/label-studio-constraints.txt" in " ".join(plan[at : at + 2])
    pins = (REPO / "tests/label-studio-constraints.txt").read_text().splitlines()
    assert "label-studio==1.23.2" in pins
    assert [pin for pin in pins if not pin.startswith("#") and pin.count("==") != 1] == []
    assert not [line for line in _plan("check") if "label-studio" in line]


def test_check_does_not_write() -> None:
    plan = [line for line in _plan("check") if line.startswith(".venv/bin/") and "pip" not in line]
    assert plan == [
        ".venv/bin/ruff check .",
        ".venv/bin/ruff format --check .",
        ".venv/bin/mypy",
        ".venv/bin/basedpyright",
        ".venv/bin/lint-imports",
        ".venv/bin/python scripts/licences.py",
    ]


def test_torch_comes_first_and_no_index_is_named() -> None:
    planned = _make("--dry-run", "--always-make", "test").stdout.splitlines()
    installs = [line for line in planned if " install " in line and ".venv/bin/python -m pip" in line]
    assert not [line for line in installs if "index" in line]
    assert [line.split()[-1] for line in installs if "editable" not in line][:2] == ["torch", "torchvision"]


@pytest.mark.parametrize("python", ["", "/nowhere/python3.11", "false"])
def test_without_python_3_11_one_line_says_so(python: str, tmp_path: Path) -> None:
    shutil.copy(REPO / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    done = _make("run", f"PYTHON={python}", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("hazardlens needs Python 3.11")
    assert not (tmp_path / ".venv").exists()


def test_make_alone_lists_the_commands() -> None:
    told = _make().stdout
    for target in ("run", "test", "check", "fix", "lock"):
        assert f"\n{target} " in told
