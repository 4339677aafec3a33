"""The one shape of every answer that is not 2xx: RFC 9457 `application/problem+json` with a stable `code`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from hazardlens.model.errors import (
    HazardlensError,
    ImageBrokenError,
    ImageEmptyError,
    ImageError,
    ImageFormatError,
    ImageTooLargeError,
    MediaError,
    VideoBrokenError,
    VideoDecoderError,
    VideoError,
    VideoFormatError,
    VideoLimitError,
    VideoTooLargeError,
    VideoTooLongError,
)
from hazardlens.serve.errors import BodyTooLargeError, ModelRefusedError, ModelUnusableError, ProblemError
from hazardlens.serve.facts import facts_of
from hazardlens.serve.logs import log_failure

MEDIA_TYPE: Final = "application/problem+json"

_MEDIA_ANSWERS: Final[Mapping[type[ImageError | VideoError], tuple[int, str]]] = {
    ImageEmptyError: (422, "A photo is empty"),
    ImageFormatError: (415, "A photo is in an unsupported format"),
    ImageTooLargeError: (413, "A photo has too many pixels"),
    ImageBrokenError: (422, "A photo is broken"),
    VideoFormatError: (415, "A clip is in an unsupported format"),
    VideoBrokenError: (422, "A clip is broken"),
    VideoTooLongError: (413, "A clip is too long"),
    VideoTooLargeError: (413, "A clip has too large a picture"),
    VideoLimitError: (413, "A clip takes too much to decode"),
    VideoDecoderError: (422, "A clip breaks the decoder"),
}


class Problem(BaseModel):
    """What went wrong. Branch on `code`: it is stable; the sentences are for people and may change."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="A URN made of the code.", examples=["urn:hazardlens:problem:image_broken"])
    title: str = Field(description="The kind of problem, the same words each time.", examples=["A photo is broken"])
    status: int = Field(ge=400, le=599, description="The HTTP status again.", examples=[422])
    detail: str = Field(
        description="What is wrong with this request.",
        examples=["a.jpg: the JPEG file is truncated or corrupt and cannot be decoded"],
    )
    instance: str = Field(description="The path that was called.", examples=["/v1/classify"])
    code: str = Field(description="Stable name of the problem.", examples=["image_broken"])
    request_id: str = Field(description="For support; also in the log.", examples=["3f8e2b6c9d1a4f70"])
    media_index: int | None = Field(
        None, ge=0, description="Which file of the request, from 0, where it is about one.", examples=[0]
    )
    media_name: str | None = Field(None, description="That file's name.", examples=["a.jpg"])


@dataclass(frozen=True, slots=True)
class Answer:
    """A problem before it knows its request."""

    status: int
    code: str
    title: str
    detail: str
    media_index: int | None = None
    media_name: str | None = None
    retry_after_s: int | None = None


INTERNAL_ERROR: Final = Answer(
    500,
    "internal_error",
    "Internal error",
    "something failed that should not; the log knows more under this request_id",
)
_HTTP_DETAILS: Final = {
    404: "nothing is here; /docs lists what there is",
    405: "this path does not answer to this method; the Allow header lists those it knows",
}


def respond(scope: Scope, answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    """The response to the request of `scope`; its code is left there for the metrics and the log."""
    problem = Problem(
        type=f"urn:hazardlens:problem:{answer.code}",
        title=answer.title,
        status=answer.status,
        detail=answer.detail,
        instance=scope["path"],
        code=answer.code,
        request_id=facts_of(scope).request_id,
        media_index=answer.media_index,
        media_name=answer.media_name,
    )
    facts_of(scope).problem_code = answer.code
    all_headers = dict(headers or {})
    if answer.retry_after_s is not None:
        all_headers["Retry-After"] = str(answer.retry_after_s)
    if answer.status == 401:
        all_headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 asks for it; browsers show no window for this scheme
    return Response(problem.model_dump_json(exclude_none=True), answer.status, all_headers, media_type=MEDIA_TYPE)


def answer_for(error: HazardlensError) -> Answer:
    """What to tell the caller about an error of ours."""
    if isinstance(error, MediaError):
        return _media_answer(error)
    if isinstance(error, ProblemError):
        code = error.reason.code if isinstance(error, (ModelRefusedError, ModelUnusableError)) else error.code
        return Answer(
            error.status, code, error.title, error.detail, error.media_index, error.media_name, error.retry_after_s
        )
    # Not the caller's doing: the code is stable and harmless, the words stay in the log.
    return replace(INTERNAL_ERROR, code=error.code)


def _media_answer(error: MediaError) -> Answer:
    status, title = next(
        (answer for kind, answer in _MEDIA_ANSWERS.items() if isinstance(error.reason, kind)),
        (422, "A photo or clip cannot be used"),
    )
    return Answer(status, error.reason.code, title, str(error), media_index=error.index, media_name=error.name)


def http_answer(status: int) -> Answer:
    """What the router, or a middleware of starlette, refuses."""
    if status == 413:
        return answer_for(BodyTooLargeError("the body is larger than the limit"))
    phrase = HTTPStatus(status).phrase
    return Answer(status, phrase.lower().replace(" ", "_"), phrase, _HTTP_DETAILS.get(status, phrase))


async def handle_ours(request: Request, error: Exception) -> Response:
    """Exception handler for `HazardlensError`."""
    if not isinstance(error, HazardlensError):
        raise TypeError(f"expected a HazardlensError, found {type(error).__name__}")
    answer = answer_for(error)
    if answer.status == 500:
        log_failure(error)
    return respond(request.scope, answer)


async def handle_http(request: Request, error: Exception) -> Response:
    """Exception handler for starlette's `HTTPException`: unknown paths, wrong methods, bodies over the limit."""
    if not isinstance(error, HTTPException):
        raise TypeError(f"expected an HTTPException, found {type(error).__name__}")
    return respond(request.scope, http_answer(error.status_code), error.headers)


EXCEPTION_HANDLERS: Final[dict[Any, Any]] = {HazardlensError: handle_ours, HTTPException: handle_http}
