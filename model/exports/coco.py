"""COCO: `images/` and `annotations/instances.json`, as faster-coco-eval, pycocotools and most other tools read it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from hazardlens.model.exports.entries import Entry
from hazardlens.model.exports.naming import image_name, numbered_photos
from hazardlens.model.exports.reviewed import ExportLabel, PixelBox, ReviewedReport
from hazardlens.model.exports.writing import ExportHead, Reports, all_labels

ANNOTATIONS_FILE: Final = "annotations/instances.json"


class CocoForm:
    """Ids count from 1: of images in the order of the reports, of categories in the order of the labels.

    An image has fields that COCO does not know. `looked_for`: no other category is known to be absent there. `video`,
    of frames only: which clip, and when in it.
    """

    def photo_name(self, report: ReviewedReport, n: int) -> str:
        """See `Form`."""
        return f"images/{image_name(report, n)}"

    def documents(self, head: ExportHead, reports: Reports) -> Iterator[Entry]:
        """See `Form`."""
        yield Entry(ANNOTATIONS_FILE, _document(head, reports, all_labels(head, reports)))


def _document(head: ExportHead, reports: Reports, labels: tuple[ExportLabel, ...]) -> Iterator[bytes]:
    ids = {label.name: number for number, label in enumerate(labels, 1)}
    info = {"description": head.name, "contributor": head.source, "date_created": head.created.isoformat()}
    categories = [
        {"id": ids[label.name], "name": label.name, "supercategory": label.hazard or "context"} for label in labels
    ]
    yield b'{"info": ' + _json(info) + b',\n"licenses": [],\n"categories": ' + _json(categories) + b',\n"images": ['
    yield from _joined(_images(reports))
    yield b'],\n"annotations": ['
    yield from _joined(_annotations(reports, ids))
    yield b"]}\n"


def _images(reports: Reports) -> Iterator[dict[str, Any]]:
    for number, report, n in numbered_photos(reports()):
        photo = report.photos[n]
        moment = {} if photo.video is None else {"video": photo.video.model_dump()}
        yield {
            "id": number,
            "file_name": image_name(report, n),
            "width": photo.width,
            "height": photo.height,
            "looked_for": report.looked_for,
            "report_id": report.report_id,
            "group": report.group,
            **moment,
        }


def _annotations(reports: Reports, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    boxes = ((number, item) for number, report, n in numbered_photos(reports()) for item in report.photos[n].boxes)
    for number, (image_id, item) in enumerate(boxes, 1):
        width, height = item.box.size_wh
        yield {
            "id": number,
            "image_id": image_id,
            "category_id": ids[item.label],
            "bbox": box_to_xywh(item.box),
            "area": width * height,
            "iscrowd": 0,
        }


def box_to_xywh(box: PixelBox) -> tuple[int, int, int, int]:
    """Left, top, width and height in pixels."""
    return box.x_min, box.y_min, *box.size_wh


def _joined(items: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    separator = b"\n"
    for item in items:
        yield separator + _json(item)
        separator = b",\n"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
