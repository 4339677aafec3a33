"""What is over its time, out: reports, originals, addresses of sign-ins, and files that nothing names.

Every step is small and leaves nothing half-done, so a purge that is killed is gone on with by the next one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, false, func, select, update

from hazardlens.serve.access.audit import Act
from hazardlens.serve.erasure.due import Limits, count_that, originals_only, reports_that, whole_reports
from hazardlens.serve.erasure.erasing import Why, erase_originals, erase_report
from hazardlens.serve.erasure.requests import go_on, waiting
from hazardlens.serve.registry.installing import tidy_registry
from hazardlens.serve.reports.changes import locked_report
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.removals import needed_of, note_removals, remove_noted
from hazardlens.serve.store.tables import audit_events, reports

SIGN_INS: Final = ("signed_in", "sign_in_refused")
_BATCH: Final = 200
Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Purged:
    """How much went, or would go.

    Attributes:
        requests: erasures that somebody had asked for and that were cut off.
        reports: whose time was over.
        photos: of these, kept as they came in.
        originals: other photos of which only the preview stays.
        sign_ins: lines of the audit log that lose an address.
        orphans: files that no report names.
        files: that were deleted, orphans among them; None where nothing was.
        leftovers: half-written files and folders; None where nobody looked.
    """

    requests: int = 0
    reports: int = 0
    photos: int = 0
    originals: int = 0
    sign_ins: int = 0
    orphans: int = 0
    files: int | None = None
    leftovers: int | None = None

    @property
    def is_something(self) -> bool:
        """Whether anything went."""
        return any(asdict(self).values())


@dataclass(frozen=True, slots=True)
class Purge:
    """What is purged, and by which limits."""

    store: Store
    blobs: BlobStore
    settings: Settings
    limits: Limits
    now: datetime

    @classmethod
    def by_settings(cls, store: Store, blobs: BlobStore, settings: Settings, now: datetime) -> "Purge":
        """As the operator chose."""
        return cls(store, blobs, settings, Limits.from_settings(settings, now), now)

    def look(self) -> Purged:
        """What would go; nothing does.

        Raises:
            StoreUnavailableError: the database cannot be reached.
            BlobStoreError: the photos cannot be listed.
        """
        with self.store.read() as connection:
            n, photos = count_that(connection, whole_reports(self.limits))
            _, originals = count_that(connection, and_(originals_only(self.limits), ~whole_reports(self.limits)))
            sign_ins = connection.scalar(select(func.count()).select_from(audit_events).where(self._told_sign_ins()))
            requests = len(waiting(connection))
        orphans = sum(len(batch) for batch in self._orphans())
        return Purged(requests, n, photos, originals, sign_ins or 0, orphans)

    def run(self, act: Act, advance: Advance | None = None) -> Purged:
        """Let it go.

        Args:
            act: who purges; the audit log has a line where anything went.
            advance: told (reports done, reports in all).

        Raises:
            StoreUnavailableError: the database cannot be reached; the next purge goes on.
            BlobStoreError: the photos cannot be listed or deleted; likewise.
        """
        requests = self._finish_requests()
        erased, photos = self._erase(act, whole_reports(self.limits), erase_report, advance)
        _, originals = self._erase(act, originals_only(self.limits), erase_originals, None)
        sign_ins = self._erase_sign_ins()
        orphans = self._let_orphans_go()
        grace = self._grace()
        leftovers = self.blobs.tidy(grace) + tidy_registry(self.settings.registry_path, grace)
        files = remove_noted(self.store, self.blobs, self.now)
        self.store.settle()
        done = Purged(requests, erased, photos, originals, sign_ins, orphans, files, leftovers)
        if done.is_something:
            with self.store.write() as connection:
                act.write(connection, "purged", "reports", **asdict(done))
        return done

    def _finish_requests(self) -> int:
        with self.store.read() as connection:
            ids = waiting(connection)
        return sum(go_on(self.store, erasure_id, self.now)["finished_at"] is not None for erasure_id in ids)

    def _erase(
        self,
        act: Act,
        condition: ColumnElement[bool],
        erase: Callable[[Connection, str, Act, Why], int | None],
        advance: Advance | None,
    ) -> tuple[int, int]:
        """Reports and photos that were erased."""
        with self.store.read() as connection:
            expected, _ = count_that(connection, condition)
        erased = photos = 0
        for report_id in reports_that(self.store, condition):
            with self.store.write() as connection:
                # Somebody may have taken the decision back since it was looked for.
                due = _holds(connection, report_id, condition)
                gone = erase(connection, report_id, act, Why.RETENTION) if due else None
            erased, photos = erased + (gone is not None), photos + (gone or 0)
            if advance is not None:
                advance(erased, max(expected, erased))
        return erased, photos

    def _told_sign_ins(self) -> ColumnElement[bool]:
        days = self.settings.retention_sign_in_days
        if days is None:
            return false()
        told = cast(audit_events.c.detail, Text) != "{}"
        return and_(audit_events.c.action.in_(SIGN_INS), audit_events.c.at < self.now - timedelta(days=days), told)

    def _erase_sign_ins(self) -> int:
        with self.store.write() as connection:
            return connection.execute(update(audit_events).where(self._told_sign_ins()).values(detail={})).rowcount

    def _grace(self) -> datetime:
        return self.now - timedelta(hours=self.settings.orphan_grace_h)

    def _orphans(self) -> Iterator[list[str]]:
        """Names of files that no report needs, a batch at a time."""
        for names in _batches(self.blobs.written_before(self._grace())):
            with self.store.read() as connection:
                needed = needed_of(connection, names)
            yield [name for name in names if name not in needed]

    def _let_orphans_go(self) -> int:
        found = 0
        for names in self._orphans():
            with self.store.write() as connection:
                note_removals(connection, names, self.now)
            found += len(names)
        return found


def _holds(connection: Connection, report_id: str, condition: ColumnElement[bool]) -> bool:
    row = locked_report(connection, report_id)
    return connection.scalar(select(reports.c.id).where(reports.c.id == row["id"], condition)) is not None


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, _BATCH)):
        yield batch
