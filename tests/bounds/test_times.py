"""Each bound that is a time or a count of tries, reached through HTTP by a clock that is moved past it."""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import pytest
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from hazardlens.serve.access import passwords
from hazardlens.serve.access.roles import Role
from hazardlens.serve.erasure.due import Limits
from hazardlens.serve.erasure.purging import Purge
from hazardlens.serve.reports.sweeping import Sweeper
from hazardlens.serve.store.tables import idempotency_keys
from support.accounts import CHEAP_HASH, CHEAP_HASHER, session_headers
from support.dispatch import LATER, ROUTE, add_decided, enqueue
from support.intake import Clock, photo_of, send, sent, services_behind
from support.live import live_server
from support.people import authenticate_by_header, headers_of
from support.receiver import Answer, receiver
from support.serving import PATIENCE_S, GatedDetector, problem_of, serving, wait_until

HERE: Final = {"latitude": 31.2304, "longitude": 121.4737}
ADMIN: Final = headers_of("admin", Role.ADMINISTRATOR)
JPEG: Final = {"Content-Type": "image/jpeg"}
HOTLINE: Final = headers_of("hotline")
NEW: Final = "quite another horse battery"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", CHEAP_HASHER)
    monkeypatch.setattr(passwords, "NOBODY", CHEAP_HASH)


def links_of(report: dict[str, Any]) -> int:
    return len(report["duplicates"])


@pytest.mark.parametrize(("hours", "linked"), [(1.9, 1), (2.1, 0)])
def test_duplicate_window_h(clock: Clock, hours: float, linked: int) -> None:
    with serving(authenticate=authenticate_by_header, now=clock, duplicate_window_h=2) as client:
        sent(client, photo_of(1), headers=HOTLINE, **HERE)
        clock.move(hours=hours)
        assert links_of(sent(client, photo_of(1, quality=60), headers=HOTLINE, **HERE)) == linked


@pytest.mark.parametrize(("latitude", "linked"), [(31.2311, 1), (31.2324, 0)])
def test_duplicate_distance_m(latitude: float, linked: int) -> None:
    """78 metres away, and 222."""
    with serving(authenticate=authenticate_by_header, duplicate_distance_m=100) as client:
        sent(client, photo_of(1), headers=HOTLINE, **HERE)
        assert (
            links_of(sent(client, photo_of(1, quality=60), headers=HOTLINE, **{**HERE, "latitude": latitude})) == linked
        )


@pytest.mark.parametrize(("bits", "linked"), [(64, 1), (0, 0)])
def test_duplicate_hash_bits(bits: int, linked: int) -> None:
    """Two pictures that have nothing in common are alike where 64 of 64 bits may differ, and only there."""
    with serving(authenticate=authenticate_by_header, duplicate_hash_bits=bits) as client:
        sent(client, photo_of(1), headers=HOTLINE, **HERE)
        assert links_of(sent(client, photo_of(2), headers=HOTLINE, **HERE)) == linked


@pytest.mark.parametrize(("bits", "linked"), [(1, 1), (0, 0)])
def test_duplicate_placeless_hash_bits(bits: int, linked: int) -> None:
    """The looks of this picture and of a rougher copy differ in one bit."""
    with serving(authenticate=authenticate_by_header, duplicate_placeless_hash_bits=bits) as client:
        sent(client, photo_of(3), headers=HOTLINE)
        assert links_of(sent(client, photo_of(3, quality=60), headers=HOTLINE)) == linked


@pytest.mark.parametrize(("password", "status"), [("seventeen letters", 201), ("sixteen letters.", 422)])
@pytest.mark.usefixtures("cheap_passwords")
def test_password_min_chars(password: str, status: int) -> None:
    with serving(password_min_chars=17) as client:
        admin = session_headers(client, "admin", Role.ADMINISTRATOR)
        made = client.post("/v1/accounts", json={"name": "li", "role": "reviewer"}, headers=admin)
        token = made.json()["link"]["url"].rsplit("token=", 1)[1]
        answer = client.post("/v1/setup", json={"token": token, "password": password})
        assert answer.status_code == status, answer.text


def test_orphan_grace_h() -> None:
    """By the purge that the server and `hazardlens admin purge` run: a file that no report names is three hours old."""
    with serving() as client:
        services = services_behind(client)
        name = services.blobs.put(b"a crash came between this and its row")
        written = datetime.now(UTC) - timedelta(hours=3)
        os.utime(services.settings.media_path / name[:2] / name, (written.timestamp(),) * 2)
        for hours, orphans in ((4, 0), (2, 1)):
            settings = services.settings.model_copy(update={"orphan_grace_h": hours})
            purge = Purge(services.store, services.blobs, settings, Limits(), datetime.now(UTC))
            assert purge.look().orphans == orphans


