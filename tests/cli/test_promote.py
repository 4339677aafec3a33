"""Another model into service: what the gate lets pass, what it keeps out, mistakes, and what is left behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hazardlens.cli.gate import GateReport, judge_report
from hazardlens.model.bundle import read_bundle
from support.command_line import Invoke
from support.models import Models, failing_onnx, one_byte_changed, version_of_answer
from support.promoting import REASON, events, write_report
from support.tiny_bundle import make_tiny_bundle


def test_what_the_gate_let_pass_enters_service(invoke: Invoke, models: Models, retrained: Path) -> None:
    result = invoke("promote", retrained)
    assert (result.code, result.out) == (0, "in service: tiny@2\n")
    assert "in service now: tiny@1" in result.err
    assert "the gate lets it pass" in result.err
    assert (models.registry / "tiny@2" / "model.onnx").is_file()
    (event,) = events(models)
    assert (event["action"], event["version"], event["actor"]) == ("activated", "2", "system")
    assert event["detail"]["previous"] == "tiny@1"
    assert (event["detail"]["verdict"], event["detail"]["forced"]) == ("passed", False)
    with models.serving() as client:
        assert version_of_answer(client) == "2"


def test_the_folder_of_the_bundle_will_do(invoke: Invoke, models: Models, retrained: Path) -> None:
    assert invoke("promote", retrained / "bundle").code == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"verdict": "refused", "reasons": [REASON]}, "recall 0.9 → 0.5", id="worse"),
        pytest.param({"bundle_sha256": "0" * 64}, "speaks of another bundle", id="another bundle"),
        pytest.param({"candidate": {"name": "tiny", "version": "3"}}, "speaks of another bundle", id="another version"),
        pytest.param(
            {"baseline": {"name": "tiny", "version": "0"}}, "compares with tiny@0, but tiny@1 is", id="another baseline"
        ),
    ],
)
def test_what_the_gate_refuses_stays_out(
    invoke: Invoke, models: Models, retrained: Path, changes: dict[str, Any], told: str
) -> None:
    write_report(retrained, **changes)
    result = invoke("promote", retrained)
    assert (result.code, result.out) == (3, "")
    assert told in result.err
    assert not models.registry.exists()
    assert events(models) == []


def test_without_a_report_nobody_knows(invoke: Invoke, models: Models, retrained: Path) -> None:
    (retrained / "report.json").unlink()
    result = invoke("promote", retrained)
    assert result.code == 3
    assert "--data and --split" in result.err


def test_force_goes_on_the_record(invoke: Invoke, models: Models, retrained: Path) -> None:
    write_report(retrained, verdict="refused", reasons=[REASON])
    assert invoke("promote", retrained, "--force", "--reason", "the old one is worse at night").code == 0
    (event,) = events(models)
    assert event["detail"]["forced"] is True
    assert event["detail"]["verdict"] == "refused"
    assert event["detail"]["reason"] == "the old one is worse at night"


def test_a_second_time_changes_nothing_but_the_record(invoke: Invoke, models: Models, retrained: Path) -> None:
    assert invoke("promote", retrained).code == 0
    assert invoke("promote", retrained).code == 3  # its report compares with tiny@1, which is no longer in service
    write_report(retrained, baseline={"name": "tiny", "version": "2"})
    assert invoke("promote", retrained).code == 0


def _broken(folder: Path, models: Models) -> None:
    one_byte_changed(folder / "bundle")


def _does_not_run(folder: Path, models: Models) -> None:
    models.add_onnx("2", failing_onnx()).rename(models.folder / "odd")
    (folder / "bundle").rename(models.folder / "good")
    (models.folder / "odd").rename(folder / "bundle")
    write_report(folder)


def _taken(folder: Path, models: Models) -> None:
    models.add("2", "stacked_clutter")


def _taken_by_a_bad_one(folder: Path, models: Models) -> None:
    one_byte_changed(models.add("2"))


def _no_json(folder: Path, models: Models) -> None:
    (folder / "report.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(_broken, "model.onnx: sha256 is", id="a broken bundle"),
        pytest.param(_does_not_run, "the graph does not run", id="a graph that fails"),
        pytest.param(_taken, "another bundle of this name and version", id="a version that is taken"),
        pytest.param(_taken_by_a_bad_one, "move it away first", id="a version that a bad bundle has"),
        pytest.param(_no_json, "report.json", id="a report that is none"),
    ],
)
def test_a_mistake_is_told_and_nothing_changes(
    invoke: Invoke,
    models: Models,
    retrained: Path,
    spoil: Callable[[Path, Models], None],
    told: str,
) -> None:
    spoil(retrained, models)
    result = invoke("promote", retrained)
    assert result.code == 2
    assert told in result.err
    if (models.folder / "var" / "hazardlens.sqlite3").exists():
        assert events(models) == []
    assert [path.name for path in models.registry.glob(".*")] == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(["--data", "x"], "--data and --split go together", id="data without split"),
        pytest.param(["--force"], "--force needs a --reason", id="force without reason"),
        pytest.param(["--account", "gao"], "--account is for --server", id="account without server"),
        pytest.param(["--server", "ftp://x"], "expected http://", id="no address"),
        pytest.param(["--server", "http://127.0.0.1:9"], "no answer", id="nobody there"),
    ],
)
def test_wrong_usage(invoke: Invoke, models: Models, retrained: Path, options: list[str], told: str) -> None:
    result = invoke("promote", retrained, *options)
    assert result.code == 2
    assert told in result.err


def test_where_the_chosen_one_is_broken_only_force_helps(invoke: Invoke, models: Models, retrained: Path) -> None:
    invoke("promote", retrained)
    one_byte_changed(models.registry / "tiny@2")
    three = models.folder / "three"
    make_tiny_bundle(three, version="3")
    assert invoke("promote", three).code == 2
    assert invoke("promote", three, "--force", "--reason", "the other is broken").code == 0


def test_a_report_of_a_real_gate_is_understood(retrained: Path) -> None:
    gate = pytest.importorskip("hazardlens.training.shipping.gate")
    sha256 = read_bundle(retrained / "bundle").sha256
    written = gate.GateReport(
        candidate=gate.ModelId(name="tiny", version="2"),
        baseline=gate.ModelId(name="tiny", version="1"),
        verdict="refused",
        reasons=(gate.Reason(**REASON),),
        hazards=(),
        margins=gate.read_margins(),
        dataset="v1",
        bundle_sha256=sha256,
    ).model_dump_json()
    path = retrained / gate.REPORT_FILE
    path.write_text(written, "utf-8")
    assert GateReport.model_validate_json(written).reasons[0].en == REASON["en"]
    assert judge_report(path, read_bundle(retrained / "bundle"), ("tiny", "1")).verdict == "refused"
