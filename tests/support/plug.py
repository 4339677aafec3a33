"""A real server that is killed at any moment, clients that remember what it acknowledged, and the reckoning after."""

import contextlib
import hashlib
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2

from support.command_line import command

PASSWORD: Final = "correct horse battery staple"  # noqa: S105 - of a database that lives as long as one test
_WAIT_S: Final = 60.0
_CUT_OFF: Final = (httpx2.TransportError, httpx2.HTTPStatusError)


@dataclass
class Ledger:
    """What was sent and what was acknowledged.

    Attributes:
        sent: Idempotency-Key -> the photo's bytes.
        acknowledged: Idempotency-Key -> the report's id, for answers that arrived.
        decided: the report's id -> its verdict, for reviews whose answers arrived.
        undecided: reports whose review was sent and never answered: they may be decided or not.
    """

    sent: dict[str, bytes] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)
    undecided: set[str] = field(default_factory=set)


class Plug:
    """A server on a data folder of its own, which can be pulled and put back."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"
        self._environ = {"HAZARDLENS_DATA_PATH": str(folder), "HAZARDLENS_PORT": str(port), "PATH": "/usr/bin:/bin"}
        self._process: subprocess.Popen[bytes] | None = None

    def admin(self, *args: str, stdin: str = "") -> str:
        """Run `hazardlens admin ...` on the server's data."""
        done = subprocess.run(
            command("admin", *args), env=self._environ, input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command("serve"), env=self._environ, stdout=log, stderr=log)
        deadline = time.monotonic() + _WAIT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(f"{self.address}/readyz").status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text()[-2000:])

    def pull(self) -> None:
        """Kill the server, which gets no chance to tidy up."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def reviewer_of(plug: Plug) -> Iterator[httpx2.Client]:
    """A signed-in reviewer."""
    with httpx2.Client(base_url=plug.address, timeout=30) as client:
        client.post("/v1/session", json={"name": "li", "password": PASSWORD}).raise_for_status()
        client.headers["X-CSRF-Token"] = client.get("/v1/session").raise_for_status().json()["csrf_token"]
        yield client


def send_report(plug: Plug, ledger: Ledger, key: str) -> None:
    """Send the report of a key, for the first time or again, and remember an answer."""
    with httpx2.Client(base_url=plug.address, timeout=30) as client:
        answer = client.post(
            "/v1/reports",
            files={"file": (f"{key}.jpg", ledger.sent[key], "image/jpeg")},
            data={"text": key, "external_id": key},
            headers={"Idempotency-Key": key},
        ).raise_for_status()
    ledger.acknowledged[key] = answer.json()["id"]


def _report_until_cut_off(plug: Plug, ledger: Ledger, name: str, draw: Callable[[], bytes]) -> None:
    with contextlib.suppress(*_CUT_OFF):
        for n in range(1_000):
            key = f"{name}-{n}"
            ledger.sent[key] = draw()
            send_report(plug, ledger, key)


def _review_until_cut_off(plug: Plug, ledger: Ledger, dice: random.Random) -> None:
    with contextlib.suppress(*_CUT_OFF), reviewer_of(plug) as client:
        while True:
            waiting = client.get("/v1/queue", params={"state": "open", "limit": 5}).raise_for_status().json()["reports"]
            for report in waiting:
                _review(client, ledger, report, dice)
            if not waiting:
                time.sleep(0.01)


def _review(client: httpx2.Client, ledger: Ledger, report: dict[str, Any], dice: random.Random) -> None:
    path = f"/v1/reports/{report['id']}"
    claimed = client.post(f"{path}/claim", json={"version": report["version"]}).raise_for_status().json()
    verdict = dice.choice(["correct", "reject", "cannot_tell"])
    category = "not_a_hazard" if verdict == "reject" else "damaged_wall"
    body = {
        "version": claimed["version"],
        "verdict": verdict,
        "category": category,
        "urgency": "none" if verdict == "reject" else "urgent",
        "reason": "other",
    }
    ledger.undecided.add(report["id"])
    client.post(f"{path}/review", json=body).raise_for_status()
    ledger.undecided.discard(report["id"])
    ledger.decided[report["id"]] = verdict


def run_until_pulled(plug: Plug, ledger: Ledger, *, moment: int, photo: bytes, dice: random.Random) -> None:
    """Let two reporters and a reviewer work, and pull the plug after a random while."""

    def draw() -> bytes:
        return photo + dice.randbytes(16)  # what follows the end of a JPEG is no part of the picture, but of the file

    workers = [
        threading.Thread(target=_report_until_cut_off, args=(plug, ledger, f"m{moment}-{name}", draw))
        for name in ("a", "b")
    ]
    workers.append(threading.Thread(target=_review_until_cut_off, args=(plug, ledger, dice)))
    for worker in workers:
        worker.start()
    time.sleep(dice.uniform(0.02, 1.5))
    plug.pull()
    for worker in workers:
        worker.join()


def reckon(plug: Plug, ledger: Ledger) -> None:
    """See that all that was acknowledged is there, once; then send again what was not, and see that it is there once.

    Raises:
        AssertionError: something is missing, doubled or changed.
    """
    for key in sorted(set(ledger.sent) - set(ledger.acknowledged)):
        send_report(plug, ledger, key)
    with reviewer_of(plug) as client:
        for key, report_id in ledger.acknowledged.items():
            report = client.get(f"/v1/reports/{report_id}").raise_for_status().json()
            assert report["external_id"] == key
            original = client.get(f"/v1/reports/{report_id}/media/0", params={"form": "original"}).raise_for_status()
            assert hashlib.sha256(original.content).digest() == hashlib.sha256(ledger.sent[key]).digest()
        for report_id, verdict in ledger.decided.items():
            report = client.get(f"/v1/reports/{report_id}").raise_for_status().json()
            events = client.get(f"/v1/reports/{report_id}/history").raise_for_status().json()["events"]
            assert report["verdict"] == verdict
            assert [event["action"] for event in events].count(verdict) == 1
    with contextlib.closing(sqlite3.connect(plug.folder / "hazardlens.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        keys = [row[0] for row in database.execute("SELECT external_id FROM reports")]
        assert sorted(keys) == sorted(ledger.sent)
        reviews = dict(database.execute("SELECT report_id, count(*) FROM reviews GROUP BY report_id").fetchall())
    assert set(reviews) - ledger.undecided == set(ledger.decided)
    assert set(reviews.values()) <= {1}
