"""The use case behind `POST /v1/reports`: what is acknowledged is on disk, photos and row, once.

The order is what makes it safe: the key is claimed, the photos are synced, then one transaction stores the report, its
first events, its links and the key's answer. A crash in between leaves photos that no row names, and nothing else.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert, select
from starlette.requests import Request

from hazardlens.model.pipeline import Classification
from hazardlens.serve.accepting import accepted_body, hung_up
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.facts import facts_of
from hazardlens.serve.reports.assembly import view_of
from hazardlens.serve.reports.duplicates import DuplicateRules, Traits, find_duplicates, sent_as, store_links
from hazardlens.serve.reports.fields import ReportSubmission, read_report
from hazardlens.serve.reports.idempotency import HEADER, Claim, abandon_key, claim_key, finish_key, read_key
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.likeness import bands_of
from hazardlens.serve.reports.prefilling import UNSEEN, classify_if_possible, is_audited, write_prefill
from hazardlens.serve.reports.previews import PreparedPhoto, prepare_photo
from hazardlens.serve.reports.views import ReportView
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.services import Services
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.tables import photo_bands, report_events, report_media, reports
from hazardlens.serve.uploads import Received


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a request.

    Attributes:
        view: the report as its sender sees it.
        content: the same as JSON.
        replayed: the request had been answered before.
        answer: what the machine said; None where it has not looked, or where nothing new was stored.
    """

    view: ReportView
    content: bytes
    replayed: bool
    answer: Classification | None


async def receive_report(request: Request, services: Services, principal: Principal) -> Stored:
    """Take in one report.

    Raises:
        HazardlensError: the report cannot be stored; `problems.answer_for` says how to tell.
        starlette.requests.ClientDisconnect: the client hung up; the report may have been stored.
    """
    key = read_key(request.headers.get(HEADER))
    facts = facts_of(request.scope)
    async with accepted_body(request, services) as received:
        job = partial(_Intake(services, principal, facts.request_id).run, received, key)
        stored = await services.pool.run(job, gone=partial(hung_up, request))
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
        claim = None
        if key is not None:
            claim = Claim(self._principal.actor, key, self._services.now())
            if (found := self._claim(claim, submission)) is not None:
                return found
        try:
            return self._store(submission, claim)
        except BaseException:
            if claim is not None:
                with suppress(StoreUnavailableError), self._services.store.write() as connection:
                    abandon_key(connection, claim)
            raise

    def _claim(self, claim: Claim, submission: ReportSubmission) -> Stored | None:
        """Hold the key; the report, where it is there already."""
        with self._services.store.write() as connection:
            in_flight_s = self._services.settings.idempotency_in_flight_s
            report_id = claim_key(connection, claim, submission.digest(), in_flight_s=in_flight_s)
            if report_id is None:
                return None
            row = connection.execute(select(reports).where(reports.c.id == report_id)).mappings().one()
            view = view_of(connection, row, self._principal)
        return Stored(view, view.model_dump_json().encode(), replayed=True, answer=None)

    def _store(self, submission: ReportSubmission, claim: Claim | None) -> Stored:
        services, settings = self._services, self._services.settings
        photos = [
            prepare_photo(n, upload, preview_side_px=settings.preview_side_px, max_pixels=settings.max_pixels)
            for n, upload in enumerate(submission.uploads)
        ]
        answer = classify_if_possible(
            services.slot, submission.uploads, text=submission.fields.text, request_id=self._request_id
        )
        start = time.perf_counter()
        media = [self._keep(n, photo) for n, photo in enumerate(photos)]
        with services.store.write() as connection:
            report_id = self._insert(connection, submission, media)
            if answer is not None:
                audit = is_audited(answer.prefill, settings.audit_share, services.draw)
                write_prefill(connection, report_id, answer, audit=audit, now=services.now())
            if claim is not None:
                finish_key(connection, claim, report_id)
            row = connection.execute(select(reports).where(reports.c.id == report_id)).mappings().one()
            view = view_of(connection, row, self._principal)
        services.metrics.report_stored(
            view.category, view.urgency, needs_human=view.needs_human, seconds=time.perf_counter() - start
        )
        return Stored(view, view.model_dump_json().encode(), replayed=False, answer=answer)

    def _keep(self, n: int, photo: PreparedPhoto) -> dict[str, Any]:
        """Put a photo's files where they are safe; its row."""
        blobs = self._services.blobs
        return {
            "n": n,
            "sha256": blobs.put(photo.upload.data),
            "preview_sha256": blobs.put(photo.preview),
            "name": photo.upload.name,
            "media_type": photo.media_type,
            "size_bytes": len(photo.upload.data),
            "width": photo.width,
            "height": photo.height,
            "phash": photo.look,
            "detections": [],
        }

    def _insert(self, connection: Connection, submission: ReportSubmission, media: Sequence[dict[str, Any]]) -> str:
        """Write the report as it came, its photos, its first event and its links; returns its id."""
        now, fields, principal = self._services.now(), submission.fields, self._principal
        report_id = new_report_id(now)
        as_sent = {
            "text": fields.text,
            "latitude": fields.latitude,
            "longitude": fields.longitude,
            "address": fields.address,
            "reporter": fields.reporter,
            "external_id": fields.external_id,
        }
        connection.execute(
            insert(reports).values(
                id=report_id,
                created_at=now,
                updated_at=now,
                version=1,
                state=State.RECEIVED.value,
                reporter_group=principal.group,
                source=principal.actor,
                second_review="none",
                **as_sent,
                **UNSEEN,
            )
        )
        connection.execute(insert(report_media), [{"report_id": report_id, **photo} for photo in media])
        bands = [
            {"band": band, "report_id": report_id, "n": photo["n"], "phash": photo["phash"]}
            for photo in media
            if photo["phash"] is not None
            for band in bands_of(photo["phash"])
        ]
        if bands:
            connection.execute(insert(photo_bands), bands)
        connection.execute(
            insert(report_events).values(
                report_id=report_id,
                at=now,
                actor=principal.actor,
                actor_name=principal.name,
                action="receive",
                before={},
                after={"state": State.RECEIVED.value, "photos": len(media)},
                request_id=self._request_id,
            )
        )
        newcomer = Traits(
            report_id,
            now,
            None if fields.latitude is None or fields.longitude is None else (fields.latitude, fields.longitude),
            sent_as(principal.actor, fields.external_id),
            frozenset(photo["sha256"] for photo in media),
            tuple(photo["phash"] for photo in media if photo["phash"] is not None),
        )
        rules = DuplicateRules.from_settings(self._services.settings)
        store_links(connection, report_id, find_duplicates(connection, newcomer, rules), now)
        return report_id
