"""How the outcome of each file is written: JSON lines for programs, a table for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hazardlens.cli.batch import Outcome
from hazardlens.cli.terminal import json_line, path_text, printable, shown_path, tell
from hazardlens.model.pipeline import Classification, ClipResult
from hazardlens.model.taxonomy import Urgency
from hazardlens.model.triage.schema import Names, PolicyData
from hazardlens.model.triage.values import Reason
from hazardlens.model.video.spans import clock

_URGENCY_STYLES: Final = {
    Urgency.IMMEDIATE: "bold red",
    Urgency.URGENT: "yellow",
    Urgency.ROUTINE: "",
    Urgency.NONE: "dim",
}
_NO_WINDOW: Final = 10_000
"""Columns: in a file or a pipe each row keeps to one line."""
_WHEN_COLUMN: Final = 5

Language = Literal["en", "zh"]

_HEADINGS: Final = {
    "en": ("file", "category", "urgency", "confidence", "needs a person", "reason"),
    "zh": ("文件", "类别", "紧急程度", "置信度", "需人工", "理由"),
}
_WHEN: Final = {"en": "seen", "zh": "时间"}
_YES: Final = {"en": "yes", "zh": "是"}


class JsonPrinter:
    """One line for each photo as soon as it is known; nothing else on standard output."""

    def show(self, outcome: Outcome, saved: Sequence[Path]) -> None:
        """Write the endpoint's fields and the path, or the path and the error."""
        document: dict[str, Any] = {"path": path_text(outcome.path)}
        if outcome.classification is not None:
            document |= outcome.classification.model_dump(mode="json")
        if outcome.error is not None:
            document["error"] = {"code": outcome.error.code, "detail": str(outcome.error)}
        if saved:
            *frames, copy = map(path_text, saved)
            document |= {"saved": copy} | ({"saved_frames": frames} if frames else {})
        typer.echo(json_line(document), nl=False)

    def close(self) -> None:
        """Every line is out already."""


class TablePrinter:
    """A row for each photo when all are known; errors on standard error as they come."""

    def __init__(self, policy: PolicyData, language: Language) -> None:
        """Take the names of categories and urgencies from `policy`."""
        self._policy = policy
        self._language: Language = language
        self._rows: list[list[Text]] = []

    def show(self, outcome: Outcome, saved: Sequence[Path]) -> None:  # noqa: ARG002 - the summary names the folder
        """Add a row, or tell the error."""
        if outcome.classification is not None:
            self._rows.append(_cells(outcome.path, outcome.classification, self._policy, self._language))
        if outcome.error is not None:
            tell(f"{path_text(outcome.path)}: {outcome.error} [{outcome.error.code}]")

    def close(self) -> None:
        """Print the table; without the column for times where there is no clip."""
        if not self._rows:
            return
        headings = [*_HEADINGS[self._language]]
        headings.insert(_WHEN_COLUMN, _WHEN[self._language])
        timed = any(row[_WHEN_COLUMN] for row in self._rows)
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        kept = [column for column in range(len(headings)) if timed or column != _WHEN_COLUMN]
        for column in kept:
            table.add_column(headings[column], overflow="fold")  # a long name is broken, never cut
        for row in self._rows:
            table.add_row(*(row[column] for column in kept))
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = _NO_WINDOW
        console.print(table)


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
        Text(_when(classification)),
        Text(printable(why)),
    ]


def _when(classification: Classification) -> str:
    """From when to when a clip shows what was decided, by its surest track; empty for a photo."""
    spans = [
        f"{clock(found.from_s)}–{clock(found.until_s)}"
        for entry in classification.media
        if isinstance(entry, ClipResult)
        for found in entry.detections
        if found.hazard is classification.prefill.category
    ]
    return spans[0] if spans else ""


def _in(language: Language, names: Names | Reason) -> str:
    return names.zh if language == "zh" else names.en
