"""Reviewed exports full of corrections, for tests of what training makes of them."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hazardlens.model.exports import ExportHead, ExportItem, write_export
from support.exports import HEAD, NOON, Drawn, reviewed_photo, reviewed_report
from support.photo_pool import picture

HEAP: Drawn = ("stacked_clutter", (20, 13, 61, 50))
EXIT_DOOR: Drawn = ("exit_door", (10, 3, 31, 60))


@dataclass(frozen=True)
class Corrected:
    """One report with one photo; each `motif` is a picture of its own, `day` when it was decided."""

    number: int
    day: int
    boxes: Sequence[Drawn] = (HEAP,)
    motif: int | None = None
    group: str | None = None
    looked_for: tuple[str, ...] = ("stacked_clutter", "blocked_exit")
    kind: str = "JPEG"

    def item(self) -> ExportItem:
        """The report with its file."""
        stream = io.BytesIO()
        picture(100 + self.number if self.motif is None else self.motif).save(stream, self.kind, quality=92)
        content = stream.getvalue()
        report = reviewed_report(
            self.number,
            [reviewed_photo(content, self.boxes)],
            decided_at=NOON + timedelta(days=self.day),
            verdict="correct" if self.boxes else "reject",
            looked_for=self.looked_for,
            group=self.group or f"place/{self.number}",
        )
        return ExportItem(report, (content,))


def make_corrections(folder: Path, reports: Iterable[Corrected], head: ExportHead = HEAD) -> Path:
    """Write them as a reviewed export."""
    write_export(folder, [report.item() for report in reports], head)
    return folder


def ten_days() -> list[Corrected]:
    """A report a day, each at a place of its own; every third one shows nothing."""
    return [Corrected(number, number, boxes=() if number % 3 == 0 else (HEAP,)) for number in range(1, 11)]
