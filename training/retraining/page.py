"""The report of a retraining as one page that needs nothing else: who gains, who loses, and the gate's verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from hazardlens.training.measuring.changes import Change
from hazardlens.training.measuring.tables import NOTHING, TextTable
from hazardlens.training.retraining.differences import VersionDiff
from hazardlens.training.retraining.flips import WORSE, Flip, flip_table
from hazardlens.training.retraining.pictures import flip_picture, picture_file
from hazardlens.training.retraining.version import DatasetVersion
from hazardlens.training.shipping.gate import TEST_SETS, GateReport, HazardVerdict, hazard_zh

PICTURES: Final = 12
_TEMPLATE: Final = Path(__file__).parent / "report.html"
_KINDS: Final = {
    "missed": ("新漏报", "newly missed"),
    "alarmed": ("新误报", "new false alarm"),
    "found": ("新发现", "newly found"),
    "silenced": ("误报消失", "false alarm gone"),
}
_STANDINGS: Final = {
    "passed": "通过 · passed",
    "refused": "拒绝 · refused",
    "not_judged": "未判断 · not judged",
}


@dataclass(frozen=True, slots=True, eq=False)
class PageFacts:
    """What the page shows.

    Attributes:
        gate: verdict, reasons and figures.
        version: what the candidate was trained on.
        diff: what was new in it.
        flips: answers that turned, by test set.
        thresholds: of the labels of each hazard, for drawing.
        files: photo -> picture.
        curves: a chart of the training, if there is one.
    """

    gate: GateReport
    version: DatasetVersion
    diff: VersionDiff | None
    flips: Mapping[str, Sequence[Flip]]
    thresholds: Mapping[str, Mapping[str, float]]
    files: Mapping[str, Path]
    curves: Path


def page(facts: PageFacts) -> str:
    """The page as HTML."""
    gate = facts.gate
    passed = gate.verdict == "passed"
    baseline = f"{gate.baseline.name} {gate.baseline.version}"
    sections = [_figures(facts, name) for name in dict.fromkeys(row.test_set for row in gate.hazards)]
    values = {
        "title": escape(f"{gate.candidate.name} {gate.candidate.version}"),
        "subtitle": escape(f"再训练报告 · Retraining report；对比 · against {baseline}"),
        "verdict": (
            "通过：可以由人决定是否投入使用 · Passed: a person may now decide to put it into service"
            if passed
            else "拒绝：不应投入使用 · Refused: it should not enter service"
        ),
        "verdict_class": gate.verdict,
        "reasons": _reasons(gate),
        "sections": "\n".join([*sections, _pictures(facts), _dataset(facts), _margins(gate), _curves(facts.curves)]),
    }
    return Template(_TEMPLATE.read_text("utf-8")).substitute(values)


def _reasons(gate: GateReport) -> str:
    if not gate.reasons:
        return ""
    items = "".join(f"<li>{escape(reason.zh)}<br>{escape(reason.en)}</li>" for reason in gate.reasons)
    return f"<h2>拒绝的理由 · Why it is refused</h2><ul>{items}</ul>"


def _figures(facts: PageFacts, test_set: str) -> str:
    zh, en = TEST_SETS.get(test_set, (test_set, test_set))
    rows = [row for row in facts.gate.hazards if row.test_set == test_set]
    head = (
        "隐患 · hazard",
        "有 · shown",
        "无 · harmless",
        "照片 AP · photo AP",
        "框 AP50 · box AP50",
        "召回 · recall",
        "误报/百张 · alarms/100",
        "判断 · verdict",
    )
    flips = facts.flips.get(test_set, ())
    turned = "".join(_table(flip_table(flips, by)) for by in ("hazard", "source")) if flips else ""
    return (
        f"<h2>{zh} · {en[0].upper()}{en[1:]}</h2>"
        '<p class="quiet">旧 → 新（差值的 95% 置信区间，按地点成对重抽样）· old → new (95 % interval of the '
        "difference, places drawn in pairs)</p>"
        f"{_raw_table(head, [_hazard_cells(row) for row in rows])}{turned}"
    )


def _hazard_cells(row: HazardVerdict) -> list[str]:
    figures = row.figures
    told_apart = 0 if row.standing == "not_judged" else 1  # few photos deserve no colour
    told = _STANDINGS[row.standing] + (f"<br><span class='quiet'>{escape(row.why)}</span>" if row.why else "")
    return [
        f"<td>{escape(hazard_zh(row.hazard))}<br><span class='quiet'>{escape(row.hazard)}</span></td>",
        f"<td>{figures.positive_photos}</td>",
        f"<td>{figures.harmless_photos}</td>",
        _change_cell(figures.photo_ap, good=told_apart, digits=3),
        _change_cell(figures.box_ap50, good=told_apart, digits=3),
        _change_cell(figures.recall, good=told_apart, digits=3),
        _change_cell(figures.alarms_per_100, good=-told_apart, digits=1),
        f"<td>{told}</td>",
    ]


def _change_cell(change: Change, *, good: int, digits: int) -> str:
    before, after = (NOTHING if value is None else f"{value:.{digits}f}" for value in (change.before, change.after))
    bounds = ""
    style = ""
    if change.interval is not None:
        low, high = change.interval
        bounds = f"<br><span class='quiet'>{low:+.{digits}f} … {high:+.{digits}f}</span>"
        if good and (low > 0 or high < 0):  # the whole interval is on one side
            style = " class='better'" if (low > 0) == (good > 0) else " class='worse'"
    return f"<td{style}>{before} → {after}{bounds}</td>"


def _pictures(facts: PageFacts) -> str:
    worse = [flip for flips in facts.flips.values() for flip in flips if flip.kind in WORSE]
    worst = sorted(worse, key=lambda flip: -flip.distance)[:PICTURES]
    title = "<h2>变差最多的照片 · The worst changes</h2>"
    if not worst:
        return title + "<p>没有 · None</p>"
    note = "左：旧模型，右：候选模型；绿：真值，红：检出 · left: in service, right: candidate; green: true, red: found"
    return f"{title}<p class='quiet'>{note}</p>" + "".join(_figure(facts, flip) for flip in worst)


def _figure(facts: PageFacts, flip: Flip) -> str:
    zh, en = _KINDS[flip.kind]
    picture = flip_picture(flip, facts.thresholds.get(flip.hazard, {}), facts.files[flip.before.photo])
    margins = f"{flip.margin_before:+.2f} → {flip.margin_after:+.2f}"
    hazard = f"{hazard_zh(flip.hazard)} {flip.hazard}"
    place = f"{Path(flip.before.photo).stem[:12]}, {flip.before.group}"
    told = escape(f"{zh} · {en}: {hazard}, {margins}, {place}")
    return f"<figure><img src='{picture}' alt='{escape(en)}'><figcaption>{told}</figcaption></figure>"


def _dataset(facts: PageFacts) -> str:
    version = facts.version
    head = ("标签 · label", *version.photos, "查找过的照片 · looked for on photos")
    rows = [
        [
            f"<td>{escape(label)}</td>",
            *(f"<td>{counts[side]}</td>" for side in version.photos),
            f"<td>{version.looked_for[label]}</td>",
        ]
        for label, counts in version.boxes.items()
    ]
    photos = ", ".join(f"{side}: {count} / {version.clusters[side]}" for side, count in version.photos.items())
    sources = "".join(
        f"<li>{source.kind}: {escape(source.name)}, {source.photos} ({source.sha256[:12]}…)</li>"
        for source in version.sources
    )
    changes = "" if facts.diff is None else _table(facts.diff.table())
    return (
        f"<h2>数据版本 · Dataset version {escape(version.name)}</h2>"
        f"<p>照片/地点 · photos / places: {photos}</p><ul>{sources}</ul>{_raw_table(head, rows)}{changes}"
    )


def _margins(gate: GateReport) -> str:
    rows = [[f"<td>{name}</td>", f"<td>{value:g}</td>"] for name, value in gate.margins.model_dump().items()]
    return "<h2>门槛 · Margins of the gate</h2>" + _raw_table(("设置 · setting", "值 · value"), rows)


def _curves(path: Path) -> str:
    picture = picture_file(path)
    return f"<h2>训练曲线 · Training</h2><figure><img src='{picture}' alt='curves'></figure>" if picture else ""


def _table(table: TextTable) -> str:
    rows = [[f"<td>{escape(cell)}</td>" for cell in row] for row in table.rows]
    note = f"<p class='quiet'>{escape(table.note)}</p>" if table.note else ""
    return f"<h3>{escape(_TITLES.get(table.title, table.title))}</h3>{_raw_table(table.header, rows)}{note}"


_TITLES: Final = {
    "Answers that turned, by hazard": "判断改变的照片（按隐患）· Answers that turned, by hazard",
    "Answers that turned, by source": "判断改变的照片（按来源）· Answers that turned, by source",
    "Changes since the last version": "与上一版本的差别 · Changes since the last version",
}


def _raw_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells of `rows` are HTML already."""
    head = "".join(f"<th>{escape(cell).replace(' · ', '<br>')}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
