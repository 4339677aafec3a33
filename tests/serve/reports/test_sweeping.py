import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from hazardlens.model.errors import InferenceError
from hazardlens.serve.access.roles import Role
from hazardlens.serve.errors import OverloadedError
from hazardlens.serve.reports import sweeping
from hazardlens.serve.reports.changes import move_report, write_change
from hazardlens.serve.reports.sweeping import Sweeper, _release_if_expired, release_expired_claims
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.tables import reports
from support.intake import REPORTS, Clock, photo_of, sent, services_behind
from support.painted import paint_detector, painted
from support.people import authenticate_by_header, headers_of, person
from support.pictures import saved
from support.serving import serving, wait_until

LI: Final = headers_of("li")
WANG: Final = person("wang", Role.REVIEWER)
HEAP: Final = saved(painted(400, 300, stacked_clutter=(60, 120, 260, 270)), "PNG")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[TestClient]:
    """Sweeps once, when it starts; tests sweep by hand."""
    with serving(paint_detector(), authenticate=authenticate_by_header, now=clock, sweep_interval_s=86_400) as client:
        yield client


def unseen(client: TestClient, *photos: bytes, **fields: Any) -> str:  # noqa: ANN401 - see `send`
    """A report that came while there was no model."""
    slot = services_behind(client).slot
    state, slot._state = slot._state, None
    try:
        report_id: str = sent(client, *photos, **fields)["id"]
    finally:
        slot._state = state
    return report_id


def get_state(client: TestClient, report_id: str) -> str:
    with services_behind(client).store.read() as connection:
        return str(connection.scalar(select(reports.c.state).where(reports.c.id == report_id)))


def get(client: TestClient, report_id: str, path: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"{REPORTS}/{report_id}{path}", headers=LI).json()
    return answer


def claim(client: TestClient, report_id: str, clock: Clock, minutes: float = 10) -> None:
    fields: dict[str, Any] = {"claimed_by": WANG.actor, "claimed_until": clock.now + timedelta(minutes=minutes)}
    with services_behind(client).store.write() as connection:
        move_report(connection, report_id, "claim", principal=WANG, now=clock.now, fields=fields)


def sweep(client: TestClient) -> None:
    asyncio.run(Sweeper(services_behind(client)).round())


def test_a_report_without_a_pre_fill_gets_it_later(client: TestClient) -> None:
    late = unseen(client, HEAP, photo_of(1), text="楼道里")
    prompt = sent(client, HEAP, photo_of(1), text="楼道里")
    sweep(client)
    report = get(client, late)
    for name in ("state", "version", "category", "urgency", "confidence", "prefill", "model", "policy", "route"):
        assert report[name] == prompt[name], name
    assert [media["detections"] for media in report["media"]] == [media["detections"] for media in prompt["media"]]
    actions = [event["action"] for event in get(client, late, "/history")["events"]]
    assert actions == ["receive", "prefill"]


def test_the_running_server_does_so_by_itself() -> None:
    with serving(paint_detector(), authenticate=authenticate_by_header, sweep_interval_s=0.01) as client:
        late = unseen(client, HEAP)
        wait_until(lambda: get(client, late)["state"] == "prefilled")


def test_it_rests_only_when_nothing_waits(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    late = [unseen(client, photo_of(seed)) for seed in range(3)]
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        if seconds:
            raise asyncio.CancelledError

    monkeypatch.setattr(sweeping, "_BATCH", 1)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Sweeper(services_behind(client), rest=rest).run())
    assert rests == [0, 0, 0, 86_400]
    assert [get_state(client, one) for one in late] == ["prefilled"] * 3


