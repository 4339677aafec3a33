"""The rows of a new report: itself, its photos and clip, its first event, and its links to likely duplicates."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert

from hazardlens.model.pipeline import Upload
from hazardlens.model.video.clip import ClipInfo
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.reports.clip_rows import put_clip
from hazardlens.serve.reports.duplicates import DuplicateRules, Traits, find_duplicates, sent_as, store_links
from hazardlens.serve.reports.fields import ReportFields
from hazardlens.serve.reports.likeness import bands_of
from hazardlens.serve.reports.prefilling import UNSEEN
from hazardlens.serve.reports.previews import PreparedPhoto
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.media_tables import VIDEO, photo_bands
from hazardlens.serve.store.removals import keep_noted
from hazardlens.serve.store.tables import report_events, report_media, reports

MEDIA_TYPES: Final = {"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm"}


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo whose files are where they are safe, under their sha256."""

    photo: PreparedPhoto
    sha256: str
    preview_sha256: str


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A clip whose file is where it is safe, under its sha256; not worked on yet."""

    upload: Upload
    info: ClipInfo
    sha256: str


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report before it has rows."""

    id: str
    at: datetime
    sender: Principal
    request_id: str
    fields: ReportFields
    photos: tuple[KeptPhoto, ...]
    clip: KeptClip | None = None

    @property
    def clips(self) -> tuple[KeptClip, ...]:
        """The clip, if there is one."""
        return () if self.clip is None else (self.clip,)

    def traits(self) -> Traits:
        """What duplicates are told by."""
        place = (self.fields.latitude, self.fields.longitude)
        return Traits(
            self.id,
            self.at,
            None if place[0] is None or place[1] is None else (place[0], place[1]),
            sent_as(self.sender.actor, self.fields.external_id),
            frozenset({kept.sha256 for kept in self.photos} | {kept.sha256 for kept in self.clips}),
            tuple(kept.photo.look for kept in self.photos if kept.photo.look is not None),
        )


def keep_photo(photo: PreparedPhoto, blobs: BlobStore) -> KeptPhoto:
    """Put a photo's files away; they are durable when this returns.

    Raises:
        BlobStoreError: they could not be stored.
    """
    return KeptPhoto(photo, blobs.put(photo.upload.data), blobs.put(photo.preview))


def keep_if_removed(
    connection: Connection, photos: Sequence[KeptPhoto], blobs: BlobStore, *, clips: Sequence[KeptClip] = ()
) -> None:
    """Put away anew what of these files is being removed for other reports that had the same.

    Args:
        connection: of `Store.write`, after `insert_report`.
        photos: of the report.
        blobs: where they go.
        clips: of the report.

    Raises:
        BlobStoreError: they could not be stored.
    """
    contents = {kept.sha256: kept.photo.upload.data for kept in photos}
    contents |= {kept.preview_sha256: kept.photo.preview for kept in photos}
    contents |= {kept.sha256: kept.upload.data for kept in clips}
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
    insert_photos(connection, new.id, new.photos)
    for clip in new.clips:
        connection.execute(insert(report_media).values(_clip_row(new, clip)))
        put_clip(connection, new.id, new.at)
    connection.execute(
        insert(report_events).values(
            report_id=new.id,
            at=new.at,
            actor=new.sender.actor,
            actor_name=new.sender.name,
            action="receive",
            before={},
            after={
                "state": State.RECEIVED.value,
                "photos": len(new.photos),
                **({"clips": len(new.clips)} if new.clips else {}),
            },
            request_id=new.request_id,
        )
    )
    store_links(connection, new.id, find_duplicates(connection, new.traits(), rules), new.at)


def insert_photos(
    connection: Connection,
    report_id: str,
    photos: Sequence[KeptPhoto],
    *,
    first_n: int = 0,
    facts: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write the rows of photos.

    Args:
        connection: of `Store.write`.
        report_id: whose.
        photos: in order.
        first_n: number of the first one.
        facts: for each, columns that are not as for a photo on which nobody has looked yet.
    """
    places = list(enumerate(photos, first_n))
    if not places:
        return
    rows: list[dict[str, Any]] = [
        {
            "report_id": report_id,
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
            **(facts[n - first_n] if facts else {}),
        }
        for n, kept in places
    ]
    connection.execute(insert(report_media), rows)
    bands = [
        {"band": band, "report_id": report_id, "n": n, "phash": look}
        for n, kept in places
        if (look := kept.photo.look) is not None
        for band in bands_of(look)
    ]
    if bands:
        connection.execute(insert(photo_bands), bands)


def _clip_row(new: NewReport, clip: KeptClip) -> dict[str, Any]:
    return {
        "report_id": new.id,
        "n": len(new.photos),
        "kind": VIDEO,
        "sha256": clip.sha256,
        "name": clip.upload.name,
        "media_type": MEDIA_TYPES[clip.info.format],
        "size_bytes": len(clip.upload.data),
        "width": clip.info.width,
        "height": clip.info.height,
        "duration_s": clip.info.duration_s,
        "preview_sha256": "",  # made by the work on it
        "detections": [],
    }
