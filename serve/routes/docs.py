"""`/docs`: the OpenAPI document for people, by a Swagger UI served from here; no file comes from another host."""

import asyncio
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import FileResponse, JSONResponse
from starlette.staticfiles import StaticFiles

STATIC: Final = Path(__file__).parents[1] / "static"

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The document, made and written once: the event loop must not wait for that again and again."""
    app: FastAPI = request.app
    if not hasattr(app.state, "openapi_json"):
        app.state.openapi_json = await asyncio.to_thread(lambda: bytes(JSONResponse(app.openapi()).body))
    return Response(app.state.openapi_json, media_type="application/json")


@router.get("/docs")
async def docs() -> Response:
    """The page."""
    return FileResponse(STATIC / "docs" / "index.html", media_type="text/html", headers={"Cache-Control": "no-cache"})


def mount_static(app: FastAPI) -> None:
    """Serve the files that pages refer to under `/static`."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
