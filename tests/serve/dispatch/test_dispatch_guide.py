"""The receiver in the guide works, as it is printed there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from hazardlens.serve.dispatch.sending import Outcome, Sender
from support.dispatch import SECRET
from support.project import REPO
from support.serving import PATIENCE_S

GUIDE: Final = (REPO / "docs" / "dispatch.md").read_text("utf-8")
REPORT: Final = {"type": "report_decided", "report": {"category": "blocked_fire_exit", "address": "100"}}


@pytest.fixture
def example() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Address and process of the receiver in the guide."""
    (code,) = re.findall(r"(?s)```python\n(.*?)```", GUIDE)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "HAZARDLENS_WEBHOOK_SECRET": SECRET, "PORT": "0"},
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split()[-1]
        yield f"http://127.0.0.1:{port}/", process
        process.kill()


def _send(url: str, *, secret: str = SECRET, delivery: str = "d1", age: timedelta = timedelta(0)) -> Outcome:
    sender = Sender(PATIENCE_S, allow_private=True, now=lambda: datetime.now(UTC) - age)
    return sender.send(url, secret, delivery, REPORT)


def test_the_example_takes_a_genuine_message_once(example: tuple[str, subprocess.Popen[str]]) -> None:
    url, process = example
    for delivery in ("d1", "d1", "d2"):
        outcome = _send(url, delivery=delivery)
        assert (outcome.status, outcome.answer) == (200, {"status": "accepted"})
    process.kill()
    assert process.stdout is not None
    assert process.stdout.read() == "to do: blocked_fire_exit 100\n" * 2


@pytest.mark.parametrize(
    ("secret", "age"),
    [("whs_of_somebody_else", timedelta(0)), (SECRET, timedelta(minutes=6)), (SECRET, timedelta(minutes=-6))],
    ids=["another secret", "old", "from the future"],
)
def test_the_example_refuses_what_is_not_genuine(
    example: tuple[str, subprocess.Popen[str]], secret: str, age: timedelta
) -> None:
    assert _send(example[0], secret=secret, age=age).status == 401


def test_the_guide_names_each_state() -> None:
    for state in ("dead", "withdrawn", "forwarded", "resolved"):
        assert f"`{state}`" in GUIDE
