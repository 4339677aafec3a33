"""The parts of the OpenAPI document that are about reports and that FastAPI cannot see."""

from typing import Any, Final

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.serve.documents import EXAMPLE_ANSWER, TEXT_SCHEMA, parameter, upload_parameters, upload_request
from hazardlens.serve.reports.assembly import media_url
from hazardlens.serve.reports.fields import ReportBody
from hazardlens.serve.reports.media import FORM_PARAMETER, MediaForm
from hazardlens.serve.reports.reading import DEFAULT_LIMIT, MAX_LIMIT
from hazardlens.serve.reports.views import MediaUrls
from hazardlens.serve.reports.workflow import State

_ID: Final = "019b8d6c4a003f8e2b6c9d1a4f7055aa"
_OTHER_ID: Final = "019b8d67ae607cc1a0b5e4d3f2a19988"
_AT: Final = "2026-01-05T08:00:00Z"
_TIME: Final = {"type": "string", "format": "date-time"}


def _field(name: str) -> dict[str, Any]:
    """Schema of a field of the form: that of the JSON body, without its null."""
    schema: dict[str, Any] = ReportBody.model_json_schema()["properties"][name]
    (kind,) = (one for one in schema["anyOf"] if one["type"] != "null")
    return {**kind, "description": schema["description"], "examples": schema["examples"]}


_FIELDS: Final = {
    "text": TEXT_SCHEMA,
    **{name: _field(name) for name in ("latitude", "longitude", "address", "reporter", "external_id")},
}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "Any name of yours for this report, such as a UUID. Sent again with the same content, it gets the "
    "same report, and `Idempotent-Replay: true`.",
}

REPORT_PARAMETERS: Final = [IDEMPOTENCY_KEY, *upload_parameters(_FIELDS)]
REPORT_REQUEST: Final = upload_request(
    _FIELDS,
    "ReportBody",
    {
        "text": "井盖没了，旁边是学校",
        "latitude": 31.2304,
        "longitude": 121.4737,
        "address": "人民路 12 号门口",
        "reporter": "rider-0042",
        "external_id": "hotline-2026-000123",
    },
)
REPORT_CODES: Final = ("idempotency_in_flight", "idempotency_mismatch", "media_store_unavailable", "store_unavailable")
READ_CODES: Final = ("unauthenticated", "forbidden", "field_unknown", "text_not_utf8", "store_unavailable")


def _several(kinds: type[State | Category | Urgency]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "enum": [kind.value for kind in kinds]}}


def _list_parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**parameter(name, schema, description), "style": "form", "explode": False}


LIST_PARAMETERS: Final = [
    _list_parameter("state", _several(State), "One or several, with commas."),
    _list_parameter("category", _several(Category), "One or several, with commas."),
    _list_parameter("urgency", _several(Urgency), "One or several, with commas."),
    parameter("source", {"type": "string"}, "Who sent it: `key:ID`, `account:ID` or `anonymous`."),
    parameter("external_id", {"type": "string"}, "The sender's own number."),
    parameter("created_from", _TIME, "From this time on."),
    parameter("created_to", _TIME, "Before this time."),
    parameter("text", {"type": "string"}, "Words that occur in the text or the address."),
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}, "Page size."),
    parameter("after", {"type": "string"}, "`next` of the page before."),
]
MEDIA_PARAMETERS: Final = [
    parameter(
        FORM_PARAMETER,
        {"type": "string", "enum": [form.value for form in MediaForm], "default": MediaForm.PREVIEW.value},
        "`original` needs a right of its own.",
    )
]

_REPORT: Final[dict[str, Any]] = {
    "id": _ID,
    "created_at": _AT,
    "updated_at": _AT,
    "version": 2,
    "state": "prefilled",
    "text": "井盖没了，旁边是学校",
    "latitude": 31.2304,
    "longitude": 121.4737,
    "address": "人民路 12 号门口",
    "reporter": "rider-0042",
    "reporter_group": "couriers",
    "external_id": "hotline-2026-000123",
    "category": "raised_manhole_cover",
    "urgency": "immediate",
    "route": "sub_district_grid",
    "verdict": None,
    "decided_by": None,
    "decided_at": None,
    "needs_human": False,
    "confidence": 0.91,
    "audit": False,
    "second_review": "none",
    "prefill": EXAMPLE_ANSWER["prefill"],
    "model": EXAMPLE_ANSWER["model"],
    "policy": EXAMPLE_ANSWER["policy"],
    "erased_at": None,
    "area": None,
    "claim": None,
    "work": None,
    "media": [
        {
            **EXAMPLE_ANSWER["media"][0],
            "n": 0,
            "media_type": "image/jpeg",
            "duration_s": None,
            "of_n": None,
            "time_s": None,
            "urls": {form: media_url(_ID, 0, form) for form in MediaUrls.model_fields},
        }
    ],
    "duplicates": [
        {
            "id": _OTHER_ID,
            "same_photo": False,
            "hash_distance": 3,
            "distance_m": 12.4,
            "apart_s": 302.5,
            "category": "raised_manhole_cover",
            "urgency": "immediate",
            "state": "in_review",
            "created_at": "2026-01-05T07:54:57Z",
            "preview": media_url(_OTHER_ID, 0, "preview"),
        }
    ],
}
_PROGRESS: Final[dict[str, Any]] = {
    "id": _ID,
    "state": "received",
    "work": {"state": "running", "progress": 0.35, "problem": None},
    "prefill": None,
    "media": [
        {
            "n": 0,
            "name": "clip.mp4",
            "kind": "video",
            "width": 1920,
            "height": 1080,
            "duration_s": 31.2,
            "of_n": None,
            "time_s": None,
            "detections": [],
        }
    ],
}
_HISTORY: Final[dict[str, Any]] = {
    "events": [
        {
            "seq": 7,
            "at": _AT,
            "actor": "key:019b8d6c4a0055aa",
            "actor_name": "hotline",
            "action": "receive",
            "before": {},
            "after": {"state": "received", "photos": 1},
            "reason": None,
            "note": None,
            "model_version": None,
            "policy": None,
        }
    ]
}

REPORT_EXAMPLES: Final = {
    "report": _REPORT,
    "reports": {"reports": [_REPORT], "next": None},
    "history": _HISTORY,
    "progress": _PROGRESS,
}
"""For `openapi_document`."""
