"""How the page's files are sent: caching, compression, limits, and nothing that is not a file of the page."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.routes.pages import PAGES, PATHS, VENDOR, load_site, modules_of
from support.serving import serving


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(
        max_files=3, max_body_bytes=1001, max_file_bytes=999, max_text_chars=77, max_video_bytes=888, max_video_s=12.5
    ) as client:
        yield client


def test_the_page_knows_the_limits_of_its_server(client: TestClient) -> None:
    page = client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    limits = dict(re.findall(r'data-(max-[\w-]+)="([\d.]+)"', page.text))
    assert limits == {
        "max-photos": "3",
        "max-body-bytes": "1001",
        "max-file-bytes": "999",
        "max-text-chars": "77",
        "max-video-bytes": "888",
        "max-video-s": "12.5",
    }
    assert "{{" not in page.text


@pytest.mark.parametrize("path", PATHS)
def test_every_file_that_a_page_names_is_there_with_a_type_that_browsers_accept(client: TestClient, path: str) -> None:
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    page = client.get(path).text
    assert "{{" not in page
    names = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    assert len(names) > 4
    for name in names:
        answer = client.get(name)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (
            200,
            types[name.rsplit(".", 1)[1]],
        )


def test_every_file_of_the_folder_is_sent_as_it_is(client: TestClient) -> None:
    site = load_site()
    own = {name for name in site.files if not name.startswith("vendor/")}
    assert own == {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*") if path.is_file()}
    for name in site.files:
        source = PAGES / name if name in own else VENDOR.parent / name
        assert client.get(f"/assets/{site.version}/{name}").content == source.read_bytes()


def test_a_page_preloads_the_modules_that_it_imports_and_no_others(client: TestClient) -> None:
    site = load_site()
    preloaded = re.findall(rf'rel="modulepreload" href="/assets/{site.version}/([^"]+)"', client.get("/").text)
    assert preloaded == modules_of(site, "index.html")
    assert {"js/main.js", "js/dom.js", "js/placing.js"} <= set(preloaded)
    assert "js/calls.js" not in preloaded  # only pages of people who are signed in call as them


def test_every_module_belongs_to_a_page() -> None:
    site = load_site()
    used = {module for page in PATHS.values() for module in modules_of(site, page)}
    used |= {
        name
        for page in PATHS.values()
        for name in site.files
        if f"{{{{assets}}}}/{name}".encode() in site.contents[page]
    }
    assert {name for name in site.files if name.endswith(".js")} - used == set()


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in VENDOR.glob("*/VENDORED.md")), ids=lambda path: path.name
)
def test_what_is_vendored_is_what_its_list_says(folder: Path) -> None:
    told = dict(re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (folder / "VENDORED.md").read_text("utf-8")))
    there = {
        path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != "VENDORED.md"
    }
    assert there == told


def test_files_are_kept_for_good_and_the_page_itself_is_asked_for_again(client: TestClient) -> None:
    version = load_site().version
    page, file = client.get("/"), client.get(f"/assets/{version}/js/main.js")
    assert page.headers["cache-control"] == "no-cache"
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    for answer in (page, file):
        again = client.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_page_from_before_an_upgrade_still_gets_its_files_but_must_not_keep_them(client: TestClient) -> None:
    answer = client.get("/assets/000000000000/i18n/common.zh.json")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_text_is_compressed_for_those_who_can_read_it(client: TestClient) -> None:
    path = f"/assets/{load_site().version}/js/main.js"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.headers["vary"] == "Accept-Encoding"


def test_a_photo_is_not_compressed_again(client: TestClient) -> None:
    photo = client.get(f"/assets/{load_site().version}/sample.jpg", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in photo.headers


@pytest.mark.parametrize(
    "name", ["missing.js", "..%2f..%2fsettings.py", "../../settings.py", "js", "", "%00", "js/../js/main.js%00"]
)
def test_nothing_but_the_page_s_files_can_be_read(client: TestClient, name: str) -> None:
    assert client.get(f"/assets/{load_site().version}/{name}").status_code == 404


def test_the_page_s_policy_allows_nothing_from_elsewhere_and_nothing_inline(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/", "/assets/x/js/main.js"])
def test_a_head_request_has_no_body(client: TestClient, path: str) -> None:
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
