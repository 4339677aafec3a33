"""How many requests a sender may make in a minute."""

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.errors import RateLimitedError
from hazardlens.serve.access.rates import RateLimit
from hazardlens.serve.access.roles import Action
from support.accounts import key_headers, session_headers
from support.serving import problem_of, serving

MODELS = "/v1/models"


@pytest.fixture(autouse=True)
def _the_minute_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute that turns during a test would let through one more."""
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: 1_777_777_790.0)


def test_each_sender_has_as_many_as_the_limit_says() -> None:
    limit = RateLimit("key", 3)
    for sender in ("a", "b"):
        for _ in range(3):
            limit.count(sender)
        with pytest.raises(RateLimitedError) as refused:
            limit.count(sender)
        assert 1 <= (refused.value.retry_after_s or 0) <= 60


def test_zero_is_no_limit() -> None:
    limit = RateLimit("key", 0)
    for _ in range(1000):
        limit.count("a")


def test_senders_of_one_limit_are_not_those_of_another() -> None:
    RateLimit("key", 1).count("a")
    RateLimit("anonymous", 1).count("a")


def _statuses(client: TestClient, times: int, headers: dict[str, str] | None = None) -> list[int]:
    return [client.get(MODELS, headers=headers).status_code for _ in range(times)]


def test_the_anonymous_are_limited_by_address_and_others_are_not() -> None:
    with serving(rate_limit_anonymous_per_minute=2, rate_limit_key_per_minute=0) as client:
        session, key = session_headers(client, "li"), key_headers(client, "hotline", Action.READ_MODELS)
        assert _statuses(client, 2) == [200, 200]
        response = client.get(MODELS)
        problem_of(response, 429, "rate_limited")
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert _statuses(client, 3, session) == _statuses(client, 3, key) == [200] * 3


def test_each_key_is_limited_by_itself() -> None:
    with serving(rate_limit_anonymous_per_minute=0, rate_limit_key_per_minute=2) as client:
        one, other = (key_headers(client, name, Action.READ_MODELS) for name in ("one", "other"))
        assert _statuses(client, 3, one) == _statuses(client, 3, other) == [200, 200, 429]
        assert _statuses(client, 9) == [200] * 9


def test_who_tries_keys_is_slowed_down_too() -> None:
    with serving(rate_limit_anonymous_per_minute=2) as client:
        assert _statuses(client, 3, {"Authorization": "Bearer hzl_x_y"}) == [401, 401, 429]


def test_addresses_behind_a_trusted_proxy_are_told_apart() -> None:
    with serving(rate_limit_anonymous_per_minute=1, trusted_proxies="127.0.0.1") as client:
        inner = TestClient(client.app, client=("127.0.0.1", 5000))
        for address in ("6.6.6.6", "7.7.7.7"):
            assert _statuses(inner, 2, {"X-Forwarded-For": address}) == [200, 429]


def test_this_machine_itself_is_not_limited() -> None:
    with serving(rate_limit_anonymous_per_minute=1) as client:
        inner = TestClient(client.app, client=("127.0.0.1", 5000))
        assert _statuses(inner, 5) == [200] * 5


def test_whoever_comes_through_an_unnamed_proxy_beside_us_shares_its_limit() -> None:
    with serving(rate_limit_anonymous_per_minute=2) as client:
        inner = TestClient(client.app, client=("127.0.0.1", 5000))
        seen = [_statuses(inner, 1, {"X-Forwarded-For": f"6.6.6.{number}"})[0] for number in range(4)]
        assert seen == [200, 200, 429, 429]


def test_health_checks_and_pages_are_not_counted() -> None:
    with serving(rate_limit_anonymous_per_minute=1) as client:
        assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/", "/docs") * 3] == [200] * 12
