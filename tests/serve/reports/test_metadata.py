"""Whatever a photo tells beside what it shows stays in the original, and the original has a right of its own."""

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.access.roles import Action, Role
from support.accounts import key_headers, session_headers
from support.intake import REPORTS
from support.serving import found, problem_of, serving
from support.speaking import SECRET, speaking_photos

PHOTOS: Final = speaking_photos()
EXIF: Final = {b"Exif", b"EXIF", b"eXIf"}
"""As JPEG, HEIC and AVIF, as WebP, and as PNG call it."""
TRACES: Final = (SECRET, *sorted(EXIF), b"adobe", b"xpacket", b"ICC_PROFILE", b"iCCP", b"acsp", b"GPS", b"tEXt")
JPEG_PARTS: Final = {0xE0, 0xDB, 0xC0, 0xC2, 0xC4, 0xDA, 0xDD}
"""JFIF, tables, frames, scans; every other segment may hold words."""

NAMES = pytest.mark.parametrize("name", PHOTOS)


def traces_in(content: bytes) -> list[bytes]:
    return [trace for trace in TRACES if trace in content]


def parts_of(content: bytes) -> set[Any]:
    """Markers of a JPEG, or chunks of a PNG; fails where anything follows the picture."""
    found: set[Any] = set()
    at = 2
    if content.startswith(b"\x89PNG"):
        at = 8
        while at < len(content):
            (size,), kind = struct.unpack_from(">I", content, at), content[at + 4 : at + 8]
            found.add(kind)
            at += 12 + size
        return found
    assert content.startswith(b"\xff\xd8")
    assert content.endswith(b"\xff\xd9")
    while content[at : at + 2] != b"\xff\xd9":
        marker, (size,) = content[at + 1], struct.unpack_from(">H", content, at + 2)
        found.add(marker)
        at += 2 + size
        if marker == 0xDA:  # the scan goes on to the next marker that is none of its own
            while content[at] != 0xFF or content[at + 1] in {0, *range(0xD0, 0xD8)}:
                at += 1
    assert at + 2 == len(content)
    return found


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(ScriptedDetector([found()] * len(PHOTOS)), draw=lambda: 0.99) as client:
        yield client


@pytest.fixture(scope="module")
def report(client: TestClient) -> dict[str, Any]:
    """One with a photo of each format, decided."""
    reviewer = session_headers(client, "li", Role.REVIEWER)
    response = client.post(REPORTS, files=[("file", (name, photo)) for name, photo in PHOTOS.items()])
    assert response.status_code == 201, response.text
    report: dict[str, Any] = response.json()
    path = f"{REPORTS}/{report['id']}"
    held = client.post(f"{path}/claim", json={"version": report["version"]}, headers=reviewer).json()
    decided = client.post(f"{path}/review", json={"verdict": "confirm", "version": held["version"]}, headers=reviewer)
    assert decided.status_code == 200, decided.text
    return report


@pytest.fixture(scope="module")
def exported(client: TestClient, report: dict[str, Any]) -> list[bytes]:
    """All photos of all forms of the export of `report`."""
    engineer = session_headers(client, "wang", Role.ENGINEER)
    photos = []
    for form in ("reviewed", "coco", "yolo", "label_studio"):
        response = client.get("/v1/exports", params={"form": form}, headers=engineer)
        with zipfile.ZipFile(io.BytesIO(response.content)) as files:
            contents = {name: files.read(name) for name in files.namelist()}
        assert report["id"].encode() in b"".join(contents.values()) or form == "yolo"
        assert [name for name, content in contents.items() if SECRET in content] == []
        photos += [content for name, content in contents.items() if name.endswith((".jpg", ".png"))]
    return photos


@NAMES
def test_the_photos_of_this_test_tell_something(name: str) -> None:
    traces = set(traces_in(PHOTOS[name]))
    assert traces & EXIF
    # A PNG's profile is compressed.
    assert {SECRET, b"xpacket"} | (set() if ".png" in name else {b"acsp"}) <= traces


@NAMES
@pytest.mark.parametrize("form", ["preview", "annotated"])
def test_copies_tell_nothing(client: TestClient, report: dict[str, Any], name: str, form: str) -> None:
    looker = key_headers(client, f"looker {name} {form}", Action.READ_REPORTS)
    path = f"{REPORTS}/{report['id']}/media/{list(PHOTOS).index(name)}"
    response = client.get(path, params={"form": form}, headers=looker)
    assert response.status_code == 200
    assert traces_in(response.content) == []
    assert parts_of(response.content) <= JPEG_PARTS
    assert SECRET.decode() not in str(response.headers)


def test_exported_photos_tell_nothing(report: dict[str, Any], exported: list[bytes]) -> None:
    assert len(exported) >= 2 * len(report["media"])
    for content in exported:
        assert traces_in(content) == []
        assert parts_of(content) <= (JPEG_PARTS if content.startswith(b"\xff\xd8") else {b"IHDR", b"IDAT", b"IEND"})


@NAMES
def test_the_original_is_whole_and_needs_a_right(client: TestClient, report: dict[str, Any], name: str) -> None:
    path = f"{REPORTS}/{report['id']}/media/{list(PHOTOS).index(name)}?form=original"
    looker = key_headers(client, f"looker of {name}", Action.READ_REPORTS, Action.EXPORT, Action.READ_PLACES)
    problem_of(client.get(path, headers=looker), 403, "forbidden")
    allowed = key_headers(client, f"reader of {name}", Action.READ_REPORTS, Action.READ_ORIGINALS)
    assert client.get(path, headers=allowed).content == PHOTOS[name]


def test_places_of_photos_are_not_read_unless_a_setting_says_so(client: TestClient, report: dict[str, Any]) -> None:
    assert (report["latitude"], report["longitude"]) == (None, None)
