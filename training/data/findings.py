"""What a look through a data set finds: one value per thing that is wrong or odd, and the report they make."""

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """Whether a finding makes the data unfit, or only deserves a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or odd.

    Attributes:
        code: what kind of thing; stable, for scripts.
        severity: errors make `data check` fail.
        subject: the photo or file that it is about.
        message: one line that a person can act on.
    """

    code: str
    severity: Severity
    subject: str
    message: str


def error(code: str, subject: str, message: str) -> Finding:
    """A finding that makes the data unfit."""
    return Finding(code, Severity.ERROR, subject, message)


def warning(code: str, subject: str, message: str) -> Finding:
    """A finding that deserves a look."""
    return Finding(code, Severity.WARNING, subject, message)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that was found on so many photos."""

    photos: int
    findings: tuple[Finding, ...]

    @property
    def is_fit(self) -> bool:
        """Whether the data can be used: warnings only."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """Findings by code, most frequent first."""
        return dict(Counter(finding.code for finding in self.findings).most_common())

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "photos": self.photos,
            "fit": self.is_fit,
            "counts": self.counts(),
            "findings": [asdict(finding) for finding in self.findings],
        }
