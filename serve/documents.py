"""The parts of the OpenAPI document that FastAPI cannot see: problems, three forms of one request, and examples."""

from collections.abc import Mapping
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from hazardlens.serve.catalogue import CATALOGUE
from hazardlens.serve.json_body import MediaBody
from hazardlens.serve.json_requests import describe_json_bodies
from hazardlens.serve.problems import MEDIA_TYPE, Problem

_REF: Final = "#/components/schemas/{model}"
_EXAMPLE_ID: Final = "3f8e2b6c9d1a4f70"
_BINARY: Final = {"type": "string", "format": "binary"}
_MIN_CONFIDENCE: Final[dict[str, Any]] = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "description": "List detections from this raw score on; without it, from each label's own threshold. "
    "It only filters the list, never the decision.",
    "examples": [0.25],
}
TEXT_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "description": "The reporter's words, in any language; they join the decision.",
    "examples": ["井盖没了，旁边是学校"],
}

UPLOAD_CODES: Final = (
    *("multipart_invalid", "json_invalid", "text_not_utf8", "body_timeout", "body_too_large", "file_too_large"),
    *("too_many_files", "text_too_long", "image_too_large", "content_type_unsupported", "image_format_unsupported"),
    *("no_file", "field_unknown", "field_invalid", "base64_invalid", "image_empty", "image_broken", "overloaded"),
    *("video_too_long", "video_too_large", "video_format_unsupported", "video_broken", "video_limits_exceeded"),
    "video_decoder_failed",
)
GATE_CODES: Final = ("unauthenticated", "forbidden")
_LOOK_UP_CODES: Final = ("rate_limited", "store_unavailable")
"""Of all routes that ask who it is."""

CLASSIFY_CODES: Final = (*UPLOAD_CODES, *GATE_CODES, "model_loading", "bundle_checksum_mismatch")


def parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A query parameter that may be left out."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def upload_parameters(fields: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Parameters of an endpoint that takes photos: its fields, by name, for those who send a raw body."""
    return [
        *(parameter(name, schema, "For a raw body; else a field of the body.") for name, schema in fields.items()),
        parameter("name", {"type": "string"}, "Only for a raw body: the file's name, shown again in the answer."),
    ]


def upload_request(fields: Mapping[str, dict[str, Any]], json_model: str, example: dict[str, Any]) -> dict[str, Any]:
    """The three forms of a request with photos.

    Args:
        fields: schemas of the form's fields, by name.
        json_model: name of the schema of the JSON form.
        example: of the JSON form, beside its photo.
    """
    form = {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {
            "file": {
                "type": "array",
                "minItems": 1,
                "items": _BINARY,
                "description": "Photos of one hazard, one part each, or a clip.",
            },
            **fields,
        },
    }
    photo = {"name": "a.jpg", "data": "/9j/4AAQSkZJRgABAQAAAQABAAD…"}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": form},
            "image/*": {"schema": _BINARY},
            "video/*": {"schema": _BINARY},
            "application/json": {
                "schema": {"$ref": _REF.format(model=json_model)},
                "example": {"media": [photo], **example},
            },
        },
    }


_CLASSIFY_FIELDS: Final[Mapping[str, dict[str, Any]]] = {"text": TEXT_SCHEMA, "min_confidence": _MIN_CONFIDENCE}

CLASSIFY_PARAMETERS: Final = upload_parameters(_CLASSIFY_FIELDS)
CLASSIFY_REQUEST: Final = upload_request(
    _CLASSIFY_FIELDS, "JsonBody", {"text": "井盖没了，旁边是学校", "min_confidence": 0.5}
)

