"""The reviewed export and its forms: what serving writes and training reads."""

from hazardlens.model.exports.reading import ReviewedExport, read_export
from hazardlens.model.exports.reviewed import (
    ClipMoment,
    ExportFilters,
    ExportLabel,
    ExportManifest,
    PixelBox,
    PredictedBox,
    ReviewedBox,
    ReviewedPhoto,
    ReviewedReport,
)
from hazardlens.model.exports.writing import ExportHead, ExportItem, write_export

__all__ = [
    "ClipMoment",
    "ExportFilters",
    "ExportHead",
    "ExportItem",
    "ExportLabel",
    "ExportManifest",
    "PixelBox",
    "PredictedBox",
    "ReviewedBox",
    "ReviewedExport",
    "ReviewedPhoto",
    "ReviewedReport",
    "read_export",
    "write_export",
]
