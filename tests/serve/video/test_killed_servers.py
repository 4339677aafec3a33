"""A server that is killed in the middle of a clip: the next one does the work, and it is done once."""

from pathlib import Path
from typing import Any, Final

import httpx2
import psutil
import pytest
from sqlalchemy import select

from hazardlens.serve.reports.clip_rows import TASK
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_events
from hazardlens.serve.work.choosing import queue_of
from support.footage import footage, heap_from
from support.serving import PATIENCE_S, server_process, wait_until
from support.slow_model import WAITING_MODEL
from support.tiny_bundle import make_tiny_bundle

SERVE: Final = (
    WAITING_MODEL
    + """
import sys
from datetime import timedelta
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
from hazardlens.serve.work.worker import Worker
Worker.__init__.__kwdefaults__["lease"] = timedelta(seconds=3)
sys.exit(run(load_settings()))
"""
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny").path


@pytest.fixture
def environ(store_url: str, tmp_path: Path, bundle: Path) -> dict[str, str]:
    return {
        "HAZARDLENS_BUNDLE_PATH": str(bundle),
        "HAZARDLENS_DATABASE_URL": store_url,
        "HAZARDLENS_SWEEP_INTERVAL_S": "1",
        "GATE": str(tmp_path / "gate"),
    }


def told(address: str, report_id: str) -> dict[str, Any]:
    path = f"{address}/v1/reports/{report_id}/work"
    answer = httpx2.get(path, headers={"Idempotency-Key": "k1"}, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def has_worked(address: str, report_id: str, state: str) -> bool:
    return bool(told(address, report_id)["work"]["state"] == state)


def is_ready(address: str) -> bool:
    return httpx2.get(f"{address}/readyz", timeout=PATIENCE_S).status_code == 200


@pytest.mark.slow
def test_what_a_killed_server_was_working_on_is_done_by_the_next_one_and_once(
    environ: dict[str, str], store_url: str, tmp_path: Path
) -> None:
    """Costs 30 s: two real servers, a real clip in a real decoder, and a real kill."""
    gate = Path(environ["GATE"])
    gate.touch()
    with server_process(tmp_path, SERVE, environ) as server:
        wait_until(lambda: is_ready(server.address))
        gate.unlink()
        sent = httpx2.post(
            f"{server.address}/v1/reports",
            files={"file": ("yard.mp4", footage(4, heap_from(1, 3)))},
            headers={"Idempotency-Key": "k1"},
            timeout=PATIENCE_S,
        )
        assert sent.status_code == 201, sent.text
        report_id = sent.json()["id"]
        wait_until(lambda: has_worked(server.address, report_id, "running"))
        process = psutil.Process(server.process.pid)
        wait_until(lambda: bool(process.children(recursive=True)))
        decoders = process.children(recursive=True)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(one.is_running() for one in decoders))
    gate.touch()
    with server_process(tmp_path, SERVE, environ) as server:
        wait_until(lambda: has_worked(server.address, report_id, "done"))
        report = told(server.address, report_id)
        assert server.stop() == 0
    assert report["state"] == "prefilled"
    frames = [one for one in report["media"] if one["kind"] == "frame"]
    assert [one["n"] for one in report["media"]] == list(range(len(report["media"])))
    assert len({one["time_s"] for one in frames}) == len(frames) > 0
    store = Store(store_url)
    with store.read() as connection:
        actions = connection.scalars(select(report_events.c.action).order_by(report_events.c.seq)).all()
        assert actions == ["receive", "prefill"]
        assert not queue_of(connection).has(connection, TASK, report_id)
    store.close()
