"""Small JSON bodies of routes that take no files: read under a limit, checked against a model, refused by our codes."""

from typing import Any, Final, Generic, TypeVar

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ValidationError

from hazardlens.serve.access.clients import sender_of_request
from hazardlens.serve.errors import BodyTooLargeError, ContentTypeError, FieldInvalidError
from hazardlens.serve.json_body import explain_json_error
from hazardlens.serve.received import Pace, receive_body
from hazardlens.serve.services import Services

MAX_BYTES: Final = 1024 * 1024
_REF: Final = "#/components/schemas/{model}"

ModelT = TypeVar("ModelT", bound=BaseModel)


class JsonOf(Generic[ModelT]):
    """A dependency that hands a route its body: `body: Annotated[ClaimBody, Depends(JsonOf(ClaimBody))]`."""

    def __init__(self, model: type[ModelT]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> ModelT:
        """The body.

        Raises:
            ContentTypeError: it is announced as something else.
            BodyTooLargeError: more than `MAX_BYTES`.
            BodyTimeoutError, OverloadedError: it does not arrive, or there is no room for it.
            JsonInvalidError, TextNotUtf8Error, FieldUnknownError, FieldInvalidError: it is not what the model takes.
            starlette.requests.ClientDisconnect: the client hung up.
        """
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise ContentTypeError("this takes JSON: send Content-Type: application/json")
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > MAX_BYTES:
            raise BodyTooLargeError(f"more than {MAX_BYTES} bytes")
        services: Services = request.app.state.services
        with services.memory.hold(sender_of_request(request, services.settings)) as hold:
            pace = Pace.from_settings(services.settings)
            body = await receive_body(request, hold=hold, pace=pace, max_bytes=MAX_BYTES)
            return self.parse(body)

    def parse(self, body: bytes) -> ModelT:
        """The model in a body.

        Raises:
            JsonInvalidError, TextNotUtf8Error, FieldUnknownError, FieldInvalidError: see `__call__`.
        """
        try:
            parsed = self.model.model_validate_json(body)
        except ValidationError as error:
            raise explain_json_error(error.errors(include_input=False, include_url=False)[0], body) from error
        if b"\\u0000" in body and _has_null_character(parsed.model_dump()):  # PostgreSQL takes every other one
            raise FieldInvalidError("the body: contains the character U+0000")
        return parsed


def _has_null_character(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(_has_null_character, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_has_null_character, value))


def describe_json_bodies(app: FastAPI, document: dict[str, Any]) -> None:
    """Write into an OpenAPI document which body each route takes, as its `JsonOf` says."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for route in iter_route_contexts(app.routes):
        operations = document["paths"].get(route.path_format, {})
        for model in _models_of(getattr(route, "dependant", None)):
            schema = model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
            content = {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}
            for method in (route.methods or set()) & {name.upper() for name in operations}:
                operations[method.lower()]["requestBody"] = {"required": True, "content": content}


def _models_of(dependant: Dependant | None) -> list[type[BaseModel]]:
    calls = [child.call for child in dependant.dependencies] if dependant else []
    return [call.model for call in calls if isinstance(call, JsonOf)]
