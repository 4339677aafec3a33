"""The rows that the work on a clip leaves: what was seen in it, its frames, and reports that show the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select, update

from hazardlens.model.pipeline import Classification
from hazardlens.model.video.classifying import EvidenceFrame
from hazardlens.serve.reports.duplicates import DuplicateRules, Traits, find_duplicates, sent_as, store_links
from hazardlens.serve.reports.prefilling import write_prefill
from hazardlens.serve.reports.storing import KeptPhoto, insert_photos, keep_if_removed
from hazardlens.serve.services import Services
from hazardlens.serve.store.media_tables import FRAME
from hazardlens.serve.store.removals import keep_noted
from hazardlens.serve.store.tables import report_links, report_media


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """What came of the work on a clip, with its files where they are safe.

    Attributes:
        answer: photos first, then the clip.
        clip: its row.
        preview: the copy for people; None where there is none.
        problem: code of why.
        frames: in order of time.
        kept: the same as photos.
    """

    answer: Classification
    clip: RowMapping
    preview: bytes | None
    problem: str | None
    frames: tuple[EvidenceFrame, ...]
    kept: tuple[KeptPhoto, ...]


def store_outcome(
    connection: Connection, services: Services, outcome: ClipOutcome, preview_sha256: str, *, audit: bool
) -> None:
    """Write all of it, and move the report to pre-filled.

    Args:
        connection: of `Store.write`; the report's row is locked.
        services: the app's parts.
        outcome: what came of it.
        preview_sha256: of the copy for people; empty where there is none.
        audit: from `is_audited`.

    Raises:
        BlobStoreError: a file that is being removed elsewhere could not be kept anew.
    """
    report_id, clip_n, now = outcome.clip["report_id"], outcome.clip["n"], services.now()
    this = (report_media.c.report_id == report_id, report_media.c.n == clip_n)
    connection.execute(update(report_media).where(*this).values(preview_sha256=preview_sha256))
    facts = [
        {
            "kind": FRAME,
            "of_n": clip_n,
            "time_s": frame.time_s,
            "detections": [one.model_dump(mode="json") for one in frame.detections],
        }
        for frame in outcome.frames
    ]
    insert_photos(connection, report_id, outcome.kept, first_n=clip_n + 1, facts=facts)
    keep_if_removed(connection, outcome.kept, services.blobs)
    if outcome.preview is not None:
        keep_noted(connection, {preview_sha256: outcome.preview}, services.blobs)
    row = write_prefill(connection, report_id, outcome.answer, audit=audit, now=now)
    _link_by_frames(connection, row, outcome.kept, DuplicateRules.from_settings(services.settings))


def _link_by_frames(
    connection: Connection, row: RowMapping, frames: Sequence[KeptPhoto], rules: DuplicateRules
) -> None:
    """Link reports whose photos look like a frame; those by the clip's file were linked when it came in."""
    place = (row["latitude"], row["longitude"])
    traits = Traits(
        row["id"],
        row["created_at"],
        None if place[0] is None else place,
        sent_as(row["source"], row["external_id"]),
        frozenset(kept.sha256 for kept in frames),
        tuple(kept.photo.look for kept in frames if kept.photo.look is not None),
    )
    links = report_links.c
    tied = select(links.report_id, links.other_id).where(or_(links.report_id == row["id"], links.other_id == row["id"]))
    known: set[Any] = {one for pair in connection.execute(tied) for one in pair}
    found = [link for link in find_duplicates(connection, traits, rules) if link.other_id not in known]
    store_links(connection, row["id"], found, row["updated_at"])
