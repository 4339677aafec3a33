"""Works on the clips of reports beside the requests, one for each free thread of the clips' pool.

Any number of servers may do so on one database: the queue gives each clip to one of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.background import beside
from hazardlens.serve.errors import OverloadedError
from hazardlens.serve.logs import failures_logged, logged_as_work
from hazardlens.serve.reports.clip_handler import ClipHandler
from hazardlens.serve.reports.clip_metrics import ClipMetrics
from hazardlens.serve.reports.clip_rows import TASK, mend
from hazardlens.serve.services import Services
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.work.worker import Worker

T = TypeVar("T")

POLL_S: Final = 0.5


class ClipWork:
    """Asks for work, round after round, and hands it to threads."""

    def __init__(self, services: Services, metrics: ClipMetrics) -> None:
        self._services = services
        self.worker = Worker(
            services.store, {TASK: ClipHandler(services, metrics)}, now=services.now, told=metrics.ended
        )
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Go on until cancelled. Whatever goes wrong in a round is logged, and the next one tries again."""
        await self._services.keeper.ready.wait()
        began, mended_at = False, 0.0
        loop = asyncio.get_running_loop()
        while True:
            # A store that is gone is logged where it was found, and this asks for it twice a second.
            with logged_as_work("clips"), failures_logged(), suppress(StoreUnavailableError):
                if not began:
                    await _in_thread(self.worker.begin)
                    began = True
                if loop.time() >= mended_at + self._services.settings.sweep_interval_s:
                    await _in_thread(self.mend)
                    mended_at = loop.time()
                await self.round()
            await asyncio.sleep(POLL_S)

    async def round(self) -> None:
        """Begin as much as there are free threads and clips."""
        while self._services.clip_pool.has_free_thread and await _in_thread(self.worker.is_due):
            task = asyncio.create_task(self._work_one())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(0)  # it takes its thread
            if len(self._under_way) >= self._services.settings.video_workers:
                return

    def mend(self) -> None:
        """Put jobs that are missing."""
        mend(self._services.store, self._services.now())

    async def _work_one(self) -> None:
        with failures_logged(), suppress(OverloadedError, StoreUnavailableError):
            await self._services.clip_pool.run(self.worker.work_one, sender=SYSTEM.actor, gone=asyncio.Event().wait)


async def _in_thread(call: Callable[[], T]) -> T:
    """Run it in a thread, and leave none behind that still talks to the database, also when cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    finally:
        await asyncio.wait({running})


@asynccontextmanager
async def working_on_clips(services: Services, metrics: ClipMetrics) -> AsyncIterator[None]:
    """Work on an app's clips beside what is done in the block; what is under way at its end is put back."""
    work = ClipWork(services, metrics)
    async with beside(work.run()):
        try:
            yield
        finally:
            work.worker.stop()