def test_shutdown_grace_s() -> None:
    """A request that never ends holds a stop up for a while, and is then cut off."""
    gated = GatedDetector()
    with ThreadPoolExecutor(2) as threads, contextlib.ExitStack() as server:
        address = server.enter_context(live_server(gated, shutdown_grace_s=1))
        asked = threads.submit(httpx2.post, f"{address}/v1/classify", content=photo_of(1), headers=JPEG, timeout=60)
        assert gated.entered.acquire(timeout=PATIENCE_S)
        stopping = threads.submit(server.close)
        try:
            failure = asked.exception(timeout=PATIENCE_S)
            assert isinstance(failure, httpx2.HTTPError) or asked.result().status_code >= 500
            assert not gated.gate.is_set()
        finally:
            gated.gate.set()
        stopping.result(timeout=PATIENCE_S)


@pytest.mark.parametrize(("hours", "status"), [(2.9, 201), (3.1, 410)])
@pytest.mark.usefixtures("cheap_passwords")
def test_one_time_link_h(clock: Clock, hours: float, status: int) -> None:
    with serving(now=clock, one_time_link_h=3) as client:
        admin = session_headers(client, "admin", Role.ADMINISTRATOR)
        made = client.post("/v1/accounts", json={"name": "li", "role": "reviewer"}, headers=admin)
        token = made.json()["link"]["url"].rsplit("token=", 1)[1]
        clock.move(hours=hours)
        answer = client.post("/v1/setup", json={"token": token, "password": NEW})
        assert answer.status_code == status, answer.text


def test_idempotency_in_flight_s(clock: Clock) -> None:
    """A server that died in the middle leaves a key behind that no report has; after a while another one takes over."""
    with serving(authenticate=authenticate_by_header, now=clock, idempotency_in_flight_s=30) as client:
        first = sent(client, photo_of(1), key="k1")
        with services_behind(client).store.write() as connection:
            connection.execute(update(idempotency_keys).values(report_id=None))
        clock.move(seconds=29)
        problem_of(send(client, photo_of(1), key="k1"), 409, "idempotency_in_flight")
        clock.move(seconds=2)
        assert sent(client, photo_of(1), key="k1")["id"] != first["id"]


def test_idempotency_keep_h(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is swept away is swept by the server itself, in one of its rounds."""
    rounds, purge = list[datetime](), Sweeper._purge

    def noted(self: Sweeper) -> None:
        begun = clock()
        purge(self)
        rounds.append(begun)

    monkeypatch.setattr(Sweeper, "_purge", noted)
    settings: dict[str, Any] = {"idempotency_keep_h": 5, "sweep_interval_s": 0.05}
    with serving(authenticate=authenticate_by_header, now=clock, **settings) as client:
        first = sent(client, photo_of(1), key="k1")
        clock.move(hours=4.9)
        wait_until(lambda: clock.now in rounds)
        assert sent(client, photo_of(1), key="k1")["id"] == first["id"]
        clock.move(hours=0.2)
        wait_until(lambda: not _keys(client))
        assert sent(client, photo_of(1), key="k1")["id"] != first["id"]


def _keys(client: TestClient) -> int:
    with services_behind(client).store.read() as connection:
        return connection.scalar(select(func.count()).select_from(idempotency_keys)) or 0


def test_webhook_max_attempts_and_webhook_timeout_s(clock: Clock) -> None:
    """A receiver that never finishes its answer costs one attempt of so many seconds, and of those there are two."""
    settings: dict[str, Any] = {"webhook_timeout_s": 0.3, "webhook_max_attempts": 2, "webhook_allow_private": True}
    with (
        receiver(lambda _: Answer(raw=b"HTTP/1.1 200 OK\r\n")) as server,
        serving(authenticate=authenticate_by_header, now=clock, **settings) as client,
    ):
        store = services_behind(client).store
        clock.now = LATER
        body = {"version": 0, "url": server.url, "enabled": True}
        assert client.put(f"/v1/dispatch/targets/{ROUTE}", json=body, headers=ADMIN).status_code == 200
        enqueue(store, add_decided(store))
        wait_until(lambda: _delivery(client)["last_error"] is not None)
        assert _delivery(client)["attempts"] == 1
        assert _delivery(client)["state"] == "waiting"
        clock.now += timedelta(days=1)
        wait_until(lambda: _delivery(client)["state"] == "dead")
        assert _delivery(client)["attempts"] == 2


def _delivery(client: TestClient) -> dict[str, Any]:
    (delivery,) = client.get("/v1/dispatch/deliveries", headers=headers_of("li")).json()["deliveries"]
    found: dict[str, Any] = delivery
    return found