EXAMPLE_ANSWER: Final[dict[str, Any]] = {
    "request_id": _EXAMPLE_ID,
    "model": {"name": "hazardlens-yolo11n", "version": "2026.1"},
    "policy": "2026.1+0a1b2c3d4e5f",
    "prefill": {
        "category": "raised_manhole_cover",
        "urgency": "immediate",
        "confidence": 0.91,
        "needs_human": False,
        "route": "sub_district_grid",
        "codes": {
            "gbt_47678_5_2026": {"code": "01023", "name": "不明井盖异常", "kind": "component", "provisional": True}
        },
        "alternatives": [{"category": "stacked_clutter", "confidence": 0.05}],
        "reasons": [
            {
                "code": "open_manhole",
                "zh": "照片中有井盖缺失的井口（得分 0.93）",
                "en": "The photo shows an open manhole (score 0.93)",
            }
        ],
    },
    "media": [
        {
            "name": "a.jpg",
            "kind": "image",
            "width": 4032,
            "height": 3024,
            "detections": [
                {
                    "label": "manhole_open",
                    "hazard": "raised_manhole_cover",
                    "confidence": 0.93,
                    "box": {"x_min": 812, "y_min": 1404, "x_max": 1630, "y_max": 2011},
                }
            ],
        }
    ],
    "timing_ms": {"decode": 31.0, "inference": 40.1, "total": 74.9},
}

EXAMPLE_CLIP_ANSWER: Final[dict[str, Any]] = {
    **EXAMPLE_ANSWER,
    "media": [
        {
            "name": "yard.mp4",
            "kind": "video",
            "width": 1920,
            "height": 1080,
            "duration_s": 31.2,
            "frames": 41,
            "detections": [
                {
                    "label": "manhole_open",
                    "hazard": "raised_manhole_cover",
                    "confidence": 0.93,
                    "box": {"x_min": 812, "y_min": 404, "x_max": 1230, "y_max": 1011},
                    "time_s": 13.4,
                    "from_s": 12.1,
                    "until_s": 16.9,
                }
            ],
        }
    ],
    "timing_ms": {"decode": 1410.0, "inference": 1840.1, "total": 3274.9},
}


def problem_answers(*codes: str) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for these codes and for those that every such route can answer, each with an example."""
    implied = ("internal_error", *(_LOOK_UP_CODES if "unauthenticated" in codes else ()))
    answers = sorted((CATALOGUE[code] for code in dict.fromkeys((*codes, *implied))), key=lambda one: one.status)
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": _REF.format(model="Problem")},
                    "examples": {answer.code: _example(answer.code) for answer in group},
                }
            },
        }
        for status, group in groupby(answers, key=lambda answer: answer.status)
    }


def _example(code: str) -> dict[str, Any]:
    answer = CATALOGUE[code]
    problem = Problem(
        type=f"urn:hazardlens:problem:{code}",
        title=answer.title,
        status=answer.status,
        detail=answer.detail,
        instance="/v1/classify",
        code=code,
        request_id=_EXAMPLE_ID,
        media_index=answer.media_index,
        media_name=answer.media_name,
    )
    return {"summary": answer.title, "value": problem.model_dump(exclude_none=True)}


def named_example(name: str) -> dict[str, Any]:
    """Content of a JSON answer whose example is one of the document's own: see `openapi_document`."""
    return {"application/json": {"examples": {name: {"$ref": f"#/components/examples/{name}"}}}}


def openapi_document(
    app: FastAPI,
    *,
    max_files: int,
    bodies: Mapping[str, type[MediaBody]],
    examples: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The document of `app`, with the schemas that its routes only refer to. It is made once.

    Args:
        app: with all its routes.
        max_files: photos that one request may have.
        bodies: path of an endpoint that takes photos -> its JSON form.
        examples: those that routes name with `named_example`. FastAPI would leave out what is null in them.
    """
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        models: list[type[BaseModel]] = [Problem, *bodies.values()]
        for model in models:
            schema = model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        for path, body in bodies.items():
            form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
            form["schema"]["properties"]["file"]["maxItems"] = max_files
            schemas[body.__name__]["properties"]["media"] |= {"minItems": 1, "maxItems": max_files}
        describe_json_bodies(app, document)
        _drop_validation_errors(document)
        document["components"]["examples"] = {name: {"value": example} for name, example in examples.items()}
        app.openapi_schema = document
    return app.openapi_schema


def _drop_validation_errors(document: dict[str, Any]) -> None:
    """Take out the answer that FastAPI adds wherever a path has a parameter: ours are words, which any text is."""
    for operations in document["paths"].values():
        for operation in operations.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
