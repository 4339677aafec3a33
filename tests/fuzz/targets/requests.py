"""What a request brings beside photos: its form, its JSON, its query, names, words and addresses."""

import os
import re
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache, partial
from typing import Final
from unittest import mock
from urllib.parse import parse_qsl

from pydantic import BaseModel

from fuzz.contract import Target, all_of
from hazardlens.model.triage import Policy, load_policy
from hazardlens.model.triage.text import TextFindings
from hazardlens.serve.access.clients import sender_of
from hazardlens.serve.access.roles import Role
from hazardlens.serve.dispatch.addresses import check_url
from hazardlens.serve.exports.asking import read_wanted
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.names import MAX_NAME_CHARS, clean_name
from hazardlens.serve.reports.fields import read_report
from hazardlens.serve.reports.idempotency import read_key
from hazardlens.serve.reports.media import read_form
from hazardlens.serve.reports.queue_query import parse_queue_query
from hazardlens.serve.reports.reading import read_list_query
from hazardlens.serve.routes import accounts, dispatch, erasures, keys, model_changes, review, sessions
from hazardlens.serve.settings import PREFIX, Settings, load_settings
from hazardlens.serve.stats.window import read_window
from hazardlens.serve.uploads import Received, UploadLimits, read_submission
from support.people import person

_BOUNDARY: Final = "multipart/form-data; boundary=XX"
_VIEWER: Final = person("li", Role.REVIEWER)
_NOON: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)
_MODULES: Final = (accounts, dispatch, erasures, keys, model_changes, review, sessions)


@cache
def _settings() -> Settings:
    return Settings()


@cache
def _limits() -> UploadLimits:
    return UploadLimits(**{field.name: getattr(_settings(), field.name) for field in fields(UploadLimits)})


@cache
def _policy() -> Policy:
    return load_policy()


@cache
def _bodies() -> tuple[JsonOf[BaseModel], ...]:
    """The JSON bodies of all routes that take no files."""
    models = {value for module in _MODULES for name, value in vars(module).items() if _is_body(name, value)}
    return tuple(JsonOf(model) for model in sorted(models, key=lambda model: model.__name__))


def _is_body(name: str, value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel) and name.endswith(("Body", "Note"))


def read_multipart(data: bytes) -> None:
    """A form, and one whose header and query are noise too: lines one and two."""
    first, _, rest = data.partition(b"\n")
    query, _, body = rest.partition(b"\n")
    all_of(
        lambda: _read_upload(Received(_BOUNDARY, b"", data)),
        lambda: _read_upload(Received(first.decode("latin-1"), query, body)),
    )


def read_json(data: bytes) -> None:
    """Photos and words as JSON."""
    _read_upload(Received("application/json", b"", data))


def read_bodies(data: bytes) -> None:
    """JSON without photos, as each route takes it."""
    assert len(_bodies()) > 10
    all_of(*(partial(body.parse, data) for body in _bodies()))


def read_queries(data: bytes) -> None:
    """A query string, as each route takes it."""
    pairs = parse_qsl(data.decode("latin-1"), keep_blank_values=True)[:16]
    day = {name: value for name, value in pairs if name in {"from", "to", "utc_offset_min"}}
    all_of(
        lambda: _read_upload(Received("image/jpeg", data, b"x")),
        lambda: read_list_query(data, _VIEWER),
        lambda: parse_queue_query(data),
        lambda: read_wanted(data),
        lambda: read_form(data),
        lambda: read_window(day.get("from"), day.get("to"), day.get("utc_offset_min"), now=_NOON),
    )


def read_headers(data: bytes) -> None:
    """Values of headers, and names of photos."""
    text = data.decode("utf-8", "replace")
    name = clean_name(text, index=0)
    assert 1 <= len(name) <= MAX_NAME_CHARS
    assert not re.search(r"[\x00-\x1f\x7f/]", name)
    sender_of(text)
    all_of(lambda: read_key(text), lambda: check_url(text, allow_private=True))


def read_words(data: bytes) -> TextFindings:
    """What a person wrote, on the way to a decision."""
    return _policy().reader.read(data.decode("utf-8", "replace"))


def read_settings(data: bytes) -> None:
    """The environment: lines of NAME=value."""
    lines = (line.partition("=") for line in data.decode("utf-8", "replace").replace("\0", "").splitlines())
    environ = {f"{PREFIX}{name}": value for name, _, value in lines}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    with mock.patch.dict(os.environ, kept, clear=True):
        os.environ.update({name: value for name, value in environ.items() if _can_be_set(name)})
        load_settings()


def _can_be_set(name: str) -> bool:
    return name.isascii() and name.isprintable()


def _read_upload(received: Received) -> None:
    all_of(lambda: read_submission(received, _limits()), lambda: read_report(received, _limits(), _settings()))


REQUESTS: Final = (
    Target("multipart", read_multipart),
    Target("json", read_json),
    Target("bodies", read_bodies),
    Target("queries", read_queries),
    Target("headers", read_headers),
    Target("words", read_words),
    Target("settings", read_settings),
)
