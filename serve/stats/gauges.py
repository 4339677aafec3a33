"""What waits, as gauges for Prometheus: read from the database in rounds, so that a scrape never waits for it.

Servers of one database all tell the same; a dashboard takes the largest, not the sum.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Connection, func, select

from hazardlens.model.taxonomy import Urgency
from hazardlens.serve.background import beside
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.logs import failures_logged, logged_as_work
from hazardlens.serve.reports.clip_rows import Work, count_of
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.services import Services
from hazardlens.serve.stats.waiting import WAITING
from hazardlens.serve.store.errors import StorageError, StoreUnavailableError
from hazardlens.serve.store.tables import deliveries, reports

_UNSEEN: Final = "unseen"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and since when the first of them.

    Attributes:
        reports: urgency -> count and oldest; "unseen" for those that no model has looked at.
        second_looks: decided reports that wait for another reviewer.
        deliveries: messages to send.
        dead: messages that were given up.
        clips: of reports, not worked on yet.
    """

    reports: dict[str, tuple[int, datetime | None]]
    second_looks: int
    deliveries: tuple[int, datetime | None]
    dead: int
    clips: int


def read_waiting_now(connection: Connection) -> Waiting:
    """What waits now. Each question is answered by an index over what waits, however much was decided before."""
    by_urgency = select(reports.c.urgency, func.count(), func.min(reports.c.created_at)).where(
        reports.c.state.in_([state.value for state in WAITING])
    )
    found: dict[str | None, tuple[int, datetime | None]] = {
        urgency: (n, oldest) for urgency, n, oldest in connection.execute(by_urgency.group_by(reports.c.urgency))
    }
    levels: dict[str, str | None] = {_UNSEEN: None} | {level.value: level.value for level in Urgency}
    second = select(func.count()).where(reports.c.second_review == "wanted", reports.c.state.not_in(_NOT_DECIDED))
    waiting = select(func.count(), func.min(deliveries.c.created_at)).where(deliveries.c.state == DeliveryState.WAITING)
    dead = select(func.count()).where(deliveries.c.state == DeliveryState.DEAD)
    count, oldest = connection.execute(waiting).one()
    return Waiting(
        {name: found.get(key, (0, None)) for name, key in levels.items()},
        connection.execute(second).scalar_one(),
        (count, oldest),
        connection.execute(dead).scalar_one(),
        count_of(connection, Work.WAITING),
    )


_NOT_DECIDED: Final = [state.value for state in (State.RECEIVED, State.PREFILLED, State.IN_REVIEW)]


class WaitingGauges:
    """The gauges of one app."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Show nothing until something was read."""

        def gauge(name: str, documentation: str, *labels: str) -> Gauge:
            return Gauge(f"hazardlens_{name}", documentation, labels, registry=registry)

        self._reports = gauge(
            "reports_waiting",
            "Reports that wait for a reviewer, by urgency; unseen: no model has looked yet.",
            "urgency",
        )
        self._oldest = gauge("reports_oldest_waiting_seconds", "Age of the oldest of them; 0: none waits.", "urgency")
        self._second = gauge("second_looks_waiting", "Decided reports that wait for a second reviewer.")
        self._deliveries = gauge("deliveries", "Messages to those who act, waiting or given up (dead).", "state")
        self._oldest_delivery = gauge(
            "deliveries_oldest_waiting_seconds", "Age of the oldest message that waits; 0: none does."
        )
        self._up = gauge("store_up", "1 when the database and the photos' store answered in the last round.", "part")
        self._clips = gauge("clips_waiting", "Clips of reports that wait for their turn.")
        self._read_at = gauge("waiting_read_timestamp_seconds", "When what waits was last read; seconds since 1970.")

    def show(self, waiting: Waiting, now: datetime) -> None:
        """Set all gauges of what waits."""
        for urgency, (count, oldest) in waiting.reports.items():
            self._reports.labels(urgency).set(count)
            self._oldest.labels(urgency).set(_age_s(oldest, now))
        self._second.set(waiting.second_looks)
        self._deliveries.labels("waiting").set(waiting.deliveries[0])
        self._deliveries.labels("dead").set(waiting.dead)
        self._clips.set(waiting.clips)
        self._oldest_delivery.set(_age_s(waiting.deliveries[1], now))
        self._read_at.set(time.time())

    def show_store(self, *, database: bool, photos: bool) -> None:
        """Set which parts of the store answer."""
        self._up.labels("database").set(int(database))
        self._up.labels("photos").set(int(photos))


def _age_s(oldest: datetime | None, now: datetime) -> float:
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def read_round(services: Services, gauges: WaitingGauges) -> None:
    """Read once; a store that is away is shown, and what waits stays as it was read last."""
    photos = database = True
    try:
        services.blobs.probe()
    except StorageError:
        photos = False
    try:
        services.store.probe()
        with services.store.read() as connection:
            gauges.show(read_waiting_now(connection), services.now())
    except StoreUnavailableError:
        database = False
    gauges.show_store(database=database, photos=photos)


@asynccontextmanager
async def gauging(services: Services, gauges: WaitingGauges) -> AsyncIterator[None]:
    """Read what waits, round after round, until the block ends."""
    async with beside(_run(services, gauges)):
        yield


async def _run(services: Services, gauges: WaitingGauges) -> None:
    while True:
        with logged_as_work("gauges"), failures_logged():
            await asyncio.to_thread(read_round, services, gauges)
        await asyncio.sleep(services.settings.sweep_interval_s)
