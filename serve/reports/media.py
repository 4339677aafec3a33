"""The forms of a stored photo, clip or frame: as it came, small, and small with boxes."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, RowMapping, select

from hazardlens.model.annotate import annotate
from hazardlens.model.detections import Detection
from hazardlens.model.pipeline import DetectionResult
from hazardlens.model.taxonomy import Category
from hazardlens.serve.clips import PREVIEW_MEDIA_TYPE as CLIP_MEDIA_TYPE
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.reports.previews import PREVIEW_MEDIA_TYPE, encode_jpeg, open_preview
from hazardlens.serve.store.blobs import BlobStore, get_or_lost
from hazardlens.serve.store.errors import BlobMissingError
from hazardlens.serve.store.media_tables import VIDEO
from hazardlens.serve.store.tables import report_media, reports
from hazardlens.serve.uploads import read_query

FORM_PARAMETER: Final = "form"
_MAX_N: Final = 1000
_A_DAY: Final = "private, max-age=86400"
_ASK_FIRST: Final = "private, no-cache"
_WHO: Final = "Authorization, Cookie"


class MediaForm(StrEnum):
    """What to show of a photo, clip or frame."""

    ORIGINAL = "original"
    PREVIEW = "preview"
    ANNOTATED = "annotated"


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """The row of a photo, clip or frame.

    Attributes:
        row: of `report_media`.
        seen: whether a model has looked at it; until then its boxes can still come.
    """

    row: RowMapping
    seen: bool

    @property
    def is_clip(self) -> bool:
        """Whether it is one, which has a preview only after work, and never boxes of its own."""
        return bool(self.row["kind"] == VIDEO)


def read_form(query: bytes) -> MediaForm:
    """From a query string; the preview where nothing else is asked for.

    Raises:
        FieldUnknownError: a parameter that there is not.
        FieldInvalidError: a form that there is not.
    """
    form = read_query(query, (FORM_PARAMETER,)).get(FORM_PARAMETER) or MediaForm.PREVIEW
    if form not in list(MediaForm):
        raise FieldInvalidError(f"{FORM_PARAMETER}: {form[:40]!r} is none of {', '.join(MediaForm)}")
    return MediaForm(form)


def find_media(connection: Connection, report_id: str, n: int) -> StoredMedia:
    """A photo, clip or frame of a report.

    Raises:
        BlobMissingError: no such report, or it has not that many; or all of it was erased.
    """
    query = (
        select(report_media, reports.c.model_version, reports.c.erased_at)
        .join(reports, reports.c.id == report_media.c.report_id)
        .where(report_media.c.report_id == report_id, report_media.c.n == min(n, _MAX_N))
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise BlobMissingError(f"no photo {n} of a report {report_id[:40]!r}")
    if row["erased_at"] is not None:
        raise BlobMissingError(f"photo {n} of this report was erased")
    return StoredMedia(row, row["model_version"] is not None)


def require_form(media: StoredMedia, form: MediaForm) -> None:
    """Check that there is such a form of it.

    Raises:
        FieldInvalidError: a clip has no boxes of its own.
        BlobMissingError: the small copy of a clip is not made yet, or could not be.
    """
    if media.is_clip and form is MediaForm.ANNOTATED:
        raise FieldInvalidError(f"{FORM_PARAMETER}: a clip has no {form}; its frames have")
    if form is not MediaForm.ORIGINAL and not media.row["preview_sha256"]:
        raise BlobMissingError("there is no small copy of this clip yet")


def etag_of(media: StoredMedia, form: MediaForm) -> str:
    """Changes when what is sent does."""
    if form is MediaForm.ORIGINAL:
        return f'"{media.row["sha256"]}"'
    if form is MediaForm.PREVIEW:
        return f'"{media.row["preview_sha256"]}"'
    drawn = json.dumps([media.row["preview_sha256"], media.row["detections"]], sort_keys=True)
    return f'"{hashlib.sha256(drawn.encode()).hexdigest()}"'


def headers_of(media: StoredMedia, form: MediaForm) -> dict[str, str]:
    """Headers of the answer.

    A photo never changes, but it may be erased, and a browser should not show it for long after that.

    Photos are for those who may read reports: no cache that others share may keep them, and what a browser keeps is not
    for whoever signs in there next, or is signed out. An original is bytes from a stranger: it is a download, and never
    a page of ours.
    """
    final = form is not MediaForm.ANNOTATED or media.seen
    headers = {"ETag": etag_of(media, form), "Cache-Control": _A_DAY if final else _ASK_FIRST, "Vary": _WHO}
    if media.is_clip:
        headers["Accept-Ranges"] = "bytes"
    if form is MediaForm.ORIGINAL:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(media.row['name'], safe='')}"
    return headers


def media_type_of(media: StoredMedia, form: MediaForm) -> str:
    """Content-Type of the answer."""
    if form is MediaForm.ORIGINAL:
        return str(media.row["media_type"])
    return CLIP_MEDIA_TYPE if media.is_clip else PREVIEW_MEDIA_TYPE


def content_of(media: StoredMedia, form: MediaForm, blobs: BlobStore) -> bytes:
    """The file.

    Raises:
        BlobMissingError: it is no longer kept, or damaged: asking again would not help.
        BlobStoreError: the store does not answer.
    """
    row = media.row
    if form is MediaForm.ORIGINAL:
        return get_or_lost(blobs, row["sha256"])
    preview = get_or_lost(blobs, row["preview_sha256"])
    if form is MediaForm.PREVIEW:
        return preview
    seen = [DetectionResult.model_validate(one) for one in row["detections"]]
    photo = open_preview(preview, row["width"], row["height"])
    hazards: dict[str, Category | None] = {one.label: one.hazard for one in seen}
    return encode_jpeg(annotate(photo, (_detection(one) for one in seen), hazards=hazards))


def _detection(found: DetectionResult) -> Detection:
    box = found.box
    return Detection(found.label, found.confidence, (box.x_min, box.y_min, box.x_max, box.y_max))