def test_people_go_first(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    late = unseen(client, HEAP)

    async def refuse(*_: object, **__: object) -> None:
        raise OverloadedError("full")

    monkeypatch.setattr(services_behind(client).pool, "run", refuse)
    assert asyncio.run(Sweeper(services_behind(client)).round()) is False
    monkeypatch.undo()
    assert get_state(client, late) == "received"


def test_without_a_model_it_waits(client: TestClient) -> None:
    late = unseen(client, HEAP)
    slot = services_behind(client).slot
    state, slot._state = slot._state, InferenceError()
    try:
        sweep(client)
        Sweeper(services_behind(client)).prefill(late)
    finally:
        slot._state = state
    assert get(client, late)["state"] == "received"


def test_a_report_that_somebody_took_is_left_alone(client: TestClient, clock: Clock) -> None:
    late = unseen(client, HEAP)
    claim(client, late, clock)
    Sweeper(services_behind(client)).prefill(late)
    assert get(client, late)["state"] == "in_review"


@pytest.mark.parametrize("what", ["a model that fails on it", "a photo that is gone", "a photo that is damaged"])
def test_one_that_cannot_be_seen_holds_up_nobody(
    client: TestClient, clock: Clock, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    bad = unseen(client, photo_of(1), text="bad")
    clock.move(seconds=1)
    good = unseen(client, HEAP)
    services = services_behind(client)
    tried: list[str] = []
    classifier = services.slot.model.classifier
    classify = classifier.classify

    def fail(photos: Any, *, text: str, request_id: str) -> Any:  # noqa: ANN401 - as the classifier's
        tried.append(text)
        if text == "bad":
            raise InferenceError("no")
        return classify(photos, text=text, request_id=request_id)

    sha256 = client.get(get(client, bad)["media"][0]["urls"]["original"], headers=LI).headers["etag"].strip('"')
    if what == "a photo that is gone":
        services.blobs.delete(sha256)
    elif what == "a photo that is damaged":
        assert isinstance(services.blobs, FolderBlobs)
        services.blobs._path(sha256).write_bytes(b"damaged")
    else:
        monkeypatch.setattr(classifier, "classify", fail)
    sweeper = Sweeper(services)
    asyncio.run(sweeper.round())
    asyncio.run(sweeper.round())
    assert get(client, bad)["state"] == "received"
    assert get(client, good)["state"] == "prefilled"
    assert tried.count("bad") == (1 if what == "a model that fails on it" else 0)


def test_claims_that_ran_out_are_released(store_url: str) -> None:
    clock = Clock()
    options: dict[str, Any] = {"database_url": store_url, "sweep_interval_s": 86_400}
    with serving(paint_detector(), authenticate=authenticate_by_header, now=clock, **options) as client:
        seen, late, other = sent(client, HEAP)["id"], unseen(client, HEAP), sent(client, HEAP)["id"]
        claim(client, seen, clock)
        claim(client, late, clock)
        claim(client, other, clock, minutes=30)
        clock.move(minutes=11)
        release_expired_claims(services_behind(client).store, clock.now)
        assert [get(client, one)["state"] for one in (seen, late, other)] == ["prefilled", "received", "in_review"]
        assert get(client, seen)["claim"] is None
        assert get(client, seen, "/history")["events"][-1]["action"] == "expire"
        release_expired_claims(services_behind(client).store, clock.now)
        assert [event["action"] for event in get(client, seen, "/history")["events"]].count("expire") == 1


def test_a_claim_that_was_renewed_meanwhile_stays(client: TestClient, clock: Clock) -> None:
    held = sent(client, HEAP)["id"]
    claim(client, held, clock)
    with services_behind(client).store.write() as connection:
        _release_if_expired(connection, held, clock.now)  # it was among the expired a moment ago
    assert get(client, held)["state"] == "in_review"


def test_a_second_look_that_ran_out_leaves_the_decision(client: TestClient, clock: Clock) -> None:
    decided = sent(client, HEAP)["id"]
    claim(client, decided, clock)
    store = services_behind(client).store
    with store.write() as connection:
        move_report(connection, decided, "confirm", principal=WANG, now=clock.now, fields={"second_review": "wanted"})
        row = connection.execute(select(reports).where(reports.c.id == decided)).mappings().one()
        held: dict[str, Any] = {"claimed_by": "account:zhao", "claimed_until": clock.now}
        write_change(connection, row, held, action="claim", principal=WANG, now=clock.now)
    clock.move(seconds=1)
    release_expired_claims(store, clock.now)
    report = get(client, decided)
    assert (report["state"], report["claim"]) == ("confirmed", None)


def test_a_round_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([StoreUnavailableError("gone"), ValueError("odd")])
    done: list[bool] = []
    real: Callable[..., None] = sweeping.release_expired_claims

    def fail_twice(*args: Any) -> None:  # noqa: ANN401 - as the function's
        if (error := next(failures, None)) is not None:
            raise error
        real(*args)
        done.append(True)

    monkeypatch.setattr(sweeping, "release_expired_claims", fail_twice)
    with serving(paint_detector(), sweep_interval_s=0.01):
        wait_until(lambda: bool(done))
