"""How sections, tables and charts become HTML: headings and names in both languages, nothing loaded from elsewhere."""

import base64
import io
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from matplotlib.figure import Figure
from PIL import Image

from hazardlens.model.taxonomy import HAZARDS
from hazardlens.model.triage.policy import load_policy
from hazardlens.training.measuring.alarms import KIND_ZH
from hazardlens.training.measuring.conditions import CONDITIONS
from hazardlens.training.measuring.sections import Section
from hazardlens.training.measuring.summary_charts import as_svg
from hazardlens.training.measuring.tables import TextTable

_TEMPLATE: Final = Path(__file__).parent / "report.html"
_PICTURE_PX: Final = 1000

_WORDS: Final = {
    "name": "名称",
    "hazard": "隐患",
    "label": "标签",
    "source": "来源",
    "photos": "照片",
    "count": "数量",
    "shown": "有",
    "harmless": "无",
    "boxes": "框",
    "recall": "召回",
    "alarms": "误报",
    "alarms/100": "误报/百张",
    "per 100": "每百张",
    "false alarms": "误报",
    "harmless photos": "无隐患照片",
    "nobody looked": "未查找",
    "answered": "已回答",
    "coverage": "覆盖率",
    "right": "正确",
    "accuracy": "准确率",
    "calibration error": "校准误差",
    "error": "误差",
    "fitted on": "拟合照片",
    "threshold": "阈值",
    "stands from": "可独立判断",
    "basis": "依据",
    "condition": "条件",
    "change": "变化",
    "as they are": "原图",
    "photo AP": "照片 AP",
    "all": "全部",
    "with a hazard": "有隐患",
    "abstains": "不判断",
    "evaluation": "评测",
    "common photos": "共同照片",
    "own sources": "留出来源",
    "against": "对比",
}

_TITLES: Final = {
    "Hazards": "隐患",
    "Labels": "标签",
    "False alarms": "误报",
    "Hazards that false alarms name": "误报成了哪类隐患",
    "Pre-fill": "预填",
    "Calibration": "校准",
    "All hazards under each condition": "各条件下的全部隐患",
    "Boxes: AP50 under each condition": "各条件下的框 AP50",
    "Photos: average precision under each condition": "各条件下的照片 AP",
    "Photos: recall under each condition": "各条件下的召回",
    "Photos: false alarms per 100 under each condition": "各条件下每百张误报",
    "stacked_clutter by source": "各来源的堆物堆料",
    "Labels by source": "各来源的标签",
    "Hazards, on sources alone that did not train at all": "仅完全未参与训练的来源",
    "Thresholds of labels": "各标签阈值",
    "When a hazard stands alone": "何时无需人工",
    "What is compared": "对比对象",
    "All hazards together": "全部隐患合计",
}


@cache
def chinese() -> dict[str, str]:
    """What short words, hazards, kinds of photos and conditions are called in Chinese."""
    categories = load_policy().data.categories
    hazards = {hazard.value: categories[hazard].zh for hazard in HAZARDS}
    kinds = {kind.value: zh for kind, zh in KIND_ZH.items()}
    return _WORDS | hazards | kinds | {condition.name: condition.zh for condition in CONDITIONS}


def document(title: str, subtitle: str, lead: str, parts: Sequence[tuple[str, str]]) -> str:
    """A page; `lead` and the parts (heading and content) are HTML, the rest is text."""
    links = "".join(f'<a href="#part-{number}">{heading}</a>' for number, (heading, _) in enumerate(parts, start=1))
    bodies = [
        f'<section id="part-{number}"><h2>{heading}</h2>{content}</section>'
        for number, (heading, content) in enumerate(parts, start=1)
    ]
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        title=escape(title), subtitle=escape(subtitle), lead=lead, contents=links, sections="\n".join(bodies)
    )


def section_html(section: Section, charts: Mapping[str, Figure]) -> tuple[str, str]:
    """Heading and content of a section."""
    drawn = "".join(f"<figure>{as_svg(charts[name])}</figure>" for name in section.charts if name in charts)
    tables = "".join(table_html(table) for table in section.tables)
    if section.folded:
        tables += (
            f"<details><summary>全部数字 · All figures</summary>{''.join(map(table_html, section.folded))}</details>"
        )
    return f"{section.zh} · {escape(section.en)}", f'<div class="charts">{drawn}</div>{tables}'


def table_html(table: TextTable) -> str:
    """A table under its title, its note below; cells that people know get their Chinese name too."""
    head = "".join(f"<th>{both(word)}</th>" for word in table.header)
    rows = "".join(f"<tr>{''.join(f'<td>{both(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    note = f'<p class="quiet">{escape(table.note)}</p>' if table.note else ""
    body = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    return f"<h3>{_title(table.title)}</h3>{body}{note}"


def both(word: str) -> str:
    """A word, with its Chinese name before it where there is one."""
    value, found, rest = word.partition(": ")
    if found and rest[:1] in "+-":  # a figure and what it changed by
        return f"{escape(value)}<br><small>{escape(rest)}</small>"
    zh = chinese().get(word)
    return escape(word) if zh is None else f"{zh} <small>{escape(word)}</small>"


def _title(title: str) -> str:
    zh = _TITLES.get(title) or chinese().get(title)
    return escape(title) if zh is None else f"{zh} · {escape(title)}"


def small_picture(path: Path) -> str:
    """A picture file as a data URI, made small."""
    with Image.open(path) as picture:
        image = picture.convert("RGB")
    image.thumbnail((_PICTURE_PX, 2 * _PICTURE_PX))
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=72)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
