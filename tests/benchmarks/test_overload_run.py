"""The load test as a whole: that it runs, what it writes and when it fails; never how fast."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from overload import Row
from support.tiny_bundle import make_tiny_bundle


def _row(answered: dict[str, int], retry_after_s: dict[str, int], group: str = "impatient") -> Row:
    return Row("curve", group, 2, 1.0, 1.0, (), (), (), answered, retry_after_s)


@pytest.mark.parametrize(
    ("row", "orderly"),
    [
        pytest.param(_row({"200": 5, "503": 2}, {"1": 1, "2": 1}), True, id="answered or refused"),
        pytest.param(_row({"503": 1}, {"": 1}), False, id="refused for ever"),
        pytest.param(_row({"200": 5, "lost": 1}, {}), False, id="lost"),
        pytest.param(_row({"500": 1}, {}), False, id="an error"),
        pytest.param(_row({"408": 3, "closed": 1}, {}, "slow heads"), True, id="slow ones are cut off"),
        pytest.param(_row({"408": 1}, {}), False, id="others are not"),
    ],
)
def test_what_counts_as_orderly(row: Row, orderly: bool) -> None:
    assert row.is_orderly is orderly


@pytest.mark.slow
def test_a_quick_run_shows_every_scene(repo: Path, tmp_path: Path) -> None:
    """Costs about 20 s: a server, and two processes for each of five scenes."""
    out = tmp_path / "figures.json"
    bundle = make_tiny_bundle(tmp_path / "bundle").path
    program = str(repo / "benchmarks" / "overload.py")
    command = [sys.executable, program, "--quick", "--bundle", str(bundle), "--out", str(out)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = json.loads(out.read_text())["rows"]
    assert [(row["scene"], row["group"], row["clients"]) for row in rows] == [
        ("curve", "impatient", 1),
        ("curve", "impatient", 8),
        ("patient", "patient", 8),
        ("slow senders", "slow heads", 8),
        ("slow senders", "slow bodies", 4),
        ("slow senders", "steady", 2),
        ("one greedy key", "greedy", 6),
        ("one greedy key", "polite 1", 1),
        ("one greedy key", "polite 2", 1),
    ]
    assert all(row["health_ms"] for row in rows)
    assert rows[0]["accepted_per_s"] > 0
