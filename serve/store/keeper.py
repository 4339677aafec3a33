"""Makes the store ready for work, however late it can be reached, and knows how it is."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Final

import structlog

from hazardlens.serve.logs import log_failure, logged_as_work
from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import BlobStoreError, StorageError, StoreUnavailableError

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

RETRY_S: Final = 2.0
FRESH_S: Final = 1.0
PATIENCE_S: Final = 5.0
GLANCE_S: Final = 0.05
_HEAD_START_S: Final = 2.0


class StoreKeeper:
    """One for each app. `prepare` runs beside the server, so that it starts whether or not the database answers.

    Attributes:
        ready: set once the tables are up to date; work in the background waits for it.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        *,
        retry_s: float | None = None,
        fresh_s: float | None = None,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts.

        Args:
            store: the database.
            blobs: the photos.
            retry_s: seconds between attempts to migrate; None for RETRY_S.
            fresh_s: for how many seconds an answer to `check` holds, so that health checks cannot wear the store out;
                None for FRESH_S.
            patience_s: seconds after which a store that does not answer is called unavailable.
            clock: seconds.
        """
        self.ready = asyncio.Event()
        self._store = store
        self._probes: dict[type[StorageError], Callable[[], None]] = {
            StoreUnavailableError: store.probe,
            BlobStoreError: blobs.probe,
        }
        self._silent: list[type[StorageError]] = []  # those that are asked and have not answered yet
        self._retry_s = RETRY_S if retry_s is None else retry_s
        self._fresh_s = FRESH_S if fresh_s is None else fresh_s
        self._patience_s = patience_s
        self._clock = clock
        # Not the threads that look up keys: under load, all of those have something to do.
        self._threads = ThreadPoolExecutor(len(self._probes), thread_name_prefix="probe")
        self._probe: asyncio.Task[None] | None = None
        self._asked_at = 0.0
        self._fresh_until = 0.0
        self._known = False  # whether there was an answer yet
        self._found: StorageError | None = None  # what was wrong with the last one

    async def prepare(self) -> None:
        """Bring the tables up to date; try again until it works."""
        while True:
            with logged_as_work("prepare-store"):
                await self._migrate()
            if self.ready.is_set():
                return
            await asyncio.sleep(self._retry_s)

    async def _migrate(self) -> None:
        try:
            await asyncio.to_thread(self._store.migrate)
        except StoreUnavailableError as error:
            _log.error("store_not_ready", reason=error.detail, retry_s=self._retry_s)
        except Exception as error:  # noqa: BLE001 - a migration that fails must not take the server down with it
            log_failure(error)
        else:
            self.ready.set()

    async def check(self) -> None:
        """See that database and photo store take something. However many ask at once, each is asked once.

        A store that is slow makes nobody wait for longer than a glance: what was found last holds until there is an
        answer, or until there should have been one. Only the first check waits for its answer.

        Raises:
            StoreUnavailableError: the database does not, or its tables are not up to date yet.
            BlobStoreError: the store for photos does not.
        """
        if not self.ready.is_set():
            raise StoreUnavailableError("the database's tables are not ready; the log says why")
        if self._probe is None or (self._probe.done() and self._clock() >= self._fresh_until):
            self._asked_at = self._clock()
            self._probe = asyncio.create_task(self._ask())
        if not self._probe.done():
            await asyncio.wait({self._probe}, timeout=GLANCE_S if self._known else self._patience_s)
        is_late = not self._probe.done() and (not self._known or self._clock() - self._asked_at >= self._patience_s)
        if is_late:
            raise self._silent[0](f"no answer within {self._patience_s:g} s")
        if self._found is not None:
            raise self._found

    def close(self) -> None:
        """Ask no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self) -> None:
        answers = await asyncio.gather(*(self._answer(kind, probe) for kind, probe in self._probes.items()))
        self._fresh_until = self._clock() + self._fresh_s
        self._found, self._known = next((error for error in answers if error is not None), None), True

    async def _answer(self, kind: type[StorageError], probe: Callable[[], None]) -> StorageError | None:
        self._silent.append(kind)
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, probe)
        except StorageError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, what cannot be asked does not work
            log_failure(error)
            return kind(f"it fails in a way that nobody foresaw: {type(error).__name__}")
        finally:
            self._silent.remove(kind)
        return None


@asynccontextmanager
async def kept(keeper: StoreKeeper) -> AsyncIterator[None]:
    """Prepare the store beside what is done in the block. Where all is well, the tables are there when it begins."""
    preparing = asyncio.create_task(keeper.prepare())
    try:
        await asyncio.wait({preparing}, timeout=_HEAD_START_S)
        yield
    finally:
        preparing.cancel()
        await asyncio.wait({preparing})
        keeper.close()
