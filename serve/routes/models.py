"""`/v1/models`: what is in service, what else there is, and how good each is known to be."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from hazardlens.model.errors import BundleError
from hazardlens.serve.access.roles import Action
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.errors import ModelRefusedError
from hazardlens.serve.gate import require
from hazardlens.serve.registry.bundles import read_card
from hazardlens.serve.registry.notes import WantedModel
from hazardlens.serve.registry.views import ModelList, describe_listing, refusal_answer
from hazardlens.serve.services import Services, services_of

router = APIRouter(prefix="/v1/models", tags=["models"], dependencies=[Depends(require(Action.READ_MODELS))])

_CARD: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "Markdown.", "content": {"text/markdown": {"example": "# hazardlens-yolo11n 2026.1\n"}}}
}


@router.get(
    "",
    summary="Models in service and in the registry",
    responses=problem_answers(
        "unauthenticated", "forbidden", "model_loading", "bundle_checksum_mismatch", "store_unavailable"
    ),
)
def list_models(services: Annotated[Services, Depends(services_of)]) -> ModelList:
    """The model that answers requests, and every other bundle of the registry; one that cannot be used says why.

    A bundle is read and checked when it is new or has changed, so the first look after a copy may take a moment.
    """
    return describe_listing(services.models.listing())


@router.get(
    "/{version}/card",
    summary="A model's card",
    response_class=Response,
    responses={
        **_CARD,
        **problem_answers("unauthenticated", "forbidden", "model_missing", "model_ambiguous"),
        **refusal_answer(),
    },
)
def read_model_card(version: WantedModel, services: Annotated[Services, Depends(services_of)]) -> Response:
    """What the model was trained on, what it was measured on, and what it must not be used for."""
    entry = services.models.shelf.find(version)
    try:
        card = read_card(entry)
    except BundleError as error:
        raise ModelRefusedError(entry.without_folders(str(error)), error) from error
    return Response(card, media_type="text/markdown; charset=utf-8")
