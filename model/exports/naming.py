"""What the forms share: names of photos, and their numbers."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from hazardlens.model.exports.reviewed import ReviewedReport


def image_name(report: ReviewedReport, n: int) -> str:
    """The file of photo `n` (from 0) in other tools' forms.

    It is named by its report and not by its content: in those forms labels hang on the name, and the same photo may
    have come with two reports that people decided differently.
    """
    return f"{report.report_id}-{n}{PurePosixPath(report.photos[n].file).suffix}"


def numbered_photos(reports: Iterable[ReviewedReport]) -> Iterator[tuple[int, ReviewedReport, int]]:
    """All photos in order: number from 1, report, and which photo of it from 0."""
    photos = ((report, n) for report in reports for n in range(len(report.photos)))
    for number, (report, n) in enumerate(photos, 1):
        yield number, report, n
