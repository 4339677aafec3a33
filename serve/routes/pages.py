"""The page at `/` and its files: read once at the start, filled in with the limits, served from memory."""

import gzip
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

router = APIRouter(include_in_schema=False)

PAGES: Final = Path(__file__).resolve().parents[1] / "pages"

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
_PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")


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
    """All files of the page; `version` changes with any of them."""

    version: str
    contents: Mapping[str, bytes]
    files: Mapping[str, PageFile]


@cache
def load_site() -> Site:
    """The page's files, read once."""
    paths = sorted(path for path in PAGES.rglob("*") if path.suffix in _MEDIA_TYPES)
    contents = {path.relative_to(PAGES).as_posix(): path.read_bytes() for path in paths}
    version = sha256(b"".join(name.encode() + body for name, body in contents.items())).hexdigest()[:12]
    files = {name: PageFile.make(body, Path(name).suffix) for name, body in contents.items()}
    return Site(version, contents, files)


@lru_cache(maxsize=8)
def _make_index(max_photos: int, max_body_bytes: int, max_file_bytes: int, max_text_chars: int) -> PageFile:
    """The document at `/`; it learns the limits, so that it can check before it sends."""
    site = load_site()
    assets = f"/assets/{site.version}"
    modules = [name for name in site.contents if name.endswith(".js")]
    values = {
        "assets": assets,
        "icons": site.contents["icons.svg"].decode(),
        # Without this list, a browser would find each module only after it has read the one that imports it.
        "preloads": "\n  ".join(f'<link rel="modulepreload" href="{assets}/{name}">' for name in modules),
        "max_photos": str(max_photos),
        "max_body_bytes": str(max_body_bytes),
        "max_file_bytes": str(max_file_bytes),
        "max_text_chars": str(max_text_chars),
    }
    filled = _PLACEHOLDER.sub(lambda hole: values[hole[1]], site.contents["index.html"].decode())
    return PageFile.make(filled.encode(), ".html")


@router.api_route("/", methods=["GET", "HEAD"])
async def read_index(request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """The page."""
    settings = services.settings
    index = _make_index(settings.max_files, settings.max_body_bytes, settings.max_file_bytes, settings.max_text_chars)
    return index.respond(request, cache_control=_ASK_FIRST)


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
