"""Clients that remember what a server acknowledged while it had a fault, and the reckoning after."""

import contextlib
import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self

import httpx2
from sqlalchemy import func, select, text

from hazardlens.serve.store.tables import reports, reviews
from support.plug import WAIT_S, Plug, signed_in

_CUT_OFF: Final = (httpx2.TransportError, httpx2.HTTPStatusError)


@dataclass
class Ledger:
    """What was sent and what was acknowledged.

    Attributes:
        sent: Idempotency-Key -> the photo's bytes.
        acknowledged: Idempotency-Key -> the report's id, for answers that arrived.
        decided: the report's id -> its verdict, for reviews whose answers arrived.
        undecided: reports whose review was sent and never answered: they may be decided or not.
        refused: (status, code) -> how often reports were answered so.
        impolite: 503 without a word of when to come back.
        seen: keys and ids that a reckoning has found as they were acknowledged.
    """

    sent: dict[str, bytes] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)
    undecided: set[str] = field(default_factory=set)
    refused: Counter[tuple[int, str]] = field(default_factory=Counter)
    impolite: int = 0
    seen: set[str] = field(default_factory=set)


def send_report(plug: Plug, ledger: Ledger, key: str) -> None:
    """Send the report of a key, for the first time or again, and remember an answer."""
    with httpx2.Client(base_url=plug.address, timeout=WAIT_S) as client:
        answer = client.post(
            "/v1/reports",
            files={"file": (f"{key}.jpg", ledger.sent[key], "image/jpeg")},
            data={"text": key, "external_id": key},
            headers={"Idempotency-Key": key},
        )
    if answer.status_code != 201:
        ledger.refused[answer.status_code, answer.json()["code"]] += 1
        ledger.impolite += answer.status_code == 503 and "retry-after" not in answer.headers
    ledger.acknowledged[key] = answer.raise_for_status().json()["id"]


def insist(plug: Plug, ledger: Ledger) -> None:
    """Send again what was not acknowledged, until it is."""
    for key in sorted(set(ledger.sent) - set(ledger.acknowledged)):
        deadline = time.monotonic() + WAIT_S
        while key not in ledger.acknowledged:
            assert time.monotonic() < deadline, ledger.refused
            with contextlib.suppress(*_CUT_OFF):
                send_report(plug, ledger, key)


class Senders:
    """People who send one report after the other while the block runs, whatever comes back."""

    def __init__(self, plug: Plug, ledger: Ledger, draw: Callable[[], bytes], *, people: int = 2) -> None:
        self._plug, self._ledger, self._draw = plug, ledger, draw
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(f"s{n}",)) for n in range(people)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count: int = 3) -> None:
        """Return when so many more reports were acknowledged."""
        enough = len(self._ledger.acknowledged) + count
        self._plug.wait_for(lambda: len(self._ledger.acknowledged) >= enough)

    def wait_for_refusal(self, *codes: str) -> None:
        """Return when somebody was answered 503 with one of these codes."""
        self._plug.wait_for(lambda: any(self._ledger.refused[503, code] for code in codes))

    def _send(self, name: str) -> None:
        n = 0
        while not self._over.wait(0.02):
            key, n = f"{name}-{n}", n + 1
            self._ledger.sent[key] = self._draw()
            with contextlib.suppress(*_CUT_OFF):
                send_report(self._plug, self._ledger, key)


def _report_until_cut_off(plug: Plug, ledger: Ledger, name: str, draw: Callable[[], bytes]) -> None:
    with contextlib.suppress(*_CUT_OFF):
        for n in range(1_000):
            key = f"{name}-{n}"
            ledger.sent[key] = draw()
            send_report(plug, ledger, key)


def _review_until_cut_off(plug: Plug, ledger: Ledger, dice: random.Random) -> None:
    with contextlib.suppress(*_CUT_OFF), signed_in(plug) as client:
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


def reckon(plug: Plug, ledger: Ledger, *, again: bool = True) -> None:
    """See that all that was acknowledged is there, once; then send again what was not, and see that it is there once.

    Args:
        plug: the server, running.
        ledger: what it acknowledged.
        again: look once more at the photos and histories that an earlier reckoning has seen; rows are counted anyway.

    Raises:
        AssertionError: something is missing, doubled or changed.
    """
    insist(plug, ledger)
    with signed_in(plug) as client:
        for key, report_id in ledger.acknowledged.items():
            if key in ledger.seen and not again:
                continue
            report = client.get(f"/v1/reports/{report_id}").raise_for_status().json()
            assert report["external_id"] == key
            original = client.get(f"/v1/reports/{report_id}/media/0", params={"form": "original"}).raise_for_status()
            assert hashlib.sha256(original.content).digest() == hashlib.sha256(ledger.sent[key]).digest()
        for report_id, verdict in ledger.decided.items():
            if report_id in ledger.seen and not again:
                continue
            report = client.get(f"/v1/reports/{report_id}").raise_for_status().json()
            events = client.get(f"/v1/reports/{report_id}/history").raise_for_status().json()["events"]
            assert report["verdict"] == verdict
            assert [event["action"] for event in events].count(verdict) == 1
    ledger.seen |= set(ledger.acknowledged) | set(ledger.decided)
    with contextlib.closing(plug.store()) as store, store.read() as connection:
        if store.is_sqlite:
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert sorted(connection.scalars(select(reports.c.external_id))) == sorted(ledger.sent)
        counted = select(reviews.c.report_id, func.count().label("n")).group_by(reviews.c.report_id)
        decided = {row.report_id: row.n for row in connection.execute(counted)}
    assert set(decided) - ledger.undecided == set(ledger.decided)
    assert set(decided.values()) <= {1}
