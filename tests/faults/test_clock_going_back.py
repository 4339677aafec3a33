"""The clock goes back an hour under a running server: what people hold, sent and decided stays as it was."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from support.dispatch import set_target
from support.plug import MakePlug, Plug, signed_in
from support.receiver import Answer, Received, receiver
from support.reckoning import Ledger, insist, send_report
from support.serving import PATIENCE_S

SERVE: Final = """
import os, sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from hazardlens.serve import server
from hazardlens.serve.settings import load_settings

ahead = Path(os.environ["TEST_HOURS_AHEAD"])
now = lambda: datetime.now(UTC) + timedelta(hours=float(ahead.read_text()))
server.create_app = partial(server.create_app, now=now)
sys.exit(server.run(load_settings()))
"""


def _claim(client: httpx2.Client, report_id: str) -> httpx2.Response:
    version = client.get(f"/v1/reports/{report_id}").raise_for_status().json()["version"]
    return client.post(f"/v1/reports/{report_id}/claim", json={"version": version})


def _decide(client: httpx2.Client, report_id: str) -> httpx2.Response:
    version = client.get(f"/v1/reports/{report_id}").raise_for_status().json()["version"]
    told = {"category": "stacked_clutter", "urgency": "urgent", "reason": "other"}
    return client.post(f"/v1/reports/{report_id}/review", json={"version": version, "verdict": "correct", **told})


def _queue(client: httpx2.Client) -> list[str]:
    """Ids of the whole queue, two at a time."""
    found: list[str] = []
    after: dict[str, Any] = {}
    while True:
        page = client.get("/v1/queue", params={"state": "open", "limit": 2, **after}).raise_for_status().json()
        found += [report["id"] for report in page["reports"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.fixture
def ahead(tmp_path: Path) -> Path:
    """A file with the hours by which the server's clock is ahead."""
    file = tmp_path / "ahead"
    file.write_text("1")
    return file


@pytest.fixture
def clocked(make_plug: MakePlug, ahead: Path) -> Plug:
    """A server whose clock is ahead, and two reviewers."""
    environment = {
        "TEST_HOURS_AHEAD": str(ahead),
        "HAZARDLENS_WEBHOOK_ALLOW_PRIVATE": "true",
        "HAZARDLENS_SECOND_REVIEW_SHARE": "0",  # else a decided report may be drawn to be looked at again
    }
    plug = make_plug(environment, script=SERVE)
    for name in ("li", "wang"):
        plug.add_account(name)
    return plug


@pytest.mark.slow
def test_an_hour_back_changes_nothing_for_anybody(clocked: Plug, ahead: Path, draw: Callable[[], bytes]) -> None:
    """10 s: a server, two reviewers and a receiver."""
    gate, ledger = threading.Event(), Ledger()

    def answer(_: Received) -> Answer:
        assert gate.wait(PATIENCE_S)
        return Answer()

    with receiver(answer) as told:
        store = clocked.store()
        store.migrate()
        set_target(store, told.url, route="property_manager")
        clocked.start()
        ledger.sent |= {f"before-{n}": draw() for n in range(5)}
        insist(clocked, ledger)
        held, first, second, *_ = ids = list(ledger.acknowledged.values())
        with signed_in(clocked, "li") as li, signed_in(clocked, "wang") as wang:
            for report_id in (first, second):
                _claim(li, report_id).raise_for_status()
                _decide(li, report_id).raise_for_status()
            _claim(li, held).raise_for_status()
            clocked.wait_for(lambda: len(told.received) == 1)  # the other one waits for this one's end

            ahead.write_text("0")
            gate.set()

            clocked.wait_for(lambda: len(told.received) == 2)
            assert clocked.readyz()[0] == 200
            for key, report_id in list(ledger.acknowledged.items()):  # the same keys give the same reports
                send_report(clocked, ledger, key)
                assert ledger.acknowledged[key] == report_id
            ledger.sent |= {f"after-{n}": draw() for n in range(5)}
            insist(clocked, ledger)
            new = set(ledger.acknowledged.values()) - set(ids)

            assert _claim(wang, held).status_code == 409
            assert sorted(_queue(wang)) == sorted({*ids[3:], *new})
            assert _queue(wang) == _queue(wang)
            _decide(li, held).raise_for_status()
            clocked.wait_for(lambda: len(told.received) == 3)
            events = li.get(f"/v1/reports/{held}/history").raise_for_status().json()["events"]
            assert [event["action"] for event in events[:4]] == ["receive", "prefill", "claim", "correct"]
            assert sorted(_queue(li)) == sorted({*ids[3:], *new})
        store.close()
        assert len({request.headers["X-Hazardlens-Delivery"] for request in told.received}) == 3
        clocked.pull()
