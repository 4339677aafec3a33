"""`POST /v1/classify`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from hazardlens.model.pipeline import Classification
from hazardlens.serve.access.roles import Action
from hazardlens.serve.classifying import classify_request
from hazardlens.serve.documents import (
    CLASSIFY_CODES,
    CLASSIFY_PARAMETERS,
    CLASSIFY_REQUEST,
    EXAMPLE_ANSWER,
    EXAMPLE_CLIP_ANSWER,
    problem_answers,
)
from hazardlens.serve.gate import require
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["classify"])

_ANSWERS = {
    200: {
        "description": "The pre-filled report.",
        "content": {
            "application/json": {
                "examples": {"photo": {"value": EXAMPLE_ANSWER}, "clip": {"value": EXAMPLE_CLIP_ANSWER}}
            }
        },
        "model": Classification,
    },
    **problem_answers(*CLASSIFY_CODES),
}


@router.post(
    "/classify",
    summary="Photos or a clip, and words in, a pre-filled report out",
    responses=_ANSWERS,
    openapi_extra={"requestBody": CLASSIFY_REQUEST, "parameters": CLASSIFY_PARAMETERS},
    dependencies=[Depends(require(Action.CLASSIFY))],
)
async def classify(request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """Send 1 to 8 photos of one hazard as a form, one photo as the raw body, or photos in base64 as JSON.

    The format of a photo is judged by its content: JPEG, PNG, WebP, HEIC/HEIF or AVIF. Instead of photos, one clip may
    come in each of these ways: MP4, MOV or WebM. Nothing is stored. Boxes are in pixels of the upright original.
    """
    return Response(await classify_request(request, services), media_type="application/json")
