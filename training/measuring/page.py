"""An evaluation as one page that needs nothing else, in Chinese and English."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from hazardlens.training.measuring.evaluation import Evaluation
from hazardlens.training.measuring.markup import document, section_html, small_picture
from hazardlens.training.measuring.sections import basis_of, headline, sections


def page(figures: Evaluation, charts: Mapping[str, Figure], sheets: Sequence[Path], *, pictures: bool = False) -> str:
    """The page as HTML.

    Args:
        figures: all figures.
        charts: by name, as sections call them.
        sheets: the sheets of mistakes.
        pictures: whether the page holds these, made small.
    """
    parts = [section_html(section, charts) for section in sections(figures)]
    parts.append(("最差的漏报与误报 · The worst misses and false alarms", _mistakes(sheets, pictures=pictures)))
    kind = "warning" if figures.trained_on_split is False else "quiet"
    lead = (
        '<p class="quiet">只计真实照片；未查找过的标签视为未知，不计入。括号内为按地点重抽样的 95% 置信区间。</p>'
        f'<p class="{kind}">{escape(basis_of(figures))}</p>'
    )
    title = f"评测报告 · Evaluation: {figures.model} {figures.version}".strip()
    return document(title, headline(figures), lead, parts)


def _mistakes(sheets: Sequence[Path], *, pictures: bool) -> str:
    if not sheets:
        return "<p>没有 · None</p>"
    warning = (
        '<p class="warning">这些照片来自数据集，可能有人脸和车牌：不要公开。'
        "These are photos of the data set, with faces and number plates: look at them, do not publish them.</p>"
    )
    note = (
        '<p class="quiet">上：漏报；下：误报。绿：真值；红：检出及得分 · '
        "above: misses, below: false alarms; green: true, red: found, with its score</p>"
    )
    if pictures:
        shown = "".join(
            f'<figure><img src="{small_picture(sheet)}" alt="{escape(_label(sheet))}">'
            f"<figcaption>{escape(_label(sheet))}</figcaption></figure>"
            for sheet in sheets
        )
        return warning + note + shown
    items = "".join(f'<li><a href="{escape(sheet.name)}">{escape(sheet.name)}</a></li>' for sheet in sheets)
    beside = "<p>本页旁边的文件 · Files beside this page:</p>"
    return f"{warning}{note}{beside}<ul>{items}</ul>"


def _label(sheet: Path) -> str:
    return sheet.stem.removeprefix("mistakes-")
