"""Reports as people send them in tests, and photos that can be told apart by their looks."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from httpx2 import Response
from PIL import Image
from starlette.testclient import TestClient

from hazardlens.serve.services import Services

REPORTS: Final = "/v1/reports"
START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FIELDS: Final[dict[str, Any]] = {
    "text": "井盖没了 🙏",
    "latitude": 31.2304,
    "longitude": -121.4737,
    "address": "人民路 12 号",
    "reporter": "rider-0042",
    "external_id": "hotline-7",
}
"""All that may be said beside photos."""
_GPS: Final = 0x8825


class Clock:
    """A time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Go on by hours, minutes or seconds."""
        self.now += timedelta(**by)


def scene(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """A picture of soft blobs, another one for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (8, 9, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def as_jpeg(picture: Image.Image, **options: Any) -> bytes:  # noqa: ANN401 - what Pillow's encoder takes
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", **{"quality": 90, **options})
    return out.getvalue()


def photo_of(seed: int, **options: Any) -> bytes:  # noqa: ANN401 - what Pillow's encoder takes
    """A JPEG of `scene`."""
    return as_jpeg(scene(seed), **options)


def send(
    client: TestClient,
    *photos: bytes,
    key: str | None = None,
    headers: dict[str, str] | None = None,
    **fields: object,
) -> Response:
    """Post a report as a form; without photos, that of seed 0."""
    files = [("file", (f"{n}.jpg", photo)) for n, photo in enumerate(photos or (photo_of(0),))]
    all_headers = {**(headers or {}), **({"Idempotency-Key": key} if key is not None else {})}
    return client.post(
        REPORTS, files=files, data={name: str(value) for name, value in fields.items()}, headers=all_headers
    )


def sent(client: TestClient, *photos: bytes, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - see `send`
    """The report that was stored; fails where it was not."""
    response = send(client, *photos, **fields)
    assert response.status_code == 201, response.text
    report: dict[str, Any] = response.json()
    return report


def services_behind(client: TestClient) -> Services:
    """The parts of the app behind a client."""
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # the app that `serving` made
    return services


def exif_at(latitude: float, longitude: float) -> bytes:
    """An EXIF block with a GPS position, as a phone writes it."""
    exif = Image.Exif()
    place = exif.get_ifd(_GPS)
    place[1], place[2] = "S" if latitude < 0 else "N", _parts(latitude)
    place[3], place[4] = "W" if longitude < 0 else "E", _parts(longitude)
    return exif.tobytes()


def _parts(degrees: float) -> tuple[float, float, float]:
    whole, rest = divmod(abs(degrees), 1)
    minutes, rest = divmod(rest * 60, 1)
    return whole, minutes, rest * 60
