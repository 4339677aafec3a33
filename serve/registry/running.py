"""The work on models that goes on beside requests: loading the first one, following changes, feeding the shadow."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from hazardlens.model.errors import HazardlensError
from hazardlens.serve.logs import log_failure, logged_as_work
from hazardlens.serve.model_slot import ModelSlot
from hazardlens.serve.registry.registry import ModelRegistry
from hazardlens.serve.registry.shadow import ShadowWorker
from hazardlens.serve.store.errors import StoreUnavailableError

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

_NICENESS: Final = 10


@asynccontextmanager
async def models_in_service(
    slot: ModelSlot, registry: ModelRegistry, shadow: ShadowWorker, *, poll_s: float
) -> AsyncIterator[None]:
    """Load the model beside the running server, then look every `poll_s` seconds for what was chosen elsewhere."""
    stopped = shadow.stopped
    stopped.clear()
    loaded = threading.Event()
    loading = asyncio.create_task(_load(slot, registry, loaded))

    def look_after() -> None:
        registry.loader.freed.tidy()
        registry.disk.look()
        registry.follow()

    threads = [
        threading.Thread(target=_repeat, args=(look_after, loaded, stopped, poll_s), name="follow-models"),
        threading.Thread(target=_repeat_nicely, args=(shadow.sweep, loaded, stopped, poll_s), name="shadow"),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        await loading
        for thread in threads:
            await asyncio.to_thread(thread.join)
        with contextlib.suppress(StoreUnavailableError):
            await asyncio.to_thread(shadow.release)


async def _load(slot: ModelSlot, registry: ModelRegistry, loaded: threading.Event) -> None:
    try:
        await asyncio.to_thread(registry.disk.remember)
        with logged_as_work("load-model"):
            await asyncio.to_thread(slot.fill, registry.restore)
    finally:
        loaded.set()


def _repeat(work: Callable[[], object], ready: threading.Event, stopped: threading.Event, every_s: float) -> None:
    """Work, rest, and work again until stopped; a database that is gone for a while is no reason to end."""
    ready.wait()
    while not stopped.wait(every_s):
        try:
            with logged_as_work(threading.current_thread().name):
                work()
        except HazardlensError as error:
            _log.warning("model_work_waits", code=error.code, reason=str(error))
        except Exception as error:  # noqa: BLE001 - the last net of a thread that nobody waits for
            log_failure(error)


def _repeat_nicely(
    work: Callable[[], object], ready: threading.Event, stopped: threading.Event, every_s: float
) -> None:
    """The same, behind everything else that wants a core. Linux has a priority for each thread; others have not."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    _repeat(work, ready, stopped, every_s)
