from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from hazardlens.model.detections import Detections
from hazardlens.serve.reports import intake
from hazardlens.serve.reports.errors import IdempotencyInFlightError
from hazardlens.serve.reports.idempotency import Claim, claim_key, finish_key
from hazardlens.serve.reports.sweeping import Sweeper
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.tables import idempotency_keys, reports
from support import pictures
from support.intake import REPORTS, Clock, photo_of, send, services_behind
from support.people import authenticate_by_header, headers_of
from support.serving import GatedDetector, problem_of, serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[TestClient]:
    with serving(authenticate=authenticate_by_header, now=clock) as client:
        yield client


def count(client: TestClient, table: Any = reports) -> int:  # noqa: ANN401 - any table
    with services_behind(client).store.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def client_of_each_database(store_url: str) -> Iterator[TestClient]:
    with serving(authenticate=authenticate_by_header, database_url=store_url) as client:
        yield client


def test_the_same_key_and_body_get_the_same_report(client_of_each_database: TestClient) -> None:
    client = client_of_each_database
    first, second = (send(client, photo_of(1), key="k1", text="井盖", latitude=31, longitude=121) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"] == f"{REPORTS}/{first.json()['id']}"
    assert "idempotent-replay" not in first.headers
    assert second.headers["idempotent-replay"] == "true"
    assert count(client) == 1


def test_a_crowd_with_one_key_makes_one_report(store_url: str) -> None:
    with (
        serving(authenticate=authenticate_by_header, database_url=store_url, inference_threads=4) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        answers = list(pool.map(lambda _: send(client, photo_of(1), key="k1"), range(16)))
        assert count(client) == 1
        report = send(client, photo_of(1), key="k1").json()
    assert {answer.status_code for answer in answers} <= {201, 409}
    stored = [answer for answer in answers if answer.status_code == 201]
    assert {answer.json()["id"] for answer in stored} == {report["id"]}
    assert len([answer for answer in stored if "idempotent-replay" not in answer.headers]) == 1


@pytest.mark.parametrize(
    ("photos", "fields"),
    [
        pytest.param((photo_of(2),), {"text": "a"}, id="another photo"),
        pytest.param((photo_of(1), photo_of(2)), {"text": "a"}, id="one more photo"),
        pytest.param((photo_of(1),), {"text": "b"}, id="other words"),
        pytest.param((photo_of(1),), {"text": "a", "address": "b"}, id="one more field"),
    ],
)
def test_the_same_key_with_another_body_is_refused(
    client: TestClient, photos: tuple[bytes, ...], fields: dict[str, Any]
) -> None:
    send(client, photo_of(1), key="k1", text="a")
    problem_of(send(client, *photos, key="k1", **fields), 422, "idempotency_mismatch")
    assert count(client) == 1


def test_the_same_body_may_come_in_another_form(client: TestClient) -> None:
    first = send(client, photo_of(1), key="k1", text="a", latitude="31.50", longitude="121")
    second = client.post(
        REPORTS,
        content=photo_of(1),
        headers={"Content-Type": "image/jpeg", "Idempotency-Key": "k1"},
        params={"text": "a", "latitude": "31.5", "longitude": "121.0", "name": "other.jpg"},
    )
    assert second.headers["idempotent-replay"] == "true"
    assert second.json() == first.json()


def test_a_key_belongs_to_its_sender(client: TestClient) -> None:
    answers = [send(client, key="k1", headers=headers_of(name)) for name in ("li", "wang")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


@pytest.mark.parametrize("key", ["", " ", "two words", "k" * 201])
def test_a_key_that_cannot_be_is_refused(client: TestClient, key: str) -> None:
    assert "Idempotency-Key" in problem_of(send(client, key=key), 422, "field_invalid").detail


def test_a_refused_report_leaves_its_key_free(client: TestClient) -> None:
    problem_of(send(client, pictures.jpeg()[:100], key="k1"), 422, "image_broken")
    assert count(client, idempotency_keys) == 0
    assert send(client, photo_of(1), key="k1").status_code == 201


def test_one_in_flight_is_told_so() -> None:
    detector = GatedDetector()
    with (
        serving(detector, authenticate=authenticate_by_header, inference_threads=2) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(send, client, photo_of(1), key="k1")
        detector.entered.acquire()
        try:
            problem_of(send(client, photo_of(1), key="k1"), 409, "idempotency_in_flight")
            problem_of(send(client, photo_of(2), key="k1"), 422, "idempotency_mismatch")
        finally:
            detector.gate.set()
        assert first.result().status_code == 201
        assert send(client, photo_of(1), key="k1").json() == first.result().json()


def leave_behind(client: TestClient, clock: Clock, key: str) -> Claim:
    """What a crash leaves: a key that nobody will finish."""
    answer = send(client, photo_of(1), key=f"model of {key}".replace(" ", "-"))
    services = services_behind(client)
    claim = Claim("anonymous", key, clock())
    with services.store.write() as connection:
        digest = connection.scalar(select(idempotency_keys.c.body_sha256).limit(1))
        assert digest is not None
        assert claim_key(connection, claim, digest, in_flight_s=60) is None
    assert answer.status_code == 201
    return claim


def test_a_dead_request_s_key_can_be_used_again(client: TestClient, clock: Clock) -> None:
    claim = leave_behind(client, clock, "k1")
    clock.move(seconds=60)
    problem_of(send(client, photo_of(1), key="k1"), 409, "idempotency_in_flight")
    clock.move(seconds=1)
    answer = send(client, photo_of(1), key="k1")
    assert answer.status_code == 201
    assert count(client) == 2
    with (
        pytest.raises(IdempotencyInFlightError),
        services_behind(client).store.write() as connection,
    ):
        finish_key(connection, claim, "late")  # the dead one was only slow: it must not store a second report


def test_a_clock_that_was_ahead_leaves_no_key_taken(client: TestClient, clock: Clock) -> None:
    clock.move(hours=24)
    leave_behind(client, clock, "k1")
    clock.move(hours=-24)
    assert send(client, photo_of(1), key="k1").status_code == 201


def test_a_request_that_was_taken_over_stores_nothing(clock: Clock) -> None:
    meanwhile: list[Response] = []
    waiting = iter([True])

    class Stalling(GatedDetector):
        def detect(self, photos: Any) -> list[Detections]:  # noqa: ANN401 - as the detector's
            if next(waiting, False):  # only the first one stalls, and the other is answered meanwhile
                clock.move(seconds=61)
                meanwhile.append(send(started, photo_of(1), key="k1"))
            return self._inner.detect(photos)

    with serving(Stalling(), authenticate=authenticate_by_header, now=clock, inference_threads=2) as started:
        problem_of(send(started, photo_of(1), key="k1"), 409, "idempotency_in_flight")
        assert meanwhile[0].status_code == 201
        assert count(started) == 1


def test_old_keys_are_forgotten(client: TestClient, clock: Clock) -> None:
    send(client, photo_of(1), key="old")
    clock.move(hours=71)
    send(client, photo_of(1), key="new")
    clock.move(hours=1.5)
    Sweeper(services_behind(client))._purge()
    with services_behind(client).store.read() as connection:
        assert connection.scalars(select(idempotency_keys.c.key)).all() == ["new"]
    assert count(client) == 2


def test_a_server_that_starts_takes_the_keys_of_the_dead(client: TestClient, clock: Clock) -> None:
    leave_behind(client, clock, "k1")
    clock.move(seconds=1)
    sweeper = Sweeper(services_behind(client))
    live = leave_behind(client, clock, "k2")  # by a request that came before the sweeper's first round
    sweeper._start()
    assert send(client, photo_of(1), key="k1").status_code == 201
    with services_behind(client).store.write() as connection:
        finish_key(connection, live, "fine")


def test_a_store_that_fails_leaves_the_key_free(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailableError("gone")

    monkeypatch.setattr(intake, "insert_report", fail)
    problem_of(send(client, photo_of(1), key="k1"), 503, "store_unavailable")
    monkeypatch.undo()
    assert send(client, photo_of(1), key="k1").status_code == 201
    assert count(client) == 1
