import io
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest
from httpx2 import Response
from PIL import Image
from starlette.testclient import TestClient

from hazardlens.model.annotate import HAZARD_COLOURS
from hazardlens.model.taxonomy import Category
from hazardlens.serve.access.roles import Role
from hazardlens.serve.reports.media import StoredMedia
from hazardlens.serve.store.blobs import FolderBlobs
from support import pictures
from support.intake import REPORTS, as_jpeg, exif_at, scene, sent, services_behind
from support.painted import paint_detector, painted
from support.people import authenticate_by_header, headers_of
from support.serving import problem_of, serving

LI: Final = headers_of("li")
SIDE_PX: Final = 200
SPEAKING: Final = as_jpeg(scene(3, 400, 300), exif=exif_at(31.5, 121.25), comment=b"secret", icc_profile=b"profile")
CABLE: Final = painted(800, 600, dangling_cable=(200, 150, 400, 450))


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(paint_detector(), authenticate=authenticate_by_header, preview_side_px=SIDE_PX) as client:
        yield client


@pytest.fixture(scope="module")
def report(client: TestClient) -> dict[str, Any]:
    """Three photos: one with metadata, one with a cable, and one that is stored lying on its side."""
    return sent(client, SPEAKING, pictures.saved(CABLE, "PNG"), pictures.oriented(6))


def get(client: TestClient, report: dict[str, Any], n: int, form: str, **headers: str) -> Response:
    return client.get(report["media"][n]["urls"][form], headers={**LI, **headers})


def picture_of(response: Response) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content))


def test_the_original_is_as_it_came(client: TestClient, report: dict[str, Any]) -> None:
    response = get(client, report, 0, "original")
    assert response.content == SPEAKING
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''0.jpg"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert get(client, report, 1, "original").headers["content-type"] == "image/png"


@pytest.mark.parametrize("form", ["preview", "annotated"])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_copies_carry_pixels_and_nothing_else(client: TestClient, report: dict[str, Any], form: str, n: int) -> None:
    response = get(client, report, n, form)
    picture = picture_of(response)
    assert response.headers["content-type"] == "image/jpeg"
    assert "content-disposition" not in response.headers
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    assert max(picture.size) <= SIDE_PX
    for word in (b"secret", b"profile", b"Exif"):
        assert word not in response.content


def test_a_preview_is_upright_and_shows_the_photo(client: TestClient, report: dict[str, Any]) -> None:
    picture = picture_of(get(client, report, 2, "preview"))
    media = report["media"][2]
    assert picture.width * media["height"] == picture.height * media["width"]
    found = pictures.corners_of(np.asarray(picture))
    assert np.abs(np.array(found) - pictures.CORNERS).max() < 20


def test_a_small_photo_is_not_blown_up(client: TestClient, report: dict[str, Any]) -> None:
    assert picture_of(get(client, report, 2, "preview")).size == (96, 64)


def test_boxes_are_drawn_where_the_thing_is(client: TestClient, report: dict[str, Any]) -> None:
    (found,) = report["media"][1]["detections"]
    assert found["box"] == {"x_min": 200, "y_min": 150, "x_max": 400, "y_max": 450}
    plain, drawn = (np.asarray(picture_of(get(client, report, 1, form)), np.int16) for form in ("preview", "annotated"))
    assert plain.shape == drawn.shape == (150, 200, 3)
    changed = np.abs(plain - drawn).sum(axis=2) > 120
    rows, columns = np.flatnonzero(changed[60:90].any(axis=0)), np.flatnonzero(changed[:, 60:90].any(axis=1))
    assert (rows[0], rows[-1]) == pytest.approx((50, 100), abs=3)
    assert columns[-1] == pytest.approx(112, abs=3)
    colour = HAZARD_COLOURS[Category.DANGLING_CABLE]
    assert (np.abs(drawn - colour).sum(axis=2) < 90).any()


