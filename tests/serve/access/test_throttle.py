"""How long somebody who tries passwords has to wait. The rows are those of the database: a restart forgets nothing."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hazardlens.serve.access.errors import RateLimitedError
from hazardlens.serve.access.throttle import OF_ADDRESS, OF_NAME, WINDOW, Patience, begin_attempt, forgive
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import login_failures
from support.accounts import Clock


def attempt(store: Store, clock: Clock, name: str = "li", address: str = "6.6.6.6") -> int:
    """Seconds to wait; 0 for an attempt that was let through, and failed."""
    try:
        with store.write() as connection:
            begin_attempt(connection, name, address, clock())
    except RateLimitedError as error:
        return error.retry_after_s or -1  # never without a time
    return 0


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (12, 128), (13, 256), (14, 300), (10_000, 300)]
)
def test_the_wait_doubles_up_to_a_limit(failures: int, wait_s: int) -> None:
    assert Patience(free=5, max_wait_s=300).wait_s(failures) == wait_s


def test_a_name_waits_after_its_free_tries_and_another_name_does_not(store: Store) -> None:
    clock = Clock()
    assert [attempt(store, clock) for _ in range(OF_NAME.free)] == [0] * OF_NAME.free
    assert attempt(store, clock, address="7.7.7.7") == 1
    assert attempt(store, clock, name="wang") == 0
    clock.pass_by(seconds=1)
    assert attempt(store, clock) == 0
    assert attempt(store, clock) == 2
    clock.pass_by(seconds=1.5)
    assert attempt(store, clock) == 1


def test_an_address_waits_after_more_tries_whatever_the_names(store: Store) -> None:
    clock = Clock()
    waits = [attempt(store, clock, name=f"name{n}") for n in range(OF_ADDRESS.free + 1)]
    assert waits == [0] * OF_ADDRESS.free + [1]


def test_a_refused_try_does_not_make_the_wait_longer(store: Store) -> None:
    clock = Clock()
    for _ in range(OF_NAME.free):
        attempt(store, clock)
    assert [attempt(store, clock) for _ in range(5)] == [1] * 5


def test_names_are_counted_as_they_are_looked_up(store: Store) -> None:
    clock = Clock()
    for name in ("li", "LI", " Li ", "ｌｉ", "li"):
        assert attempt(store, clock, name=name) == 0
    assert attempt(store, clock, name="lI") == 1


def test_a_right_password_clears_the_name_but_not_what_its_address_did_before(store: Store) -> None:
    clock = Clock()
    for n in range(OF_ADDRESS.free - 1):
        attempt(store, clock, name=f"name{n}")
    for _ in range(3):  # with one good account nobody gets more tries at the others
        assert attempt(store, clock) == 0
        with store.write() as connection:
            forgive(connection, "li", "6.6.6.6", clock())
    assert attempt(store, clock, name="wang") == 0
    assert attempt(store, clock, name="zhao") == 1


def test_failures_are_forgotten_in_time_and_their_rows_deleted(store: Store) -> None:
    clock = Clock()
    for _ in range(OF_NAME.free):
        attempt(store, clock)
    clock.now += WINDOW + timedelta(seconds=1)
    assert attempt(store, clock) == 0
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(login_failures)).scalar_one() == 2


def test_what_was_typed_as_a_name_is_not_kept(store: Store) -> None:
    attempt(store, Clock(), name="my secret password")
    with store.read() as connection:
        assert "secret" not in "".join(connection.execute(select(login_failures.c.subject)).scalars())


def test_tries_at_the_same_moment_are_counted_one_by_one(store: Store) -> None:
    clock, start, waits = Clock(), threading.Barrier(12), list[int]()

    def try_once() -> None:
        start.wait()
        waits.append(attempt(store, clock))

    threads = [threading.Thread(target=try_once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0] * OF_NAME.free + [1] * (12 - OF_NAME.free)
