"""The pages and their files: read once at the start, filled in with the limits, served from memory."""

import gzip
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hazardlens.serve.services import Services, services_of
from hazardlens.serve.settings import Settings

router = APIRouter(include_in_schema=False)

PAGES: Final = Path(__file__).resolve().parents[1] / "pages"
VENDOR: Final = PAGES.parent / "static" / "vendor"

PATHS: Final[Mapping[str, str]] = {
    "/": "index.html",
    "/admin": "admin.html",
    "/login": "login.html",
    "/setup": "setup.html",
    "/report": "report.html",
    "/review": "review.html",
    "/stats": "stats.html",
}
"""Path of each page -> its HTML file."""

VENDORED: Final[tuple[str, ...]] = ("annotorious", "uplot")
"""Folders of `VENDOR` that pages import from, as `vendor/<folder>/...` beside their own files."""

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_FIRST: Final = "no-cache"
_FRAGMENTS: Final = ("meta", "languages")
"""What all pages have in common, each in a file below `fragments/`."""

_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")
_ENTRY: Final = re.compile(r'<script type="module" src="\{\{assets\}\}/([^"]+)"')
_IMPORT: Final = re.compile(r'^(?:import|export|\}) ?(?:[^"\n]* from )?"(\.[^"]+)";$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent: `packed` is the gzip form, None where that would not be smaller."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str

    @classmethod
    def make(cls, body: bytes, suffix: str) -> "PageFile":
        """A file of this content.

        Raises:
            KeyError: the page has no files of this kind.
        """
        packed = gzip.compress(body, mtime=0)
        return cls(
            body,
            packed if len(packed) < 0.9 * len(body) else None,
            _MEDIA_TYPES[suffix],
            f'W/"{sha256(body).hexdigest()[:24]}"',  # weak: one tag for both forms
        )

    def respond(self, request: Request, *, cache_control: str) -> Response:
        """The file, or 304 where the browser has it."""
        headers = {"Cache-Control": cache_control, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        if self.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self.packed, headers=headers, media_type=self.media_type)
        return Response(self.body, headers=headers, media_type=self.media_type)


@dataclass(frozen=True, slots=True)
class Site:
    """All files of the pages; `version` changes with any of them."""

    version: str
    contents: Mapping[str, bytes]
    files: Mapping[str, PageFile]


@cache
def load_site() -> Site:
    """The pages' files, read once: those of `PAGES` under their own names, vendored ones under `vendor/`."""
    contents = {path.relative_to(PAGES).as_posix(): path.read_bytes() for path in _files_below(PAGES)}
    for package in VENDORED:
        paths = _files_below(VENDOR / package)
        contents |= {f"vendor/{path.relative_to(VENDOR).as_posix()}": path.read_bytes() for path in paths}
    version = sha256(b"".join(name.encode() + body for name, body in contents.items())).hexdigest()[:12]
    files = {name: PageFile.make(body, Path(name).suffix) for name, body in contents.items()}
    return Site(version, contents, files)


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in _MEDIA_TYPES)


def modules_of(site: Site, page: str) -> list[str]:
    """The modules that an HTML file of the site starts, and all that they import, in the order found.

    Raises:
        KeyError: one imports a module that is not there.
    """
    waiting = [match[1] for match in _ENTRY.finditer(site.contents[page].decode())]
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found[name] = None
        if not name.startswith("vendor/"):  # bundled: it imports nothing
            imports = (match[1] for match in _IMPORT.finditer(site.contents[name].decode()))
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in imports]
    return list(found)


@lru_cache(maxsize=32)
def _make_page(name: str, limits: tuple[tuple[str, str], ...]) -> PageFile:
    """A page's document; it learns the limits, so that it can check before it sends."""
    site = load_site()
    assets = f"/assets/{site.version}"
    modules = modules_of(site, name)
    values = {
        "assets": assets,
        "icons": site.contents["icons.svg"].decode(),
        **{name: site.contents[f"fragments/{name}.html"].decode().rstrip() for name in _FRAGMENTS},
        # Without this list, a browser would find each module only after it has read the one that imports it.
        "preloads": "\n  ".join(f'<link rel="modulepreload" href="{assets}/{module}">' for module in modules),
        **dict(limits),
    }
    filled = _PLACEHOLDER.sub(lambda hole: values[hole[1]], site.contents[name].decode())
    return PageFile.make(filled.encode(), ".html")


async def read_page(request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """The page at this path; everybody may read it, because all that it shows comes from the API."""
    page = _make_page(PATHS[request.url.path], _limits_of(services.settings))
    return page.respond(request, cache_control=_ASK_FIRST)


def _limits_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Placeholders of the pages, and what fills them in."""
    return (
        ("max_photos", str(settings.max_files)),
        ("max_body_bytes", str(settings.max_body_bytes)),
        ("max_file_bytes", str(settings.max_file_bytes)),
        ("max_text_chars", str(settings.max_text_chars)),
        ("max_video_bytes", str(settings.max_video_bytes)),
        ("max_video_s", f"{settings.max_video_s:g}"),
    )


for _path in PATHS:
    router.add_api_route(_path, read_page, methods=["GET", "HEAD"])


# The version in the path lets browsers keep the files for good, and an upgrade replaces all of them at once. A page
# that was opened before the upgrade still gets its files, under the old path and without that promise.
@router.api_route("/assets/{version}/{name:path}", methods=["GET", "HEAD"])
async def read_asset(request: Request, version: str, name: str) -> Response:
    """One of the page's files."""
    site = load_site()
    if name not in site.files:
        raise HTTPException(404)
    cache_control = _FOREVER if version == site.version else _ASK_FIRST
    return site.files[name].respond(request, cache_control=cache_control)
