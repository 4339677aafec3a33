"""How the outcome of each photo is written: JSON lines for programs, a table for people."""

from pathlib import Path
from typing import Any, Final, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hazardlens.cli.batch import Outcome
from hazardlens.cli.terminal import json_line, path_text, printable, shown_path, tell
from hazardlens.model.pipeline import Classification
from hazardlens.model.taxonomy import Urgency
from hazardlens.model.triage.schema import Names, PolicyData
from hazardlens.model.triage.values import Reason

_URGENCY_STYLES: Final = {
    Urgency.IMMEDIATE: "bold red",
    Urgency.URGENT: "yellow",
    Urgency.ROUTINE: "",
    Urgency.NONE: "dim",
}
_NO_WINDOW: Final = 10_000
"""Columns: in a file or a pipe each photo keeps to one line."""


Language = Literal["en", "zh"]

_HEADINGS: Final = {
    "en": ("photo", "category", "urgency", "confidence", "needs a person", "reason"),
    "zh": ("照片", "类别", "紧急程度", "置信度", "需人工", "理由"),
}
_YES: Final = {"en": "yes", "zh": "是"}


class JsonPrinter:
    """One line for each photo as soon as it is known; nothing else on standard output."""

    def show(self, outcome: Outcome, saved: Path | None) -> None:
        """Write the endpoint's fields and the path, or the path and the error."""
        document: dict[str, Any] = {"path": path_text(outcome.path)}
        if outcome.classification is not None:
            document |= outcome.classification.model_dump(mode="json")
        if outcome.error is not None:
            document["error"] = {"code": outcome.error.code, "detail": str(outcome.error)}
        if saved is not None:
            document["saved"] = path_text(saved)
        typer.echo(json_line(document), nl=False)

    def close(self) -> None:
        """Every line is out already."""


class TablePrinter:
    """A row for each photo when all are known; errors on standard error as they come."""

    def __init__(self, policy: PolicyData, language: Language) -> None:
        """Take the names of categories and urgencies from `policy`."""
        self._policy = policy
        self._language: Language = language
        self._table = Table(*_HEADINGS[language], box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for column in self._table.columns:
            column.overflow = "fold"  # a long name is broken, never cut

    def show(self, outcome: Outcome, saved: Path | None) -> None:  # noqa: ARG002 - the summary names the folder
        """Add a row, or tell the error."""
        if outcome.classification is not None:
            self._table.add_row(*_cells(outcome.path, outcome.classification, self._policy, self._language))
        if outcome.error is not None:
            tell(f"{path_text(outcome.path)}: {outcome.error} [{outcome.error.code}]")

    def close(self) -> None:
        """Print the table."""
        if not self._table.rows:
            return
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = _NO_WINDOW
        console.print(self._table)


def _cells(path: Path, classification: Classification, policy: PolicyData, language: Language) -> list[Text]:
    decision = classification.prefill
    reason = decision.reasons[0] if decision.reasons else None
    why = _in(language, reason) if reason else ""
    return [
        Text(shown_path(path)),
        Text(_in(language, policy.categories[decision.category])),
        Text(_in(language, policy.urgencies[decision.urgency]), style=_URGENCY_STYLES[decision.urgency]),
        Text(f"{decision.confidence:.2f}"),
        Text(_YES[language] if decision.needs_human else ""),
        Text(printable(why)),
    ]


def _in(language: Language, names: Names | Reason) -> str:
    return names.zh if language == "zh" else names.en
