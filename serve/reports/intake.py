"""The use case behind `POST /v1/reports`: what is acknowledged is on disk, photos and row, once.

The order is what makes it safe: the key is claimed, the photos are synced, then one transaction stores the report, its
first events, its links and the key's answer. A crash in between leaves photos that no row names, and nothing else.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request

from hazardlens.model.pipeline import Classification, Upload
from hazardlens.model.video.clip import ClipInfo
from hazardlens.serve.accepting import accepted_body, hung_up
from hazardlens.serve.access.clients import sender_of_request
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.facts import facts_of
from hazardlens.serve.reports.clip_rows import require_room
from hazardlens.serve.reports.duplicates import DuplicateRules
from hazardlens.serve.reports.fields import ReportFields, ReportSubmission, read_report
from hazardlens.serve.reports.idempotency import HEADER, Claim, abandon_key, claim_key, finish_key, read_key
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.prefilling import classify_if_possible, is_audited, write_prefill
from hazardlens.serve.reports.previews import PreparedPhoto, place_of, prepare_photo
from hazardlens.serve.reports.reading import read_report_view
from hazardlens.serve.reports.storing import (
    KeptClip,
    KeptPhoto,
    NewReport,
    insert_report,
    keep_if_removed,
    keep_photo,
)
from hazardlens.serve.reports.views import ReportView
from hazardlens.serve.services import Services
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.uploads import Received, SentFiles


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a request.

    Attributes:
        view: the report as its sender sees it.
        content: the same as JSON.
        answer: what the machine said; None where it has not looked, or where nothing new was stored.
        replayed: the request had been answered before.
    """

    view: ReportView
    content: bytes
    answer: Classification | None = None
    replayed: bool = False


async def receive_report(request: Request, services: Services, principal: Principal) -> Stored:
    """Take in one report.

    Raises:
        HazardlensError: the report cannot be stored; `problems.answer_for` says how to tell.
        starlette.requests.ClientDisconnect: the client hung up; the report may have been stored.
    """
    key = read_key(request.headers.get(HEADER))
    facts = facts_of(request.scope)
    intake = _Intake(services, principal, facts.request_id)
    async with accepted_body(request, services) as received:
        job, gone = partial(intake.run, received, key), partial(hung_up, request)
        sender = sender_of_request(request, services.settings)
        stored = await services.pool.run(job, sender=sender, gone=gone)
    if stored.answer is not None:
        services.metrics.classified(stored.answer)
    facts.photos = len(stored.view.media)
    facts.category = stored.view.category
    return stored


class _Intake:
    """One request's work, in a worker thread."""

    def __init__(self, services: Services, principal: Principal, request_id: str) -> None:
        self._services = services
        self._principal = principal
        self._request_id = request_id

    def run(self, received: Received, key: str | None) -> Stored:
        submission = read_report(received, self._services.limits, self._services.settings)
        if key is None:
            return self._take_in(submission, None)
        claim = Claim(self._principal.actor, key, self._services.now())
        before = self._claim(claim, submission)
        if before is not None:
            return before
        try:
            return self._take_in(submission, claim)
        except BaseException:
            with suppress(StoreUnavailableError), self._services.store.write() as connection:
                abandon_key(connection, claim)
            raise

    def _claim(self, claim: Claim, submission: ReportSubmission) -> Stored | None:
        """Hold the key; the report, where it is there already."""
        digest, in_flight_s = submission.digest(), self._services.settings.idempotency_in_flight_s
        with self._services.store.write() as connection:
            report_id = claim_key(connection, claim, digest, in_flight_s=in_flight_s)
            if report_id is None:
                return None
            view = read_report_view(connection, report_id, self._principal)
        return Stored(view, view.model_dump_json().encode(), replayed=True)

    def _take_in(self, submission: ReportSubmission, claim: Claim | None) -> Stored:
        services, files = self._services, submission.files
        clip = self._probe(files)
        photos = self._prepare(files)
        answer = None
        if clip is None:  # a clip takes long, and there is one decision on all that was sent
            text = submission.fields.text
            answer = classify_if_possible(services.slot, files.photos, text=text, request_id=self._request_id)
        start = time.perf_counter()
        kept = tuple(keep_photo(photo, services.blobs) for photo in photos)
        kept_clip = None if clip is None else KeptClip(*clip, services.blobs.put(clip[0].data))
        with services.store.write() as connection:
            fields = self._placed(submission.fields, photos)
            view = self._store(connection, fields, kept, kept_clip, answer)
            if claim is not None:
                finish_key(connection, claim, view.id)
        services.metrics.report_stored(
            view.category, view.urgency, needs_human=view.needs_human, seconds=time.perf_counter() - start
        )
        return Stored(view, view.model_dump_json().encode(), answer)

    def _probe(self, files: SentFiles) -> tuple[Upload, ClipInfo] | None:
        """The clip and what its head says, if there is one and one more may wait."""
        if files.clip is None:
            return None
        services = self._services
        with services.store.read() as connection:
            require_room(connection, services.settings.video_queue_length)
        return files.clip, services.clips.probe(files.clip, index=files.clip_at)

    def _prepare(self, files: SentFiles) -> list[PreparedPhoto]:
        settings = self._services.settings
        return [
            prepare_photo(
                files.place_of(n), upload, preview_side_px=settings.preview_side_px, max_pixels=settings.max_pixels
            )
            for n, upload in enumerate(files.photos)
        ]

    def _placed(self, fields: ReportFields, photos: list[PreparedPhoto]) -> ReportFields:
        """With the place that a photo tells, where the operator wants that and the sender has told none."""
        if not self._services.settings.read_exif_place or fields.latitude is not None:
            return fields
        latitude, longitude = place_of(photos) or (None, None)
        return replace(fields, latitude=latitude, longitude=longitude)

    def _store(
        self,
        connection: Connection,
        fields: ReportFields,
        photos: tuple[KeptPhoto, ...],
        clip: KeptClip | None,
        answer: Classification | None,
    ) -> ReportView:
        services, settings = self._services, self._services.settings
        now = services.now()
        if clip is not None:
            require_room(connection, settings.video_queue_length)
        new = NewReport(new_report_id(now), now, self._principal, self._request_id, fields, photos, clip)
        insert_report(connection, new, DuplicateRules.from_settings(settings))
        keep_if_removed(connection, photos, services.blobs, clips=new.clips)
        if answer is not None:
            audit = is_audited(answer.prefill, settings.audit_share, services.draw)
            write_prefill(connection, new.id, answer, audit=audit, now=services.now())
        return read_report_view(connection, new.id, self._principal)
