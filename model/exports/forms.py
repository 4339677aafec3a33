"""All forms by name, and how one export is turned into another form."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from hazardlens.model.exports.coco import CocoForm
from hazardlens.model.exports.label_studio import LabelStudioForm
from hazardlens.model.exports.reading import ReviewedExport
from hazardlens.model.exports.writing import ExportHead, ExportItem, Form, ReviewedForm
from hazardlens.model.exports.yolo import YoloForm


class FormName(StrEnum):
    """As in addresses and on the command line."""

    REVIEWED = "reviewed"
    COCO = "coco"
    YOLO = "yolo"
    LABEL_STUDIO = "label_studio"


FORMS: Final[Mapping[FormName, Form]] = {
    FormName.REVIEWED: ReviewedForm(),
    FormName.COCO: CocoForm(),
    FormName.YOLO: YoloForm(),
    FormName.LABEL_STUDIO: LabelStudioForm(),
}


def head_of(export: ReviewedExport) -> ExportHead:
    """What an export said of itself, for another form of it."""
    told = export.manifest
    return ExportHead(told.name, told.created, told.source, told.filters, told.labels, told.left_out)


def items_of(export: ReviewedExport, advance: Callable[[int, int], None] | None = None) -> Iterator[ExportItem]:
    """Its reports with their photos.

    Args:
        export: open.
        advance: told (reports handed out, reports in all).
    """
    for done, report in enumerate(export.reports(), 1):
        yield ExportItem(report, tuple(export.read_photo(photo) for photo in report.photos))
        if advance is not None:
            advance(done, export.manifest.counts.reports)
