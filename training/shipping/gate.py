"""Whether a candidate may be offered for service: it must not be worse than what is there, hazard by hazard.

The gate reads figures, never photos. It refuses with reasons, and what it could not judge it says. A candidate about
which nothing could be judged is refused as well: nobody knows whether it is better.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.policy import load_policy
from hazardlens.training.errors import GateError
from hazardlens.training.measuring.changes import Change, HazardChange

REPORT_FILE: Final = "report.json"
DEFAULT_MARGINS: Final = Path(__file__).parent / "gate.toml"

Verdict = Literal["passed", "refused"]
Standing = Literal["passed", "refused", "not_judged"]
_Share = Annotated[float, Field(ge=0, le=1)]
_LOST: Final = 1e-9  # a loss of just the margin is within it


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Margins(_Part):
    """What may be lost; `gate.toml` beside this file explains each line and has the defaults."""

    min_positive_photos: int = Field(ge=1)
    min_harmless_photos: int = Field(ge=1)
    max_photo_ap_loss: _Share
    max_box_ap50_loss: _Share
    max_recall_loss: _Share
    max_alarms_growth: float = Field(ge=0, le=100)


class ModelId(_Part):
    """A model and its version."""

    name: str
    version: str


class Reason(_Part):
    """Why a candidate is refused.

    Attributes:
        code: photo_ap, box_ap50, recall, alarms, hazard_unknown or nothing_judged.
        hazard: which; None for what concerns all.
        test_set: which photos showed it; None for what needs none.
        zh: for people.
        en: the same.
    """

    code: str
    hazard: str | None
    test_set: str | None
    zh: str
    en: str


class HazardVerdict(_Part):
    """One hazard on one test set, with its figures; `why` says what was not judged."""

    hazard: str
    test_set: str
    standing: Standing
    why: str
    figures: HazardChange


class GateReport(_Part):
    """`report.json`: what `promote` reads before a candidate enters service.

    Attributes:
        candidate: the new model.
        baseline: the model in service that it was compared with.
        verdict: of the gate.
        reasons: for a refusal; empty when it passed.
        hazards: every hazard on every test set.
        margins: what was allowed.
        dataset: the version that it was trained on.
        bundle_sha256: of the candidate's manifest.json: the report speaks of this very bundle.
    """

    schema_version: Literal[1] = 1
    candidate: ModelId
    baseline: ModelId
    verdict: Verdict
    reasons: tuple[Reason, ...]
    hazards: tuple[HazardVerdict, ...]
    margins: Margins
    dataset: str
    bundle_sha256: str


def read_margins(path: Path = DEFAULT_MARGINS) -> Margins:
    """Margins from a TOML file.

    Raises:
        GateError: there is none, it is no TOML, or a key or value is wrong.
    """
    try:
        return Margins.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise GateError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise GateError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:  # broken TOML, or not UTF-8
        raise GateError(f"{path}: not valid TOML: {error}") from error


def read_gate_report(path: Path) -> GateReport:
    """The `report.json` that a retraining left.

    Raises:
        GateError: there is none, or it breaks the schema.
    """
    try:
        return GateReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise GateError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise GateError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def judge_changes(
    changes: Mapping[str, Sequence[HazardChange]], margins: Margins
) -> tuple[Verdict, tuple[Reason, ...], tuple[HazardVerdict, ...]]:
    """The verdict, its reasons, and how each hazard fared.

    Args:
        changes: by test set, the changes of every hazard.
        margins: what may be lost.
    """
    verdicts: list[HazardVerdict] = []
    reasons: list[Reason] = []
    for test_set, rows in changes.items():
        for row in rows:
            found = list(_losses(row, test_set, margins))
            why = _not_judged(row, margins)
            standing: Standing = "refused" if found else "not_judged" if why else "passed"
            verdicts.append(
                HazardVerdict(hazard=row.hazard, test_set=test_set, standing=standing, why=why, figures=row)
            )
            reasons += found
    reasons = [*_forgotten(changes), *reasons]
    if all(verdict.standing == "not_judged" for verdict in verdicts) and not reasons:
        reasons = [_nothing(margins)]
    return "refused" if reasons else "passed", tuple(reasons), tuple(verdicts)


def _not_judged(row: HazardChange, margins: Margins) -> str:
    if not row.known_before:
        return "the model in service does not know it"
    if row.positive_photos < margins.min_positive_photos:
        return f"{row.positive_photos} photos show it, {margins.min_positive_photos} needed"
    return ""


def _losses(row: HazardChange, test_set: str, margins: Margins) -> Iterator[Reason]:
    if not (row.known_before and row.known_after):
        return
    if row.positive_photos >= margins.min_positive_photos:
        for code, change, margin in (
            ("photo_ap", row.photo_ap, margins.max_photo_ap_loss),
            ("box_ap50", row.box_ap50, margins.max_box_ap50_loss),
            ("recall", row.recall, margins.max_recall_loss),
        ):
            if change.difference is not None and -change.difference > margin + _LOST:
                yield _reason(code, row.hazard, test_set, change, margin)
    alarms = row.alarms_per_100
    enough = row.harmless_photos >= margins.min_harmless_photos
    if enough and alarms.difference is not None and alarms.difference > margins.max_alarms_growth + _LOST:
        yield _reason("alarms", row.hazard, test_set, alarms, margins.max_alarms_growth)


_WORDS: Final = {
    "photo_ap": ("照片平均精度", "average precision of photos"),
    "box_ap50": ("框的平均精度（AP50）", "AP50 of boxes"),
    "recall": ("召回率", "recall"),
    "alarms": ("每百张无隐患照片的误报", "false alarms per 100 harmless photos"),
}
TEST_SETS: Final = {"frozen": ("固定测试集", "the frozen test"), "corrections": ("最新更正", "the newest corrections")}


def _reason(code: str, hazard: str, test_set: str, change: Change, margin: float) -> Reason:
    zh, en = _WORDS[code]
    where_zh, where_en = TEST_SETS.get(test_set, (test_set, test_set))
    digits = 1 if code == "alarms" else 3
    moved = f"{change.before:.{digits}f} → {change.after:.{digits}f}"
    if change.interval is not None:
        low, high = change.interval
        moved += f" ({low:+.{digits}f} … {high:+.{digits}f})"
    return Reason(
        code=code,
        hazard=hazard,
        test_set=test_set,
        zh=f"{hazard_zh(hazard)}（{where_zh}）：{zh} {moved}，允许变差 {margin:g}",
        en=f"{hazard} on {where_en}: {en} {moved}, a loss of {margin:g} is allowed",
    )


@cache
def hazard_zh(hazard: str) -> str:
    """Its name in Chinese, as the policy that ships has it."""
    return load_policy().data.categories[Category(hazard)].zh


def _forgotten(changes: Mapping[str, Sequence[HazardChange]]) -> Iterable[Reason]:
    """Hazards that the candidate cannot find any more, whatever the photos show."""
    lost = {row.hazard for rows in changes.values() for row in rows if row.known_before and not row.known_after}
    for hazard in sorted(lost):
        yield Reason(
            code="hazard_unknown",
            hazard=hazard,
            test_set=None,
            zh=f"{hazard_zh(hazard)}：候选模型已不认识这种隐患",
            en=f"{hazard}: the candidate does not know it any more",
        )


def _nothing(margins: Margins) -> Reason:
    needed = margins.min_positive_photos
    return Reason(
        code="nothing_judged",
        hazard=None,
        test_set=None,
        zh=f"没有任何隐患的测试照片达到 {needed} 张，无法判断",
        en=f"no hazard is shown by {needed} test photos: nothing could be judged",
    )
