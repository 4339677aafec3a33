"""`hazardlens retrain`: what it asks for, what it says, and how it ends."""

from pathlib import Path

import pytest

from hazardlens.training.retraining import retrain as steps
from hazardlens.training.retraining.plan import Request
from hazardlens.training.shipping.gate import GateReport, ModelId, judge_changes, read_margins
from support.command_line import Invoke


def report(*, refused: bool) -> GateReport:
    _, reasons, hazards = judge_changes({}, read_margins())
    return GateReport(
        candidate=ModelId(name="tiny", version="2"),
        baseline=ModelId(name="tiny", version="1"),
        verdict="refused" if refused else "passed",
        reasons=reasons if refused else (),
        hazards=hazards,
        margins=read_margins(),
        dataset="2026-11-27-1a2b3c4d",
        bundle_sha256="0" * 64,
    )


def words(root: Path, *more: str | Path) -> list[str | Path]:
    return ["retrain", "--from", root / "export", "--bundle", root / "service", "--out", root / "runs" / "one", *more]


@pytest.mark.parametrize(("refused", "code"), [(False, 0), (True, 3)], ids=["passed", "refused"])
def test_the_exit_code_is_the_verdict(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: bool, code: int
) -> None:
    asked: list[Request] = []

    def pretend(request: Request, **_options: object) -> GateReport:
        asked.append(request)
        return report(refused=refused)

    monkeypatch.setattr(steps, "retrain", pretend)
    result = invoke(*words(tmp_path, "--from", tmp_path / "older.zip", "--quick"))
    assert result.code == code
    assert f"gate: {'refused' if refused else 'passed'}" in result.out
    assert ("nothing could be judged" in result.out) is refused
    (request,) = asked
    assert request.exports == (tmp_path / "export", tmp_path / "older.zip")
    assert (request.datasets, request.quick, request.resume) == (tmp_path / "runs" / "dataset-versions", True, False)


def test_an_interrupt_says_how_to_go_on(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "retrain", interrupt)
    result = invoke(*words(tmp_path))
    assert result.code == 130
    assert "the same command with --resume goes on" in result.err


@pytest.mark.parametrize("option", ["--data", "--split", "--frozen-test", "--frozen-split"])
def test_photos_need_their_split(invoke: Invoke, tmp_path: Path, option: str) -> None:
    result = invoke(*words(tmp_path, option, tmp_path / "x"))
    assert result.code == 2
    assert "go together" in result.err


def test_a_bundle_that_is_not_there_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(*words(tmp_path))
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "no such bundle folder" in result.err
    assert not (tmp_path / "runs").exists()
