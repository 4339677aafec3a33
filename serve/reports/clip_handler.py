"""The work on a report's clip: one decision on all that was sent, the frames that show why, and a copy for people.

All that comes of it is written in one transaction, and with it the job ends. So it happens once, however often it was
begun; files that an attempt left behind without a row go with the orphans.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import Connection, RowMapping, select

from hazardlens.model.errors import ClipStoppedError, MediaError
from hazardlens.model.pipeline import Classification, Upload
from hazardlens.model.video.classifying import EvidenceFrame
from hazardlens.serve.logs import current_request_id, logged_for
from hazardlens.serve.problems import INTERNAL_ERROR
from hazardlens.serve.reports.changes import locked_report
from hazardlens.serve.reports.clip_metrics import ClipMetrics
from hazardlens.serve.reports.clip_rows import Work, write_progress, write_waiting, write_work
from hazardlens.serve.reports.clip_storing import ClipOutcome, store_outcome
from hazardlens.serve.reports.prefilling import is_audited, write_prefill
from hazardlens.serve.reports.previews import prepare_photo
from hazardlens.serve.reports.storing import KeptPhoto, keep_photo
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.services import Services
from hazardlens.serve.store.blobs import get_or_lost
from hazardlens.serve.store.errors import BlobMissingError
from hazardlens.serve.store.media_tables import IMAGE, VIDEO
from hazardlens.serve.store.removals import note_removals
from hazardlens.serve.store.tables import report_events, report_media, reports
from hazardlens.serve.work.errors import JobLostError, JobPostponedError
from hazardlens.serve.work.worker import Hold

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

_IN_REVIEW_PAUSE: Final = timedelta(seconds=30)
_WATCHING_SHARE: Final = 0.85
"""Of the whole work; the rest is the copy for people."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a report came with: all that the clip's answer depends on.

    Attributes:
        files: the sha256 of each of its files, in their order; empty for one that is erased.
    """

    report_id: str
    text: str
    photos: tuple[Upload, ...]
    clip: Upload
    clip_row: RowMapping
    files: tuple[str, ...]


class ClipHandler:
    """See `Handler`."""

    def __init__(self, services: Services, metrics: ClipMetrics) -> None:
        self._services = services
        self._metrics = metrics

    def work(self, hold: Hold) -> None:
        """See `Handler`."""
        with logged_for(self._sent_by(hold.job.key), report=hold.job.key):
            start = time.perf_counter()
            try:
                sent = self._begin(hold)
                if sent is not None:
                    self._finish(hold, sent, self._look(hold, sent))
            except BlobMissingError as error:
                self._fail(hold, error.code, [])
            except MediaError as error:
                _log.warning("clip_failed", code=error.reason.code)
                self._fail(hold, error.reason.code, self._photos_of(hold.job.key))
            self._metrics.took(time.perf_counter() - start)

    def tell_progress(self, connection: Connection, hold: Hold) -> None:
        """See `Handler`."""
        write_progress(connection, hold.job.key, hold.progress)

    def give_up(self, hold: Hold) -> None:
        """See `Handler`."""
        self._fail(hold, INTERNAL_ERROR.code, [])

    def tell_waiting(self, connection: Connection, hold: Hold) -> None:
        """See `Handler`."""
        write_waiting(connection, hold.job.key)

    def _begin(self, hold: Hold) -> _Sent | None:
        """What to look at; None where nobody waits for it, and the job has ended."""
        report_id = hold.job.key
        with self._services.store.write() as connection:
            row = locked_report(connection, report_id)
            if not _waits(row):
                hold.end(connection)
                write_work(connection, report_id, Work.CANCELLED, ended_at=self._services.now())
                return None
            write_work(connection, report_id, Work.RUNNING)
            media = _media_of(connection, report_id)
        clip = next(one for one in media if one["kind"] == VIDEO)
        photos = tuple(self._upload(one) for one in media if one["n"] < clip["n"])
        return _Sent(report_id, row["text"], photos, self._upload(clip), clip, _files_of(media))

    def _look(self, hold: Hold, sent: _Sent) -> ClipOutcome:
        classifier = self._services.slot.model.classifier

        def progress(share: float) -> None:
            hold.progress = _WATCHING_SHARE * share

        try:
            answer = self._services.clips.classify(
                classifier,
                sent.clip,
                photos=sent.photos,
                text=sent.text,
                request_id=current_request_id() or "",
                progress=progress,
                stop=hold.is_over,
            )
            preview, problem = self._preview(sent.clip, hold)
        except ClipStoppedError as error:
            raise JobLostError(sent.report_id) from error
        hold.progress = 1.0
        frames = [self._keep_frame(sent, number, frame) for number, frame in enumerate(answer.frames)]
        return ClipOutcome(answer.classification, sent.clip_row, preview, problem, tuple(answer.frames), tuple(frames))

    def _preview(self, clip: Upload, hold: Hold) -> tuple[bytes | None, str | None]:
        """The copy for people, or the code of why there is none: a clip that was understood is not lost for that."""
        try:
            return self._services.clips.preview(clip, stop=hold.is_over), None
        except MediaError as error:
            _log.warning("clip_preview_failed", code=error.reason.code)
            return None, error.reason.code

    def _keep_frame(self, sent: _Sent, number: int, frame: EvidenceFrame) -> KeptPhoto:
        settings = self._services.settings
        upload = Upload(frame_name(sent.clip.name, frame.time_s), frame.jpeg)
        size_px = frame.width * frame.height
        photo = prepare_photo(number, upload, preview_side_px=settings.preview_side_px, max_pixels=size_px)
        return keep_photo(photo, self._services.blobs)

    def _finish(self, hold: Hold, sent: _Sent, outcome: ClipOutcome) -> None:
        services = self._services
        preview_sha256 = "" if outcome.preview is None else services.blobs.put(outcome.preview)
        audit = is_audited(outcome.answer.prefill, services.settings.audit_share, services.draw)
        try:
            with services.store.write() as connection:
                self._end(connection, hold, sent)
                store_outcome(connection, services, outcome, preview_sha256, audit=audit)
                problem, now = outcome.problem, services.now()
                write_work(connection, sent.report_id, Work.DONE, progress=1.0, problem=problem, ended_at=now)
        except (JobLostError, JobPostponedError):
            self._let_go(
                [preview_sha256, *(one for kept in outcome.kept for one in (kept.sha256, kept.preview_sha256))]
            )
            raise
        services.metrics.classified(outcome.answer)

    def _let_go(self, sha256s: Sequence[str]) -> None:
        """Have files removed that no row will name: the report may have been erased, and they with it."""
        with self._services.store.write() as connection:
            note_removals(connection, sha256s, self._services.now())

    def _fail(self, hold: Hold, code: str, photos: Sequence[Upload]) -> None:
        """The clip cannot be used: what the photos beside it say holds, and without any a person has to look."""
        services, report_id = self._services, hold.job.key
        with services.store.read() as connection:
            text = connection.scalar(select(reports.c.text).where(reports.c.id == report_id)) or ""
        answer = self._answer_without(photos, text) if photos else None
        with services.store.write() as connection:
            waits = _waits(locked_report(connection, report_id))
            hold.end(connection)
            if answer is not None and waits:
                audit = is_audited(answer.prefill, services.settings.audit_share, services.draw)
                write_prefill(connection, report_id, answer, audit=audit, now=services.now())
            write_work(connection, report_id, Work.FAILED, problem=code, ended_at=services.now())
        self._metrics.failed(code)

    def _answer_without(self, photos: Sequence[Upload], text: str) -> Classification:
        classifier = self._services.slot.model.classifier
        return classifier.classify(photos, text=text, request_id=current_request_id() or "")

    def _photos_of(self, report_id: str) -> list[Upload]:
        with self._services.store.read() as connection:
            rows = _media_of(connection, report_id)
        return [self._upload(row) for row in rows if row["kind"] == IMAGE]

    def _end(self, connection: Connection, hold: Hold, sent: _Sent) -> None:
        """The report before the job, as a review locks them: crosswise, each could wait for the other."""
        row = locked_report(connection, sent.report_id)
        if not _waits(row):
            raise JobLostError(sent.report_id)
        if (row["text"], _files_of(_media_of(connection, sent.report_id))) != (sent.text, sent.files):
            raise JobPostponedError("what the report says or shows was changed meanwhile", timedelta(0))
        hold.end(connection)

    def _upload(self, row: RowMapping) -> Upload:
        return Upload(row["name"], get_or_lost(self._services.blobs, row["sha256"]))

    def _sent_by(self, report_id: str) -> str | None:
        """The id of the request that sent a report."""
        events = report_events.c
        query = select(events.request_id).where(events.report_id == report_id, events.action == "receive")
        with self._services.store.read() as connection:
            found: str | None = connection.execute(query.limit(1)).scalar_one_or_none()
        return found


def _media_of(connection: Connection, report_id: str) -> Sequence[RowMapping]:
    query = select(report_media).where(report_media.c.report_id == report_id).order_by(report_media.c.n)
    return connection.execute(query).mappings().all()


def _files_of(media: Sequence[RowMapping]) -> tuple[str, ...]:
    return tuple(row["sha256"] for row in media)


def _waits(row: RowMapping) -> bool:
    """Whether a report still waits for the machine's word.

    Raises:
        JobPostponedError: somebody looks at it just now.
    """
    if row["state"] == State.IN_REVIEW and row["erased_at"] is None:
        raise JobPostponedError("somebody reviews the report", _IN_REVIEW_PAUSE)
    return row["state"] == State.RECEIVED and row["erased_at"] is None


def frame_name(clip_name: str, time_s: float) -> str:
    """What a frame is called: its clip, and when."""
    minutes, seconds = divmod(time_s, 60)
    return f"{clip_name[:100]} {int(minutes)}:{seconds:04.1f}.jpg"
