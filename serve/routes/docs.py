"""`/docs`: the OpenAPI document for people, by a Swagger UI served from here; no file comes from another host."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import FileResponse, JSONResponse
from starlette.staticfiles import StaticFiles

STATIC: Final = Path(__file__).parents[1] / "static"

router = APIRouter(include_in_schema=False)

# Swagger UI sets style attributes and draws its icons from data URLs; scripts still come from files of ours only.
DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The document."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs() -> Response:
    """The page."""
    headers = {"Content-Security-Policy": DOCS_POLICY, "Cache-Control": "no-cache"}
    return FileResponse(STATIC / "docs" / "index.html", media_type="text/html", headers=headers)


def mount_static(app: FastAPI) -> None:
    """Serve the files that pages refer to under `/static`."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
