"""Who waits, who is refused and when they should come back: without threads and clocks where that is enough."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardlens.serve.errors import OverloadedError
from hazardlens.serve.fair_queue import FairQueue
from hazardlens.serve.pool import WorkerPool
from hazardlens.serve.received import BodyMemory
from hazardlens.serve.refusing import MAX_RETRY_AFTER_S, ComeBack, Spacing
from support.people import authenticate_by_header, headers_of
from support.serving import CLASSIFY, PATIENCE_S, problem_of, serving

JPEG: Final = {"Content-Type": "image/jpeg"}


async def never() -> None:
    await asyncio.Event().wait()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


def served(queue: FairQueue[str]) -> list[str]:
    return [queue.take() for _ in range(len(queue))]


def filled(length: int, *senders: str) -> FairQueue[str]:
    queue = FairQueue[str](length)
    for number, sender in enumerate(senders):
        queue.put(sender, f"{sender}{number}")
    return queue


def test_senders_take_turns_and_each_is_served_in_order() -> None:
    assert served(filled(9, "a", "a", "a", "a", "b", "c", "b")) == ["a0", "b4", "c5", "a1", "b6", "a2", "a3"]


def test_one_sender_may_have_it_all_while_nobody_else_wants_it() -> None:
    queue = filled(3, "a", "a", "a")
    assert len(queue) == 3
    assert not queue.has_place_for("a")


def test_who_comes_later_gets_a_place_and_the_newest_of_the_longest_line_goes() -> None:
    queue = filled(3, "a", "a", "a")
    assert queue.has_place_for("b")
    assert queue.put("b", "b3") == "a2"
    assert served(queue) == ["a0", "b3", "a1"]


def test_nobody_goes_for_somebody_who_would_then_have_more() -> None:
    queue = filled(4, "a", "a", "b", "b")
    assert [queue.has_place_for(sender) for sender in "abc"] == [False, False, True]
    assert queue.put("c", "c4") == "a1"
    assert not queue.has_place_for("d") or queue.put("d", "d5") == "b3"


def test_an_empty_queue_has_nothing_to_take_and_one_without_places_takes_nothing() -> None:
    with pytest.raises(KeyError):
        FairQueue[str](3).take()
    assert not FairQueue[str](0).has_place_for("a")


def test_what_leaves_early_is_gone_and_only_once() -> None:
    queue = filled(3, "a", "b", "a")
    assert queue.remove("a", "a0")
    assert not queue.remove("a", "a0")
    assert not queue.remove("c", "a2")
    assert (served(queue), len(queue), queue.senders) == (["a2", "b1"], 0, 0)


@given(st.lists(st.sampled_from("abcd"), max_size=60), st.integers(1, 12))
def test_it_is_never_over_its_length_and_nobody_who_waits_is_far_behind(senders: list[str], length: int) -> None:
    queue, waiting = FairQueue[tuple[str, int]](length), Counter[str]()
    for number, sender in enumerate(senders):
        if not queue.has_place_for(sender):
            assert len(queue) == length
            assert max(waiting.values()) <= waiting[sender] + 1
            continue
        gone = queue.put(sender, (sender, number))
        waiting[sender] += 1
        if gone is not None:
            waiting[gone[0]] -= 1
            assert waiting[gone[0]] >= waiting[sender]
        assert len(queue) == sum(waiting.values()) <= length
        assert queue.senders == sum(count > 0 for count in waiting.values())


@given(st.lists(st.sampled_from("abc"), max_size=20), st.sampled_from("abcd"))
def test_what_is_ahead_of_one_more_is_what_is_served_before_it(senders: list[str], sender: str) -> None:
    queue = filled(99, *senders)
    ahead = queue.ahead_of(sender)
    queue.put(sender, "mine")
    assert served(queue).index("mine") <= ahead


def test_those_who_are_refused_are_told_to_come_one_after_the_other() -> None:
    come_back = ComeBack()
    told = [come_back.after_s("a", now_s=100, wait_s=1.6, interval_s=0.5) for _ in range(200)]
    assert told[:6] == [2, 3, 3, 4, 4, 5]
    assert max(told) == MAX_RETRY_AFTER_S
    assert come_back.after_s("b", now_s=100, wait_s=0.1, interval_s=0.5) == 1
    assert come_back.after_s("a", now_s=200, wait_s=1.6, interval_s=0.5) == 2


def test_what_is_remembered_of_them_does_not_grow_with_their_number() -> None:
    come_back = ComeBack()
    for number in range(5000):
        come_back.after_s(f"address {number}", now_s=0, wait_s=1, interval_s=1)
    assert len(come_back._next_s) <= 1000


def test_refusals_go_out_at_once_until_they_are_many() -> None:
    spacing = Spacing(per_s=50, max_held_s=2)
    held = [spacing.hold_s("a", 100.0) for _ in range(200)]
    assert held[:3] == pytest.approx([0, 0.02, 0.04])
    assert max(held) == 2
    assert spacing.hold_s("a", 110.0) == 0


def test_one_who_is_refused_often_holds_up_no_refusal_of_others() -> None:
    spacing = Spacing(per_s=50, max_held_s=5)
    for _ in range(200):
        spacing.hold_s("greedy", 100.0)
    assert [spacing.hold_s("polite", 100.0) for _ in range(2)] == pytest.approx([0.02, 0.06])
    assert spacing.hold_s("greedy", 100.0) == pytest.approx(4.04)


def test_refusals_of_many_senders_are_spread_too_and_leave_nothing_behind() -> None:
    spacing = Spacing(per_s=50, max_held_s=2)
    turns = sorted(100 + spacing.hold_s(f"address {number}", 100.0) for number in range(100))
    assert turns == pytest.approx([100 + 0.02 * number for number in range(100)])
    spacing.hold_s("last", 110.0)
    assert list(spacing._lines) == ["last"]


def test_refusals_that_come_steadily_go_out_no_faster_than_they_may() -> None:
    spacing = Spacing(per_s=50, max_held_s=5)
    turns = sorted(moment / 500 + spacing.hold_s("a", moment / 500) for moment in range(500))
    assert sum(turn < 1 for turn in turns) <= 51


def test_refusals_are_spread_by_who_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    senders = list[str]()

    def hold_s(_: Spacing, sender: str, __: float) -> float:
        senders.append(sender)
        return 0

    def refuse(_: WorkerPool, __: str) -> None:
        raise OverloadedError("full")

    monkeypatch.setattr(Spacing, "hold_s", hold_s)
    monkeypatch.setattr(WorkerPool, "require_room", refuse)
    with serving(authenticate=authenticate_by_header) as client:
        for name in ("hotline", "app", "hotline"):
            problem_of(client.post(CLASSIFY, content=b"", headers=JPEG | headers_of(name)), 503, "overloaded")
    assert len(senders) == 3
    assert senders[0] == senders[2] != senders[1]


def test_a_greedy_sender_s_newest_jobs_make_room_and_the_others_are_served_in_turn(gate: threading.Event) -> None:
    reasons = list[str]()
    pool, order = WorkerPool(1, 4, refused=reasons.append), list[str]()

    async def ask(sender: str) -> str:
        try:
            await pool.run(lambda: order.append(sender), sender=sender, gone=never)
        except OverloadedError as refusal:
            return "refused" if refusal.retry_after_s else "refused for ever"
        return "served"

    async def scene() -> list[str]:
        first = asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="greedy", gone=never))
        await asyncio.sleep(0)
        asked = [asyncio.create_task(ask(sender)) for sender in ["greedy"] * 5 + ["polite", "small"]]
        await asyncio.sleep(0)
        gate.set()
        await first
        return await asyncio.gather(*asked)

    assert asyncio.run(scene()) == ["served"] * 2 + ["refused"] * 3 + ["served"] * 2
    pool.close()
    assert order == ["greedy", "polite", "small", "greedy"]
    assert sorted(reasons) == ["queue_full", "share", "share"]


def test_what_waited_for_too_long_is_refused_and_never_runs(gate: threading.Event) -> None:
    reasons, ran = list[str](), list[str]()
    pool = WorkerPool(1, 4, max_wait_s=0.02, clock=lambda: 0.0, refused=reasons.append)
    pool._seconds_per_job = 0.0

    async def scene() -> None:
        first = asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await pool.run(lambda: ran.append("late"), sender="a", gone=never)
        assert (pool.running, pool.waiting) == (1, 0)
        gate.set()
        assert await first

    asyncio.run(scene())
    pool.close()
    assert (ran, reasons) == ([], ["wait"])


def test_what_would_wait_for_too_long_is_refused_before_its_body_is_received(gate: threading.Event) -> None:
    pool = WorkerPool(1, 32, max_wait_s=1.0)
    pool._seconds_per_job = 0.5

    async def scene() -> list[bool]:
        jobs = [asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as refusal:
            pool.require_room("a")
        assert refusal.value.retry_after_s == 2
        pool.require_room("b")  # it would be served second
        gate.set()
        return await asyncio.gather(*jobs)

    assert asyncio.run(scene()) == [True] * 3
    pool.close()


def test_what_runs_may_take_longer_than_anything_may_wait(gate: threading.Event) -> None:
    pool = WorkerPool(1, 1, max_wait_s=0.01)

    async def scene() -> bool:
        job = asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never))
        await asyncio.sleep(0.05)
        assert not job.done()
        gate.set()
        return await job

    assert asyncio.run(scene())
    pool.close()


def test_bodies_of_one_sender_leave_as_much_memory_as_they_take() -> None:
    memory = BodyMemory(100)
    with memory.hold("a") as first, memory.hold("a") as second, memory.hold("b") as other:
        first.add(30)
        second.add(20)
        with pytest.raises(OverloadedError):
            second.add(1)
        other.add(50)
        assert memory.held_bytes == 100
    assert memory.held_bytes == 0
    with memory.hold("a") as first, memory.hold("b") as second:
        first.add(60)  # a sender's only body
        with pytest.raises(OverloadedError):
            second.add(41)
        second.add(40)
