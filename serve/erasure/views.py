"""Erasures as they travel through the API."""

from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from hazardlens.serve.erasure.requests import Whose
from hazardlens.serve.reports.reading import ReportId

_ID = "019b8d6c4a003f8e2b6c9d1a4f7055aa"


class ErasureBody(BaseModel):
    """What to erase: one of `reporter` and `report_id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reporter: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="As reports name the person, to the letter.",
        examples=["rider-0042"],
    )
    source: str | None = Field(
        None,
        max_length=80,
        description="Only as this sender names them: `key:ID`, `account:ID` or `anonymous`; null: whoever sent it.",
        examples=["key:019b8d6c4a0055aa"],
    )
    report_id: ReportId | None = Field(None, description="One report, instead.", examples=[_ID])
    dry_run: bool = Field(default=False, description="Tell how much it is, and erase nothing.")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.reporter is None) == (self.report_id is None):
            raise ValueError("one of reporter and report_id is needed")
        if self.report_id is not None and self.source is not None:
            raise ValueError("source belongs to reporter")
        if "\0" in f"{self.reporter}{self.source}":
            raise ValueError("the character U+0000 is in no name")
        return self

    @property
    def whose(self) -> Whose:
        """What it is about."""
        return Whose(self.reporter, self.source, self.report_id)


class ErasureView(BaseModel):
    """What was erased, or would be."""

    id: str | None = Field(description="By which the audit log knows it; null: nothing was erased.", examples=[_ID])
    reports: int = Field(ge=0, examples=[3])
    photos: int = Field(ge=0, description="Of these reports, kept as they came in.", examples=[4])
    undecided: int = Field(
        ge=0, description="Of the reports, those that nobody had decided: the hazard may still be there.", examples=[1]
    )
    finished_at: AwareDatetime | None = Field(description="Null: not done.", examples=["2026-01-05T08:00:01Z"])
