"""Models in service and back again, with a server or without, and the list of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from hazardlens.cli.main import app
from hazardlens.serve.model_slot import LoadedModel
from hazardlens.serve.registry.loading import BundleLoader
from hazardlens.serve.registry.state import ModelKey
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events
from support.command_line import Invoke, Result
from support.models import Models, one_byte_changed, services_of, version_of_answer
from support.promoting import events
from support.serving import ServerProcess, server_process, wait_until

PASSWORD = "correct horse battery staple"  # noqa: S105 - of a test
SERVE = """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""


def test_a_server_that_runs_follows(invoke: Invoke, models: Models, retrained: Path) -> None:
    with models.serving() as client:
        assert invoke("promote", retrained).code == 0
        services_of(client).models.follow()
        assert version_of_answer(client) == "2"
        assert invoke("rollback").out == "in service: tiny@1\n"
        services_of(client).models.follow()
        assert version_of_answer(client) == "1"


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
