"""Label Studio: `tasks.json` to import, `images/`, and the labeling configuration that shows them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from hazardlens.model.exports.entries import Entry
from hazardlens.model.exports.naming import image_name, numbered_photos
from hazardlens.model.exports.reviewed import ExportLabel, PixelBox, PredictedBox, ReviewedBox, ReviewedReport
from hazardlens.model.exports.writing import ExportHead, Reports, all_labels

TASKS_FILE: Final = "tasks.json"
CONFIG_FILE: Final = "labeling_config.xml"
FROM_NAME: Final = "label"
TO_NAME: Final = "image"
RESULT_TYPE: Final = "rectanglelabels"
LOCAL_FILES: Final = "/data/local-files/?d=images/"
"""Where Label Studio finds a photo when the export's folder is its document root: see docs/exports.md."""

_CONFIG: Final = """\
<View>
  <Header value="Looked for (anything else is unknown): $looked_for"/>
  <Image name="{image}" value="$image" zoom="true"/>
  <RectangleLabels name="{label}" toName="{image}" canRotate="false">
{labels}
  </RectangleLabels>
</View>
"""


class LabelStudioForm:
    """A task is a photo: what the model drew is its prediction, what the reviewer decided its annotation."""

    def photo_name(self, report: ReviewedReport, n: int) -> str:
        """See `Form`."""
        return f"images/{image_name(report, n)}"

    def documents(self, head: ExportHead, reports: Reports) -> Iterator[Entry]:
        """See `Form`."""
        yield Entry(CONFIG_FILE, (labeling_config(all_labels(head, reports)).encode(),))
        yield Entry(TASKS_FILE, _tasks(reports))


def labeling_config(labels: Sequence[ExportLabel]) -> str:
    """The XML that a project needs to show and to correct the boxes."""
    rows = "\n".join(f"    <Label value={quoteattr(label.name)}/>" for label in labels)
    return _CONFIG.format(image=TO_NAME, label=FROM_NAME, labels=rows)


def _tasks(reports: Reports) -> Iterator[bytes]:
    separator = b"[\n"
    for _, report, n in numbered_photos(reports()):
        yield separator + json.dumps(_task(report, n), ensure_ascii=False, allow_nan=False).encode()
        separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


def _task(report: ReviewedReport, n: int) -> dict[str, Any]:
    photo = report.photos[n]
    size_wh = (photo.width, photo.height)
    return {
        "data": {
            "image": f"{LOCAL_FILES}{image_name(report, n)}",
            "report_id": report.report_id,
            "photo": n,
            "sha256": photo.sha256,
            "looked_for": ", ".join(report.looked_for) or "-",
            "category": report.category,
            "verdict": report.verdict,
            **({} if photo.video is None else {"video": photo.video.model_dump()}),
        },
        "predictions": _predictions(report, photo.predicted, size_wh),
        "annotations": [{"result": [_region(at, item, size_wh) for at, item in enumerate(photo.boxes)]}],
    }


def _predictions(
    report: ReviewedReport, predicted: Sequence[PredictedBox], size_wh: tuple[int, int]
) -> list[dict[str, Any]]:
    """What the model said, also when it said that nothing is there; nothing where none saw the report."""
    if report.prefill is None:
        return []
    model = report.prefill.model
    regions = [{**_region(at, item, size_wh), "score": item.confidence} for at, item in enumerate(predicted)]
    return [
        {
            "model_version": f"{model.name} {model.version}" if model else "unknown",
            "score": report.prefill.confidence,
            "result": regions,
        }
    ]


def _region(at: int, item: ReviewedBox | PredictedBox, size_wh: tuple[int, int]) -> dict[str, Any]:
    return {
        "id": f"{'predicted' if isinstance(item, PredictedBox) else 'reviewed'}-{at}",
        "type": RESULT_TYPE,
        "from_name": FROM_NAME,
        "to_name": TO_NAME,
        "original_width": size_wh[0],
        "original_height": size_wh[1],
        "image_rotation": 0,
        "value": {**box_to_percent(item.box, size_wh), "rotation": 0, RESULT_TYPE: [item.label]},
    }


def box_to_percent(box: PixelBox, size_wh: tuple[int, int]) -> dict[str, float]:
    """Left, top, width and height in percent of the photo."""
    (width, height), (wide, high) = box.size_wh, size_wh
    return {
        "x": 100 * box.x_min / wide,
        "y": 100 * box.y_min / high,
        "width": 100 * width / wide,
        "height": 100 * height / high,
    }
