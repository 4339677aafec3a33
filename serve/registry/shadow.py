"""A candidate in the shadow: it sees the photos of live reports after they were answered, and has no say.

Reports are found by asking the database which of them have no answer of the candidate's yet, so a restart loses nothing
and intake knows nothing of this. Only one server of a database does the work, and only while it has threads to spare;
when more waits than may wait, the oldest are given up and counted.
"""

import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from hazardlens.model.errors import HazardlensError
from hazardlens.model.pipeline import Classification, Classifier, Upload
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.errors import UnavailableError
from hazardlens.serve.logs import log_failure
from hazardlens.serve.model_slot import LoadedModel
from hazardlens.serve.pool import WorkerPool
from hazardlens.serve.registry.choosing import ModelChanges
from hazardlens.serve.registry.loading import BundleLoader
from hazardlens.serve.registry.metrics import ModelMetrics
from hazardlens.serve.registry.shadow_rows import (
    ShadowTask,
    count_waiting,
    give_lease,
    nth_newest_waiting,
    read_task,
    take_lease,
    waiting_reports,
    write_result,
)
from hazardlens.serve.registry.state import Shadow, read_shadow
from hazardlens.serve.store.blobs import BlobStore, get_or_lost
from hazardlens.serve.store.engine import Store

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

LEASE: Final = timedelta(seconds=30)
_LATE: Final = timedelta(minutes=10)  # a report's row may become visible some time after the time that it carries
_BATCH: Final = 20
_KEPT_FAILURES: Final = 500


class ShadowWorker:
    """Shows reports to the candidate in the shadow. `sweep` blocks: it is for a thread of its own."""

    def __init__(
        self,
        *,
        store: Store,
        blobs: BlobStore,
        pool: WorkerPool,
        loader: BundleLoader,
        metrics: ModelMetrics,
        backlog: int,
        now: Callable[[], datetime],
    ) -> None:
        """Put the parts together; nothing is read yet.

        Args:
            store: reports, and what the candidate says of them.
            blobs: their photos.
            pool: the threads of live requests, which go first.
            loader: loads the candidate.
            metrics: what is counted.
            backlog: most reports that may wait for the candidate.
            now: the time, with zone.
        """
        self._store = store
        self._blobs = blobs
        self._pool = pool
        self._loader = loader
        self._metrics = metrics
        self._backlog = backlog
        self._now = now
        self._leased = False
        self._me = secrets.token_hex(8)
        self._candidate: LoadedModel | None = None
        self._unusable: object = None
        self._failed: deque[str] = deque(maxlen=_KEPT_FAILURES)
        self._seen_to: datetime | None = None
        self.stopped = threading.Event()

    def sweep(self) -> int:
        """Show some of the waiting reports to the candidate.

        Returns:
            How many of them it has answered.

        Raises:
            UnavailableError: database or photos cannot be reached; the rest waits.
        """
        with self._store.read() as connection:
            shadow = self._not_yet_seen(read_shadow(connection))
            waiting = count_waiting(connection, shadow, self._failed) if shadow else 0
        self._metrics.shadow_waiting(waiting)
        if shadow is None:
            self._forget()
            return 0
        if waiting == 0:
            self._seen_to = self._now() - _LATE
            return 0
        if not self._lease():
            return 0
        candidate = self._load(shadow)
        if candidate is None:
            return 0
        if waiting > self._backlog:
            fewer = self._drop(shadow, waiting)
            if fewer is None:
                return 0
            shadow = fewer
        answered = self._answer(shadow, candidate.classifier)
        self._metrics.shadow_waiting(max(0, min(waiting, self._backlog) - answered))
        return answered

    def release(self) -> None:
        """Let another server go on at once.

        Raises:
            StoreUnavailableError: the database cannot be reached; then they wait a little.
        """
        if self._leased:
            with self._store.write() as connection:
                give_lease(connection, self._me)
            self._leased = False

    def _not_yet_seen(self, shadow: Shadow | None) -> Shadow | None:
        """The shadow without the time in which nothing waits any more: a look must not cost more with every report."""
        if shadow is None or self._seen_to is None:
            return shadow
        seen_to = min(self._seen_to, self._now() - _LATE)  # the clock may have been ahead
        return replace(shadow, since=max(shadow.since, seen_to))

    def _forget(self) -> None:
        self._candidate = None
        self._seen_to = None
        self._failed.clear()

    def _answer(self, shadow: Shadow, classifier: Classifier) -> int:
        with self._store.read() as connection:
            report_ids = waiting_reports(connection, shadow, self._failed, limit=_BATCH)
        answered = 0
        for report_id in report_ids:
            if self.stopped.is_set() or not self._pool.has_free_thread:
                break
            with self._store.read() as connection:
                task = read_task(connection, report_id)
            answer = self._classify(classifier, task)
            if answer is None:
                self._failed.append(report_id)
                self._metrics.shadow("failed")
                continue
            with self._store.write() as connection:
                write_result(connection, report_id, shadow.model.version, answer, self._now())
            self._metrics.shadow("answered")
            answered += 1
        return answered

    def _classify(self, classifier: Classifier, task: ShadowTask) -> Classification | None:
        """The candidate's answer; None where these photos can have none."""
        try:
            uploads = [Upload(name, get_or_lost(self._blobs, sha256)) for name, sha256 in task.photos]
            return classifier.classify(uploads, text=task.text)
        except UnavailableError:
            raise
        except HazardlensError as error:
            _log.warning("shadow_failed", report_id=task.report_id, code=error.code)
            return None
        except Exception as error:  # noqa: BLE001 - one report that nobody foresaw must not hold up all others
            log_failure(error)
            return None

    def _load(self, shadow: Shadow) -> LoadedModel | None:
        if self._candidate is not None and self._candidate.sha256 == shadow.model.sha256:
            return self._candidate
        self._forget()  # before another one is loaded: two would need twice the memory
        attempt = (shadow.model, self._loader.shelf.signature())
        if attempt == self._unusable:
            return None
        try:
            self._candidate = self._loader.load_chosen(shadow.model)
        except HazardlensError as error:
            self._unusable = attempt
            _log.error("shadow_unusable", wanted=shadow.model.ref, code=error.code, reason=str(error))
        else:
            _log.info("shadow_ready", version=shadow.model.version)
        return self._candidate

    def _lease(self) -> bool:
        with self._store.write() as connection:
            self._leased = take_lease(connection, self._me, self._now(), LEASE)
        return self._leased

    def _drop(self, shadow: Shadow, waiting: int) -> Shadow | None:
        """Give up on the oldest, so that no more than the backlog waits; None where the candidate left meanwhile."""
        with self._store.write() as connection:
            since = nth_newest_waiting(connection, shadow, self._failed, self._backlog)
            dropped = waiting - count_waiting(connection, replace(shadow, since=since), self._failed)
            changes = ModelChanges(connection, Act(SYSTEM, self._now()))
            fewer = changes.drop_from_shadow(shadow, since=since, dropped=dropped)
        if fewer is None:
            return None
        self._metrics.shadow("dropped", dropped)
        _log.warning("shadow_dropped", version=shadow.model.version, reports=dropped)
        return fewer
