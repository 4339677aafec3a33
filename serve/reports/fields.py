"""What a report holds beside its photos: read from form fields, query parameters or JSON, and checked once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Final

from pydantic import Field

from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.json_body import MediaBody
from hazardlens.serve.settings import Settings
from hazardlens.serve.uploads import (
    TEXT_FIELD,
    BodyKind,
    Received,
    SentFiles,
    UploadLimits,
    check_chars,
    read_files_and_fields,
    read_number,
)

_MAX_LATITUDE: Final = 90.0
_MAX_LONGITUDE: Final = 180.0


class ReportBody(MediaBody):
    """A report as JSON."""

    latitude: Annotated[float, Field(ge=-_MAX_LATITUDE, le=_MAX_LATITUDE, allow_inf_nan=False)] | None = Field(
        None, description="Degrees north, WGS 84; only with `longitude`.", examples=[31.2304]
    )
    longitude: Annotated[float, Field(ge=-_MAX_LONGITUDE, le=_MAX_LONGITUDE, allow_inf_nan=False)] | None = Field(
        None, description="Degrees east, WGS 84; only with `latitude`.", examples=[121.4737]
    )
    address: str | None = Field(None, description="The place in words.", examples=["人民路 12 号门口"])
    reporter: str | None = Field(
        None, description="What you call the person; it is stored as it is.", examples=["rider-0042"]
    )
    external_id: str | None = Field(
        None,
        description="Your own number for this report. One seen before is linked as a likely duplicate.",
        examples=["hotline-2026-000123"],
    )


REPORT_BODY: Final = BodyKind(
    tuple(name for name in ReportBody.model_fields if name != "media"), ReportBody, photos_beside_clip=True
)


@dataclass(frozen=True, slots=True)
class ReportFields:
    """A report's words and place, within all limits; both coordinates or none."""

    text: str = ""
    latitude: float | None = None
    longitude: float | None = None
    address: str | None = None
    reporter: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReportSubmission:
    """A whole report as it was sent."""

    files: SentFiles
    fields: ReportFields

    def digest(self) -> str:
        """Sha256 of what it says: the same for every way to send it, and whatever the photos are called."""
        clips = () if self.files.clip is None else (self.files.clip,)
        photos = [hashlib.sha256(upload.data).hexdigest() for upload in (*self.files.photos, *clips)]
        content = json.dumps([photos, asdict(self.fields)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def read_report(received: Received, limits: UploadLimits, settings: Settings) -> ReportSubmission:
    """Read and check a whole report.

    Raises:
        RequestError: it cannot be read or breaks a limit; each way to fail has its own class and code.
    """
    sent = read_files_and_fields(received, limits, REPORT_BODY)
    return ReportSubmission(sent.files, _read_fields(sent.fields, settings))


def _read_fields(sent: Mapping[str, str], settings: Settings) -> ReportFields:
    for name, value in sent.items():
        if "\0" in value:  # PostgreSQL keeps every character but this one
            raise FieldInvalidError(f"{name}: contains the character U+0000")
    latitude = read_number("latitude", sent.get("latitude"), -_MAX_LATITUDE, _MAX_LATITUDE)
    longitude = read_number("longitude", sent.get("longitude"), -_MAX_LONGITUDE, _MAX_LONGITUDE)
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise FieldInvalidError(f"{missing}: missing; a place needs both latitude and longitude")
    lengths = {
        "address": settings.max_address_chars,
        "reporter": settings.max_reporter_chars,
        "external_id": settings.max_external_id_chars,
    }
    words = {name: check_chars(name, sent.get(name, "").strip(), most) or None for name, most in lengths.items()}
    text = check_chars(TEXT_FIELD, sent.get(TEXT_FIELD, ""), settings.max_text_chars)
    return ReportFields(text, latitude, longitude, **words)
