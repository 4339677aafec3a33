"""The store is made ready however late it can be reached, and asked no more often than needed."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from hazardlens.serve.store import keeper
from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import BlobStoreError, StorageError, StoreUnavailableError
from hazardlens.serve.store.keeper import StoreKeeper, kept
from support.serving import PATIENCE_S


class _Parts:
    """A database and a photo store in one, that fail as they are told."""

    def __init__(self, *migrations: Exception | None) -> None:
        self.migrations = list(migrations)
        self.database: Exception | None = None
        self.pings = 0
        self.gate = threading.Event()
        self.gate.set()

    def migrate(self) -> None:
        if self.migrations and (error := self.migrations.pop(0)) is not None:
            raise error

    def probe(self) -> None:
        self.pings += 1
        assert self.gate.wait(PATIENCE_S)
        if self.database is not None:
            raise self.database


class _Photos:
    def __init__(self) -> None:
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def probe(self) -> None:
        assert self.gate.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error


def _keeper(
    parts: _Parts,
    photos: _Photos | None = None,
    *,
    retry_s: float = 0,
    fresh_s: float = 1,
    patience_s: float = PATIENCE_S,
    clock: Callable[[], float] = time.monotonic,
) -> StoreKeeper:
    store, blobs = cast("Store", parts), cast("BlobStore", photos or _Photos())
    return StoreKeeper(store, blobs, retry_s=retry_s, fresh_s=fresh_s, patience_s=patience_s, clock=clock)


def _run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), PATIENCE_S))


@pytest.mark.parametrize(
    "failures",
    [[], [StoreUnavailableError("gone")] * 3, [ZeroDivisionError("a mistake of ours")]],
    ids=["at once", "after an outage", "after a mistake"],
)
def test_the_tables_are_made_ready_in_the_end(failures: list[Exception]) -> None:
    async def test() -> None:
        kept_store = _keeper(_Parts(*failures))
        async with kept(kept_store):
            await kept_store.ready.wait()
            await kept_store.check()

    _run(test)


def test_until_then_it_says_so() -> None:
    async def test() -> None:
        with pytest.raises(StoreUnavailableError, match="not ready"):
            await _keeper(_Parts()).check()

    _run(test)


def test_the_block_begins_and_ends_while_the_database_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_HEAD_START_S", 0)

    async def test() -> None:
        parts = _Parts(*[StoreUnavailableError("gone")] * 10_000)
        async with kept(_keeper(parts, retry_s=3600)) as nothing:
            assert nothing is None

    _run(test)


@pytest.mark.parametrize("error", [StoreUnavailableError("gone"), BlobStoreError("full")])
def test_what_fails_is_told(error: StorageError, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "GLANCE_S", PATIENCE_S)

    async def test() -> None:
        parts, photos = _Parts(), _Photos()
        kept_store = _keeper(parts, photos, fresh_s=0)
        await kept_store.prepare()
        if isinstance(error, BlobStoreError):
            photos.error = error
        else:
            parts.database = error
        with pytest.raises(type(error)):
            await kept_store.check()
        parts.database = photos.error = None
        await kept_store.check()

    _run(test)


@pytest.mark.parametrize("kind", [StoreUnavailableError, BlobStoreError])
def test_what_fails_in_a_way_that_nobody_foresaw_does_not_work(
    kind: type[StorageError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "GLANCE_S", PATIENCE_S)

    async def test() -> None:
        parts, photos = _Parts(), _Photos()
        kept_store = _keeper(parts, photos, fresh_s=0)
        await kept_store.prepare()
        for is_known in (False, True):
            if kind is BlobStoreError:
                photos.error = ZeroDivisionError("a mistake of ours")
            else:
                parts.database = ZeroDivisionError("a mistake of ours")
            with capture_logs() as logs, pytest.raises(kind, match="ZeroDivisionError"):
                await kept_store.check()
            assert [line["event"] for line in logs] == ["request_failed"], is_known
            parts.database = photos.error = None
            await kept_store.check()

    _run(test)


def test_many_who_ask_at_once_share_an_answer() -> None:
    async def test() -> None:
        parts = _Parts()
        parts.gate.clear()
        kept_store = _keeper(parts)
        await kept_store.prepare()
        checks = [asyncio.create_task(kept_store.check()) for _ in range(50)]
        await asyncio.sleep(0)
        parts.gate.set()
        await asyncio.gather(*checks)
        assert parts.pings == 1

    _run(test)


def test_an_answer_holds_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "GLANCE_S", PATIENCE_S)

    async def test() -> None:
        parts, now = _Parts(), [0.0]
        kept_store = _keeper(parts, clock=lambda: now[0])
        await kept_store.prepare()
        for now[0], pings in ((0.0, 1), (0.9, 1), (1.0, 2), (1.9, 2)):
            await kept_store.check()
            assert parts.pings == pings

    _run(test)


def test_who_does_not_answer_is_unavailable_and_asked_once() -> None:
    async def test() -> None:
        parts = _Parts()
        parts.gate.clear()
        kept_store = _keeper(parts, patience_s=0.01)
        await kept_store.prepare()
        for _ in range(3):
            with pytest.raises(StoreUnavailableError, match="no answer"):
                await kept_store.check()
        parts.gate.set()
        assert parts.pings == 1

    _run(test)


def test_photos_that_do_not_answer_are_not_called_the_database() -> None:
    async def test() -> None:
        photos = _Photos()
        photos.gate.clear()
        kept_store = _keeper(_Parts(), photos, patience_s=0.05)
        await kept_store.prepare()
        with pytest.raises(BlobStoreError, match="no answer"):
            await kept_store.check()
        photos.gate.set()

    _run(test)


def test_a_store_that_is_slow_keeps_nobody_waiting_until_it_should_have_answered() -> None:
    async def test() -> None:
        parts, now = _Parts(), [0.0]
        kept_store = _keeper(parts, fresh_s=1, patience_s=5, clock=lambda: now[0])
        await kept_store.prepare()
        await kept_store.check()
        parts.gate.clear()
        for now[0] in (1.0, 3.0, 5.9):
            await kept_store.check()  # what was found before
        now[0] = 6.0
        with pytest.raises(StoreUnavailableError, match="no answer within 5 s"):
            await kept_store.check()
        parts.gate.set()
        await kept_store.check()
        assert parts.pings == 2

    _run(test)


def test_it_asks_whatever_other_threads_have_to_do() -> None:
    async def test() -> None:
        busy = threading.Event()
        kept_store = _keeper(_Parts())
        await kept_store.prepare()
        all_threads = [asyncio.create_task(asyncio.to_thread(busy.wait)) for _ in range(100)]
        await asyncio.sleep(0)
        await kept_store.check()
        busy.set()
        await asyncio.gather(*all_threads)

    _run(test)
