"""Counts what is in an export: while it is written, and again when it is read."""

from collections import Counter

from hazardlens.model.exports.reviewed import ExportCounts, ReviewedReport, Verdict
from hazardlens.model.taxonomy import Category


class Tally:
    """Sums over the reports that were added."""

    def __init__(self) -> None:
        self._reports = self._photos = self._negatives = 0
        self._verdicts: Counter[Verdict] = Counter()
        self._categories: Counter[Category] = Counter()
        self._boxes: Counter[str] = Counter()

    def add(self, report: ReviewedReport) -> None:
        """Count one report."""
        self._reports += 1
        self._photos += len(report.photos)
        self._negatives += sum(not photo.boxes for photo in report.photos)
        self._verdicts[report.verdict] += 1
        self._categories[report.category] += 1
        self._boxes.update(item.label for photo in report.photos for item in photo.boxes)

    def counts(self) -> ExportCounts:
        """The sums so far."""
        return ExportCounts(
            reports=self._reports,
            photos=self._photos,
            negatives=self._negatives,
            verdicts=dict(sorted(self._verdicts.items())),
            categories=dict(sorted(self._categories.items())),
            boxes=dict(sorted(self._boxes.items())),
        )
