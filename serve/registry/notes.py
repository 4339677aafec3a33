"""What a request about a model says: which one, and why."""

from typing import Annotated, Any, Final

from fastapi import Depends, Path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.json_body import explain_json_error

MAX_NOTE_BYTES: Final = 10_000
_MAX_NAME_CHARS: Final = 255


async def _wanted_model(
    version: Annotated[str, Path(description="A model's version, or `name@version`, or its folder.")],
) -> str:
    if len(version) > _MAX_NAME_CHARS:
        raise FieldInvalidError(f"version: expected at most {_MAX_NAME_CHARS} characters, found {len(version)}")
    return version


WantedModel = Annotated[str, Depends(_wanted_model)]
"""For routes: the model that the path names."""


class ActivationNote(BaseModel):
    """Why a model enters service."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(
        default=None, max_length=500, description="In words.", examples=["fewer missed manholes"]
    )
    verdict: str | None = Field(default=None, max_length=40, description="What the gate said.", examples=["better"])
    forced: bool = Field(default=False, description="Whether it enters service against the gate.")

    def detail(self) -> dict[str, Any]:
        """For the record."""
        return self.model_dump(exclude_none=True)


NOTE_REQUEST: Final[dict[str, Any]] = {
    "required": False,
    "content": {"application/json": {"schema": ActivationNote.model_json_schema()}},
}


def read_note(body: bytes) -> ActivationNote:
    """The note in a request's body; none is legal.

    Raises:
        FieldInvalidError: a field cannot have its value, or the note is too long.
        FieldUnknownError: there is no such field.
        JsonInvalidError, TextNotUtf8Error: the body is not JSON.
    """
    if not body.strip():
        return ActivationNote()
    if len(body) > MAX_NOTE_BYTES:
        raise FieldInvalidError(f"the body: expected at most {MAX_NOTE_BYTES} bytes, found {len(body)}")
    try:
        return ActivationNote.model_validate_json(body)
    except ValidationError as error:
        raise explain_json_error(error.errors(include_input=False, include_url=False)[0], body) from error
