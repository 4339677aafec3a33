import signal
import socket
import subprocess
from pathlib import Path

import pytest

from hazardlens.serve.settings import Settings
from support.command_line import Invoke, Run, command


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that a server would have been started with."""
    seen: list[Settings] = []

    def run(settings: Settings) -> int:
        seen.append(settings)
        return 0

    monkeypatch.setattr("hazardlens.serve.server.run", run)
    return seen


def test_without_options_the_settings_are_the_defaults(invoke: Invoke, started: list[Settings]) -> None:
    assert invoke("serve").code == 0
    assert started == [Settings()]


def test_each_option_is_a_setting(invoke: Invoke, started: list[Settings], bundle: Path, tmp_path: Path) -> None:
    options = ["--host", "::1", "--port", "0", "--bundle", bundle, "--policy", tmp_path / "policy.toml"]
    assert invoke("serve", *options, "--threads", "3", "--queue-length", "0", "--log-level", "warning").code == 0
    expected = {
        "host": "::1",
        "port": 0,
        "bundle_path": bundle,
        "policy_path": tmp_path / "policy.toml",
        "inference_threads": 3,
        "queue_length": 0,
        "log_level": "warning",
    }
    assert started == [Settings().model_copy(update=expected)]


def test_an_option_goes_before_the_environment(
    invoke: Invoke, started: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAZARDLENS_PORT", "1234")
    monkeypatch.setenv("HAZARDLENS_MAX_FILES", "2")
    invoke("serve", "--port", "4321")
    assert [(settings.port, settings.max_files) for settings in started] == [(4321, 2)]


@pytest.mark.parametrize(
    ("args", "environ", "message"),
    [
        pytest.param(["--port", "70000"], {}, "--port", id="port out of range"),
        pytest.param(["--log-level", "loud"], {}, "--log-level", id="unknown level"),
        pytest.param(["--host", ""], {}, "HAZARDLENS_HOST", id="empty host"),
        pytest.param(["--bundle", "nowhere"], {}, "nowhere: no such bundle folder", id="no bundle"),
        pytest.param([], {"HAZARDLENS_PROT": "1"}, "did you mean HAZARDLENS_PORT?", id="misspelt variable"),
        pytest.param([], {"HAZARDLENS_PORT": "x"}, "HAZARDLENS_PORT", id="bad variable"),
    ],
)
def test_a_mistake_is_told_and_no_server_starts(
    invoke: Invoke,
    started: list[Settings],
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    environ: dict[str, str],
    message: str,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    result = invoke("serve", *args)
    assert result.code == 2
    assert message in result.err
    assert started == []


def test_a_port_that_is_taken_ends_with_1(run: Run, bundle: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--bundle", bundle, "--port", str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert "the port is in use" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it(bundle: Path, stop: signal.Signals) -> None:
    process = subprocess.Popen(
        command("serve", "--bundle", bundle, "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        out = process.stdout
        assert out is not None
        assert out.readline().startswith("hazardlens listens on http://127.0.0.1:")
        assert any("model_ready" in line for line in out)
        process.send_signal(stop)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode in {0, 130, -stop}
    assert "Traceback" not in rest