@pytest.mark.parametrize("form", ["original", "preview", "annotated"])
def test_whoever_has_it_may_keep_it(client: TestClient, report: dict[str, Any], form: str) -> None:
    first = get(client, report, 1, form)
    assert first.headers["cache-control"] == "private, max-age=86400"
    assert first.headers["vary"] == "Authorization, Cookie"
    again = get(client, report, 1, form, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert get(client, report, 1, form, **{"If-None-Match": '"other"'}).status_code == 200


def test_forms_and_photos_have_tags_of_their_own(client: TestClient, report: dict[str, Any]) -> None:
    tags = {get(client, report, n, form).headers["etag"] for n in range(3) for form in report["media"][0]["urls"]}
    assert len(tags) == 9


def test_boxes_that_can_still_come_are_not_kept_for_good(client: TestClient) -> None:
    services = services_behind(client)
    state, services.slot._state = services.slot._state, None
    try:
        report = sent(client)
    finally:
        services.slot._state = state
    assert get(client, report, 0, "annotated").headers["cache-control"] == "private, no-cache"
    assert "max-age=86400" in get(client, report, 0, "preview").headers["cache-control"]


def test_the_preview_is_what_one_gets_without_asking(client: TestClient, report: dict[str, Any]) -> None:
    plain = client.get(f"{REPORTS}/{report['id']}/media/1", headers=LI)
    assert plain.content == get(client, report, 1, "preview").content


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        pytest.param("{id}/media/3", 404, "media_missing", id="one too far"),
        pytest.param("{id}/media/99999999999999999999", 404, "media_missing", id="far too far"),
        pytest.param("{id}/media/" + "9" * 5000, 404, "not_found", id="a number that Python reads no more"),
        pytest.param("{id}/media/-1", 404, "not_found", id="before the first"),
        pytest.param("{id}/media/x", 404, "not_found", id="no number"),
        pytest.param("00/media/0", 404, "media_missing", id="no report"),
        pytest.param("{id}/media/0?form=small", 422, "field_invalid", id="no such form"),
        pytest.param("{id}/media/0?size=1", 422, "field_unknown", id="no such parameter"),
    ],
)
def test_what_is_not_there(client: TestClient, report: dict[str, Any], path: str, status: int, code: str) -> None:
    problem_of(client.get(f"{REPORTS}/{path.format(id=report['id'])}", headers=LI), status, code)


def test_a_photo_that_was_deleted_is_missing(client: TestClient) -> None:
    report = sent(client, as_jpeg(scene(99)))
    services_behind(client).blobs.delete(get(client, report, 0, "original").headers["etag"].strip('"'))
    problem_of(get(client, report, 0, "original"), 404, "media_missing")
    assert get(client, report, 0, "preview").status_code == 200


def test_a_photo_that_is_damaged_is_missing_too_and_nobody_is_told_to_try_again(client: TestClient) -> None:
    report = sent(client, as_jpeg(scene(98)))
    blobs = services_behind(client).blobs
    assert isinstance(blobs, FolderBlobs)
    blobs._path(get(client, report, 0, "original").headers["etag"].strip('"')).write_bytes(b"damaged")
    problem_of(get(client, report, 0, "original"), 404, "media_missing")


def test_originals_need_a_right_of_their_own(
    client: TestClient, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hazardlens.serve.access import roles
    from support import people

    fewer = {**roles.ROLE_ACTIONS, Role.ENGINEER: frozenset({roles.Action.READ_REPORTS})}
    monkeypatch.setattr(people, "ROLE_ACTIONS", fewer)
    urls = report["media"][0]["urls"]
    problem_of(client.get(urls["original"], headers=headers_of("chen", Role.ENGINEER)), 403, "forbidden")
    assert client.get(urls["preview"], headers=headers_of("chen", Role.ENGINEER)).status_code == 200


@pytest.mark.parametrize("name", ["照片 1.jpg", 'a".jpg', "a;b=c.jpg"])
def test_a_name_cannot_break_the_header(name: str) -> None:
    from hazardlens.serve.reports.media import MediaForm
    from hazardlens.serve.reports.media import headers_of as headers

    row: Any = {"name": name, "kind": "image", "sha256": "0"}
    value = headers(StoredMedia(row, seen=True), MediaForm.ORIGINAL)["Content-Disposition"]
    assert value.isascii()
    assert not set(value.partition("''")[2]) & set('"; ')
