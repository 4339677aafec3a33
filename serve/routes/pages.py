"""The page at `/` and its files: read once at the start, filled in with the limits, served from memory."""

import gzip
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hazardlens.serve.settings import Settings

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


def make_router(settings: Settings) -> APIRouter:
    """The routes `/` and `/assets/...`; the page learns the limits, so that it can check before it sends."""
    paths = sorted(path for path in PAGES.rglob("*") if path.suffix in _MEDIA_TYPES)
    contents = {path.relative_to(PAGES).as_posix(): path.read_bytes() for path in paths}
    version = sha256(b"".join(name.encode() + body for name, body in contents.items())).hexdigest()[:12]
    files = {name: PageFile.make(body, Path(name).suffix) for name, body in contents.items()}
    index = PageFile.make(_fill_in(contents, version, settings).encode(), ".html")
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def read_index(request: Request) -> Response:
        return index.respond(request, cache_control=_ASK_FIRST)

    # The version in the path lets browsers keep the files for good, and an upgrade replaces all of them at once. A page
    # that was opened before the upgrade still gets its files, under the old path and without that promise.
    @router.api_route("/assets/{asked_version}/{name:path}", methods=["GET", "HEAD"])
    async def read_asset(request: Request, asked_version: str, name: str) -> Response:
        if name not in files:
            raise HTTPException(404)
        return files[name].respond(request, cache_control=_FOREVER if asked_version == version else _ASK_FIRST)

    return router


def _fill_in(contents: Mapping[str, bytes], version: str, settings: Settings) -> str:
    assets = f"/assets/{version}"
    modules = [name for name in contents if name.endswith(".js")]
    values = {
        "assets": assets,
        "icons": contents["icons.svg"].decode(),
        # Without this list, a browser would find each module only after it has read the one that imports it.
        "preloads": "\n  ".join(f'<link rel="modulepreload" href="{assets}/{name}">' for name in modules),
        "max_photos": str(settings.max_files),
        "max_body_bytes": str(settings.max_body_bytes),
        "max_file_bytes": str(settings.max_file_bytes),
        "max_text_chars": str(settings.max_text_chars),
    }
    markup = {"icons", "preloads"}
    return _PLACEHOLDER.sub(
        lambda hole: values[hole[1]] if hole[1] in markup else html.escape(values[hole[1]]),
        contents["index.html"].decode(),
    )
