"""What a request about a model says: which one, and why."""

from typing import Annotated, Any, Final

from fastapi import Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from hazardlens.serve.errors import FieldInvalidError

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
