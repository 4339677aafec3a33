"""The benchmark as a whole: that it runs and what it writes, never how fast."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.command_line import write_photo
from support.tiny_bundle import make_tiny_bundle


def _benchmark(repo: Path, *args: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, repo / "benchmarks" / "classify.py", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_a_quick_run_measures_every_part(repo: Path, tmp_path: Path) -> None:
    """Costs about 15 s: a server, and nine processes that load the runtime."""
    bundle = make_tiny_bundle(tmp_path / "bundle").path
    photo = write_photo(tmp_path / "photos" / "a.jpg", size_wh=(680, 510))
    out = tmp_path / "figures.json"
    options: list[str | Path] = ["--bundle", bundle, "--photos", photo.parent, "--no-obvious", "--out", out]
    result = _benchmark(repo, "--quick", *options)
    assert result.returncode == 0, result.stderr
    figures = json.loads(out.read_text())
    assert figures["schema_version"] == 1
    assert {stage["stage"] for stage in figures["stages"]} == {
        "decode_full_size",
        "decode",
        "preprocess",
        "inference",
        "postprocess",
        "triage",
    }
    assert {(cell["system"], cell["form"], cell["clients"]) for cell in figures["cells"]} == {
        (system, form, clients)
        for system, form in (("bare loop", ""), ("hazardlens", "raw"), ("hazardlens", "multipart"))
        for clients in (1, 2)
    }
    assert all(cell["per_s"] > 0 and cell["refused"] == 0 for cell in figures["cells"])
    assert {(ratio["form"], ratio["clients"]) for ratio in figures["ratios"]} == {
        (form, clients) for form in ("raw", "multipart") for clients in (1, 2)
    }
    assert [point["uploads"] for point in figures["memory"]] == [0, 4, 8, 12, 16]
    assert figures["refused_uploads"] == 0
    assert figures["obvious_skipped"] == "--no-obvious was given"
    assert "| photos | clients | system |" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--bundle", "nowhere"], "error: --bundle nowhere: nowhere: no such bundle folder", id="bundle"),
        pytest.param(["--bundle", "{tiny}", "--photos", "{tiny}"], "no .jpg files there", id="photos"),
        pytest.param(["--rounds", "many"], "--rounds", id="rounds"),
    ],
)
def test_a_mistake_is_told_and_ends_with_2(repo: Path, tmp_path: Path, options: list[str], message: str) -> None:
    tiny = make_tiny_bundle(tmp_path / "bundle").path
    result = _benchmark(repo, *(option.format(tiny=tiny) for option in options))
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
