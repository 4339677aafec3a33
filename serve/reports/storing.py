"""The rows of a new report: itself, its photos, its first event, and its links to likely duplicates."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from hazardlens.serve.access.principals import Principal
from hazardlens.serve.reports.duplicates import DuplicateRules, Traits, find_duplicates, sent_as, store_links
from hazardlens.serve.reports.fields import ReportFields
from hazardlens.serve.reports.likeness import bands_of
from hazardlens.serve.reports.prefilling import UNSEEN
from hazardlens.serve.reports.previews import PreparedPhoto
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.media_tables import photo_bands
from hazardlens.serve.store.removals import keep_noted
from hazardlens.serve.store.tables import report_events, report_media, reports


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo whose files are where they are safe, under their sha256."""

    photo: PreparedPhoto
    sha256: str
    preview_sha256: str


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report before it has rows."""

    id: str
    at: datetime
    sender: Principal
    request_id: str
    fields: ReportFields
    photos: tuple[KeptPhoto, ...]

    def traits(self) -> Traits:
        """What duplicates are told by."""
        place = (self.fields.latitude, self.fields.longitude)
        return Traits(
            self.id,
            self.at,
            None if place[0] is None or place[1] is None else (place[0], place[1]),
            sent_as(self.sender.actor, self.fields.external_id),
            frozenset(kept.sha256 for kept in self.photos),
            tuple(kept.photo.look for kept in self.photos if kept.photo.look is not None),
        )


def keep_photo(photo: PreparedPhoto, blobs: BlobStore) -> KeptPhoto:
    """Put a photo's files away; they are durable when this returns.

    Raises:
        BlobStoreError: they could not be stored.
    """
    return KeptPhoto(photo, blobs.put(photo.upload.data), blobs.put(photo.preview))


def keep_if_removed(connection: Connection, photos: Sequence[KeptPhoto], blobs: BlobStore) -> None:
    """Put away anew what of these photos' files is being removed for other reports that had the same.

    Args:
        connection: of `Store.write`, after `insert_report`.
        photos: of the report.
        blobs: where they go.

    Raises:
        BlobStoreError: they could not be stored.
    """
    contents = {kept.sha256: kept.photo.upload.data for kept in photos}
    contents |= {kept.preview_sha256: kept.photo.preview for kept in photos}
    keep_noted(connection, contents, blobs)


def insert_report(connection: Connection, new: NewReport, rules: DuplicateRules) -> None:
    """Write all rows of a report that nobody has looked at yet, in the transaction of `Store.write`."""
    connection.execute(
        insert(reports).values(
            id=new.id,
            created_at=new.at,
            updated_at=new.at,
            version=1,
            state=State.RECEIVED.value,
            source=new.sender.actor,
            reporter_group=new.sender.group,
            second_review="none",
            **asdict(new.fields),
            **UNSEEN,
        )
    )
    _insert_photos(connection, new)
    connection.execute(
        insert(report_events).values(
            report_id=new.id,
            at=new.at,
            actor=new.sender.actor,
            actor_name=new.sender.name,
            action="receive",
            before={},
            after={"state": State.RECEIVED.value, "photos": len(new.photos)},
            request_id=new.request_id,
        )
    )
    store_links(connection, new.id, find_duplicates(connection, new.traits(), rules), new.at)


def _insert_photos(connection: Connection, new: NewReport) -> None:
    rows: list[dict[str, Any]] = [
        {
            "report_id": new.id,
            "n": n,
            "sha256": kept.sha256,
            "name": kept.photo.upload.name,
            "media_type": kept.photo.media_type,
            "size_bytes": len(kept.photo.upload.data),
            "width": kept.photo.width,
            "height": kept.photo.height,
            "phash": kept.photo.look,
            "preview_sha256": kept.preview_sha256,
            "detections": [],
        }
        for n, kept in enumerate(new.photos)
    ]
    connection.execute(insert(report_media), rows)
    bands = [
        {"band": band, "report_id": new.id, "n": n, "phash": look}
        for n, kept in enumerate(new.photos)
        if (look := kept.photo.look) is not None
        for band in bands_of(look)
    ]
    if bands:
        connection.execute(insert(photo_bands), bands)
