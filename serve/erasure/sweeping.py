"""The purge inside the server: once a day, and more often what somebody asked for and what was cut off.

Any number of servers may do so on one database: what one of them did first, the other finds done.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.background import beside
from hazardlens.serve.erasure.purging import Purge
from hazardlens.serve.erasure.requests import go_on, waiting
from hazardlens.serve.logs import failures_logged
from hazardlens.serve.registry.state import read_value, write_value
from hazardlens.serve.services import Services
from hazardlens.serve.store.removals import remove_noted

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

ROUND_S: Final = 300.0
EVERY: Final = timedelta(days=1)
_KEY: Final = "last_purge"


@asynccontextmanager
async def purging(services: Services) -> AsyncIterator[None]:
    """Purge beside what is done in the block."""
    async with beside(PurgeSweeper(services).run()):
        yield


class PurgeSweeper:
    """Round after round: what is due."""

    def __init__(self, services: Services, *, rest: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Take the parts; `rest` waits for so many seconds."""
        self._services = services
        self._rest = rest

    async def run(self) -> None:
        """Go on until cancelled. Whatever goes wrong in a round is logged, and the next one tries again."""
        await self._services.keeper.ready.wait()
        while True:
            with failures_logged():
                await asyncio.to_thread(self.round)
            await self._rest(ROUND_S)

    def round(self) -> None:
        """One round; in a thread."""
        services, now = self._services, self._services.now()
        if self._is_due(now):
            purge = Purge.by_settings(services.store, services.blobs, services.settings, now)
            done = purge.run(Act(SYSTEM, now))
            if done.is_something:
                _log.info("purged", reports=done.reports, originals=done.originals, files=done.files)
            with services.store.write() as connection:
                write_value(connection, _KEY, {"at": now.isoformat()}, now)
            return
        with services.store.read() as connection:
            ids = waiting(connection)
        for erasure_id in ids:
            go_on(services.store, erasure_id, now)
        remove_noted(services.store, services.blobs, now)

    def _is_due(self, now: datetime) -> bool:
        with self._services.store.read() as connection:
            last = read_value(connection, _KEY)
        # Also after one from a time to come: by a clock that was ahead.
        return last is None or abs(now - datetime.fromisoformat(last["at"])) >= EVERY
