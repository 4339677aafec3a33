"""Another model into service from the command line: what lets it pass, what keeps it out, and what is left behind."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from hazardlens.cli.gate import GateReport, judge_report
from hazardlens.cli.main import app
from hazardlens.model.bundle import read_bundle
from hazardlens.serve.model_slot import LoadedModel
from hazardlens.serve.registry.loading import BundleLoader
from hazardlens.serve.registry.state import ModelKey
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events, model_events
from support.command_line import Invoke, Result
from support.models import Models, failing_onnx, one_byte_changed, services_of, version_of_answer
from support.photo_pool import CLUTTER, PoolPhoto, write_pool
from support.serving import ServerProcess, server_process, wait_until
from support.tiny_bundle import make_tiny_bundle

PASSWORD = "correct horse battery staple"  # noqa: S105 - of a test
SERVE = """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    """An installation whose default model is tiny@1."""
    models = Models(tmp_path)
    monkeypatch.setenv("HAZARDLENS_DATA_PATH", str(tmp_path / "var"))
    monkeypatch.setenv("HAZARDLENS_BUNDLE_PATH", str(models.default))
    return models


@pytest.fixture
def retrained(tmp_path: Path) -> Path:
    """What a retraining left that the gate let pass: tiny@2."""
    folder = tmp_path / "retrained"
    make_tiny_bundle(folder / "bundle", version="2", boxes=[("manhole_open", 0.8, (0.2, 0.3, 0.7, 0.6))])
    write_report(folder)
    return folder


def write_report(folder: Path, **changes: Any) -> None:  # noqa: ANN401 - any field
    report = {
        "schema_version": 1,
        "candidate": {"name": "tiny", "version": "2"},
        "baseline": {"name": "tiny", "version": "1"},
        "verdict": "passed",
        "reasons": [],
        "hazards": [],
        "bundle_sha256": read_bundle(folder / "bundle").sha256,
        **changes,
    }
    (folder / "report.json").write_text(json.dumps(report), "utf-8")


def events(models: Models) -> list[dict[str, Any]]:
    store = Store(f"sqlite:///{models.folder / 'var' / 'hazardlens.sqlite3'}")
    try:
        with store.read() as connection:
            found = connection.execute(select(model_events).order_by(model_events.c.seq)).mappings()
            return [dict(row) for row in found]
    finally:
        store.close()


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


def test_a_server_that_runs_follows(invoke: Invoke, models: Models, retrained: Path) -> None:
    with models.serving() as client:
        assert invoke("promote", retrained).code == 0
        services_of(client).models.follow()
        assert version_of_answer(client) == "2"
        assert invoke("rollback").out == "in service: tiny@1\n"
        services_of(client).models.follow()
        assert version_of_answer(client) == "1"


def test_the_folder_of_the_bundle_will_do(invoke: Invoke, models: Models, retrained: Path) -> None:
    assert invoke("promote", retrained / "bundle").code == 0


REASON = {"code": "recall", "hazard": "x", "test_set": "frozen", "zh": "召回率", "en": "recall 0.9 → 0.5"}


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


def test_servers_write_while_the_model_before_is_loaded(
    invoke: Invoke, models: Models, retrained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("promote", retrained)
    load, written = BundleLoader.load_chosen, list[str]()

    def write_meanwhile(self: BundleLoader, model: ModelKey) -> LoadedModel:
        store = Store(f"sqlite:///{models.folder / 'var' / 'hazardlens.sqlite3'}")
        try:
            with store.write():
                written.append(model.ref)
        finally:
            store.close()
        return load(self, model)

    monkeypatch.setattr(BundleLoader, "load_chosen", write_meanwhile)
    assert invoke("rollback").out == "in service: tiny@1\n"
    assert written == ["tiny@1"]


def test_the_list_names_all_models(invoke: Invoke, models: Models, retrained: Path) -> None:
    one_byte_changed(models.add("3"))
    invoke("promote", retrained)
    lines = [line.split("\t") for line in invoke("models").out.splitlines()]
    assert [(line[0], line[1]) for line in lines] == [("tiny@1", "ready"), ("tiny@2", "active"), ("tiny@3", "bad")]
    assert "sha256" in lines[2][3]


def test_there_is_nothing_to_go_back_to(invoke: Invoke, models: Models) -> None:
    result = invoke("rollback")
    assert result.code == 2
    assert "no other model was in service" in result.err


def test_a_model_that_can_no_longer_be_used_is_not_gone_back_to(
    invoke: Invoke, models: Models, retrained: Path
) -> None:
    invoke("promote", retrained)
    one_byte_changed(models.default)
    assert invoke("rollback").code == 2
    assert len(events(models)) == 1


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


@pytest.fixture
def server(models: Models) -> Iterator[ServerProcess]:
    """A server of the installation, with an engineer who has a password."""
    add = ["admin", "account", "add", "gao", "--role", "engineer", "--password-stdin"]
    assert CliRunner().invoke(app, add, input=f"{PASSWORD}\n").exit_code == 0
    with server_process(models.folder, SERVE, {"HAZARDLENS_INFERENCE_THREADS": "1"}) as server:
        wait_until(lambda: "model_ready" in server.log.read_text())
        yield server


def test_through_a_server(models: Models, retrained: Path, server: ServerProcess, tmp_path: Path) -> None:
    def ask(*words: str | Path, password: str = PASSWORD) -> Result:
        options = [*words, "--server", server.address, "--account", "gao", "--password-stdin"]
        done = CliRunner().invoke(app, [str(option) for option in options], input=f"{password}\n")
        return Result(done.exit_code, done.stdout, done.stderr)

    wrong = ask("promote", retrained, password="another one altogether")  # noqa: S106 - of a test
    assert (wrong.code, "login_failed" in wrong.err) == (2, True)
    assert ask("promote", retrained).out == "in service: tiny@2\n"
    listed = CliRunner().invoke(app, ["models", "--server", server.address]).stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [["tiny@2", "active"], ["tiny@1", "ready"]]
    assert ask("rollback").out == "in service: tiny@1\n"
    nothing = ask("rollback")
    assert (nothing.code, "no_previous_model" in nothing.err) == (2, True)
    activated, back = events(models)
    assert activated["actor"].startswith("account:")
    assert activated["detail"]["verdict"] == "passed"
    assert back["detail"]["rolled_back"] is True
    store = Store(f"sqlite:///{models.folder / 'var' / 'hazardlens.sqlite3'}")
    with store.read() as connection:
        names = set(connection.execute(select(audit_events.c.action)).scalars())
    store.close()
    assert "model_activated" in names
