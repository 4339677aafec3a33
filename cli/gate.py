"""Whether a candidate may replace the model in service: what its report says, or what the photos say now."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ValidationError

from hazardlens.cli.errors import CliError

if TYPE_CHECKING:
    from hazardlens.model.bundle import Bundle

REPORT_FILE: Final = "report.json"

Verdict = Literal["passed", "refused", "not_compared", "outdated"]


class _Model(BaseModel):
    name: str
    version: str


class _Reason(BaseModel):
    en: str


class GateReport(BaseModel):
    """The part of a retraining's `report.json` that decides. Reading it needs nothing of what training needs.

    `hazardlens.training.shipping.gate` writes it; a test holds the two together.
    """

    schema_version: Literal[1]
    candidate: _Model
    baseline: _Model
    verdict: Literal["passed", "refused"]
    reasons: list[_Reason]
    bundle_sha256: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and its reasons in words."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the candidate may enter service."""
        return self.verdict == "passed"


def find_report(candidate: Path, bundle: Path) -> Path | None:
    """The report of a retraining: in the folder that was named, in the bundle's, or beside that."""
    places = (candidate / REPORT_FILE, bundle / REPORT_FILE, bundle.resolve().parent / REPORT_FILE)
    return next((place for place in places if place.is_file()), None)


def judge_report(path: Path | None, candidate: "Bundle", baseline: tuple[str, str]) -> Judgement:
    """What the report says, if it speaks of these two models.

    Args:
        path: of the report; None where there is none.
        candidate: the bundle that should enter service.
        baseline: name and version of the model in service.

    Raises:
        CliError: the report cannot be read.
    """
    if path is None:
        return Judgement("not_compared", (f"no {REPORT_FILE} beside it: compare it with --data and --split",))
    try:
        report = GateReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise CliError(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    manifest = candidate.manifest
    told = (report.candidate.name, report.candidate.version)
    if report.bundle_sha256 != candidate.sha256 or told != (manifest.name, manifest.version):
        return Judgement("outdated", (f"{path} speaks of another bundle than this one",))
    if (compared := (report.baseline.name, report.baseline.version)) != baseline:
        against, now = "@".join(compared), "@".join(baseline)
        why = f"{path} compares with {against}, but {now} is in service: compare again with --data and --split"
        return Judgement("outdated", (why,))
    return Judgement(report.verdict, tuple(reason.en for reason in report.reasons))


def judge_photos(
    candidate: Path, baseline: Path, *, data: Path, split: Path, advance: Callable[[int, int], None]
) -> Judgement:
    """Both models on the test photos of a split, judged by the same gate as a retraining. Needs the training extra.

    Args:
        candidate: folder of the bundle that should enter service.
        baseline: folder of the one in service.
        data: labelled photos.
        split: their split.
        advance: called with photos done and photos in all.

    Raises:
        HazardlensError: photos, split or a bundle cannot be used.
    """
    from hazardlens.training.measuring.candidates import from_bundle
    from hazardlens.training.measuring.changes import compare_models
    from hazardlens.training.measuring.evaluate import read_data
    from hazardlens.training.measuring.predict import judge
    from hazardlens.training.shipping.gate import judge_changes, read_margins

    records = read_data(data, split).part("test")
    pair = []
    for offset, path in ((0, baseline), (len(records), candidate)):
        model, _ = from_bundle(path)
        pair.append((model, judge(model.finder, records, _shifted(advance, offset))))
    verdict, reasons, _ = judge_changes({"frozen": compare_models(pair[0], pair[1])}, read_margins())
    return Judgement(verdict, tuple(reason.en for reason in reasons))


def _shifted(advance: Callable[[int, int], None], offset: int) -> Callable[[int, int], None]:
    """One bar for two rounds of as many photos."""
    return lambda done, count: advance(offset + done, 2 * count)
