"""The work that waits: reports without a pre-fill, claims that ran out, keys that nobody needs any more.

It runs beside the requests, in rounds. Any number of servers may do so on one database: what one of them did first, the
other finds done.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection, select

from hazardlens.model.pipeline import Upload
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.background import beside
from hazardlens.serve.errors import ModelLoadingError, ModelUnusableError, OverloadedError, UnavailableError
from hazardlens.serve.logs import current_request_id, failures_logged, log_failure, logged_as_work, logged_for
from hazardlens.serve.reports.changes import locked_report, move_report, write_change
from hazardlens.serve.reports.clip_rows import has_clip
from hazardlens.serve.reports.errors import MoveNotAllowedError, ReportChangedError
from hazardlens.serve.reports.idempotency import abandon_left_behind, purge_keys
from hazardlens.serve.reports.prefilling import is_audited, write_prefill
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.services import Services
from hazardlens.serve.store.blobs import get_or_lost
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_events, report_media, reports

_BATCH: Final = 50


@asynccontextmanager
async def sweeping(services: Services) -> AsyncIterator[None]:
    """Sweep until the block ends."""
    async with beside(Sweeper(services).run()):
        yield


class Sweeper:
    """Does what waits, round after round."""

    def __init__(self, services: Services, *, rest: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Take the parts; `rest` waits for so many seconds."""
        self._services = services
        self._rest = rest
        self._began_at = services.now()
        self._failed: set[tuple[str, str]] = set()  # report and model: not tried again until another model comes

    async def run(self) -> None:
        """Go on until cancelled. Whatever goes wrong in a round is logged, and the next one tries again."""
        await self._services.keeper.ready.wait()
        with logged_as_work("sweep"), failures_logged():
            await asyncio.to_thread(self._start)
        while True:
            more = False
            with logged_as_work("sweep"), failures_logged():
                more = await self.round()
            await self._rest(0 if more else self._services.settings.sweep_interval_s)

    async def round(self) -> bool:
        """One round; whether as much was done as one round does, so that there may be more."""
        services = self._services
        await asyncio.to_thread(release_expired_claims, services.store, services.now())
        await asyncio.to_thread(self._purge)
        waiting = await asyncio.to_thread(self._waiting)
        for report_id in waiting:
            try:
                job = partial(self.prefill, report_id)
                await services.pool.run(job, sender=SYSTEM.actor, gone=asyncio.Event().wait)
            except OverloadedError:  # people who wait for an answer go first
                return False
        return len(waiting) == _BATCH

    def prefill(self, report_id: str) -> None:
        """Let the model look at one report that waits for it; in a worker thread.

        What is logged and written belongs to the request that sent the report.
        """
        with logged_for(self._sent_by(report_id), report=report_id):
            self._prefill(report_id)

    def _prefill(self, report_id: str) -> None:
        services = self._services
        with suppress(ModelLoadingError, ModelUnusableError, MoveNotAllowedError, ReportChangedError):
            classifier = services.slot.model.classifier
            try:
                version, text, photos = self._read(report_id)
                answer = classifier.classify(photos, text=text, request_id=current_request_id() or "")
            except UnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - one report that nobody foresaw must not hold up all others
                self._failed.add((report_id, classifier.detector.version))
                log_failure(error)
                return
            audit = is_audited(answer.prefill, services.settings.audit_share, services.draw)
            with services.store.write() as connection:
                write_prefill(connection, report_id, answer, audit=audit, now=services.now(), expected_version=version)
            services.metrics.classified(answer)

    def _start(self) -> None:
        # A database that is a file belongs to one server, so whoever held a key when it starts is dead. Were there two
        # after all, the other one's request would fail when it finishes, and succeed when it is sent again.
        if self._services.store.is_sqlite:
            with self._services.store.write() as connection:
                abandon_left_behind(connection, before=self._began_at)

    def _purge(self) -> None:
        before = self._services.now() - timedelta(hours=self._services.settings.idempotency_keep_h)
        with self._services.store.write() as connection:
            purge_keys(connection, before=before)

    def _waiting(self) -> Sequence[str]:
        try:
            version = self._services.slot.model.classifier.detector.version
        except (ModelLoadingError, ModelUnusableError):
            return []
        wanted = (reports.c.state == State.RECEIVED.value, ~has_clip())  # clips have a queue of their own
        query = select(reports.c.id).where(*wanted).order_by(reports.c.created_at)
        with self._services.store.read() as connection:
            found = connection.scalars(query.limit(_BATCH + len(self._failed))).all()
        return [report_id for report_id in found if (report_id, version) not in self._failed][:_BATCH]

    def _sent_by(self, report_id: str) -> str | None:
        """The id of the request that sent a report."""
        query = select(report_events.c.request_id).where(
            report_events.c.report_id == report_id, report_events.c.action == "receive"
        )
        with self._services.store.read() as connection:
            found: str | None = connection.execute(query.limit(1)).scalar_one_or_none()
        return found

    def _read(self, report_id: str) -> tuple[int, str, list[Upload]]:
        with self._services.store.read() as connection:
            row = connection.execute(select(reports.c.version, reports.c.text).where(reports.c.id == report_id)).one()
            media = select(report_media.c.name, report_media.c.sha256).where(report_media.c.report_id == report_id)
            files = connection.execute(media.order_by(report_media.c.n)).all()
        return row.version, row.text, [Upload(one.name, get_or_lost(self._services.blobs, one.sha256)) for one in files]


def release_expired_claims(store: Store, now: datetime) -> None:
    """Put reports back where they were whose reviewer has not decided in time.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    with store.read() as connection:
        ids = connection.scalars(select(reports.c.id).where(reports.c.claimed_until < now)).all()
    for report_id in ids:
        with store.write() as connection:
            _release_if_expired(connection, report_id, now)


def _release_if_expired(connection: Connection, report_id: str, now: datetime) -> None:
    row = locked_report(connection, report_id)
    if row["claimed_until"] is None or row["claimed_until"] >= now:
        return  # decided, released or claimed anew since we looked
    free = {"claimed_by": None, "claimed_until": None}
    if row["state"] == State.IN_REVIEW:
        back = State.RECEIVED if row["prefill"] is None else State.PREFILLED
        move_report(connection, report_id, "expire", principal=SYSTEM, now=now, fields={**free, "state": back.value})
    else:  # held for a second look at what was decided
        write_change(connection, row, free, action="expire", principal=SYSTEM, now=now)
