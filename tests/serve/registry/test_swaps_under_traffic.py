"""Twenty exchanges of the model while clients send: no request is lost, and memory stays where it was."""

import subprocess
from pathlib import Path

import pytest

from servers import clean_environ, hazardlens_server
from support import pictures
from support.command_line import command
from support.models import Models, custom_operator_onnx, failing_onnx, one_byte_changed, write_unchecked
from support.serving import wait_until
from swap import Traffic, signed_in, swap_under_traffic

CLIENTS = 6
SWAPS = 20
ANSWERS_BETWEEN = 40
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a test
MEMORY_SLACK_MIB = 12.0


def wait_for_answers(traffic: Traffic) -> None:
    before = traffic.answers
    wait_until(lambda: traffic.answers >= before + ANSWERS_BETWEEN)


@pytest.mark.slow
def test_no_request_is_lost(tmp_path: Path) -> None:
    """15 s: a real server and its real sessions, under six clients, with three bad bundles in the middle."""
    models = Models(tmp_path)
    models.add("2")
    one_byte_changed(models.add("3"))
    models.add_onnx("4", failing_onnx())
    write_unchecked(models.add("5"), custom_operator_onnx())
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(pictures.jpeg())
    environ = {"HAZARDLENS_DATA_PATH": str(tmp_path / "var"), "HAZARDLENS_INFERENCE_THREADS": "2"}
    add = command("admin", "account", "add", "gao", "--role", "engineer", "--password-stdin")
    subprocess.run(add, input=PASSWORD, text=True, check=True, env={**clean_environ(), **environ})
    with (
        hazardlens_server(models.default, tmp_path / "server.log", environ) as server,
        signed_in(server, "gao", PASSWORD) as activate,
    ):
        figures = swap_under_traffic(
            server,
            [photo],
            ("1", "2"),
            activate,
            swaps=SWAPS,
            clients=CLIENTS,
            bad=["tiny@3", "tiny@4", "tiny@5"],
            wait=wait_for_answers,
        )
    assert figures.lost_nothing(("1", "2")), (figures.answered, figures.example)
    assert figures.answered["200"] >= SWAPS * ANSWERS_BETWEEN
    assert min(figures.versions.values()) >= SWAPS * ANSWERS_BETWEEN // 4
    assert figures.refused == ["bundle_checksum_mismatch", "bundle_invalid", "bundle_invalid"]
    if 0.0 not in figures.rss_mib:  # a system that tells the memory of a process
        assert figures.rss_mib[-1] < figures.rss_mib[SWAPS // 4] + MEMORY_SLACK_MIB, figures.rss_mib
