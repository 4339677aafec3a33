"""From reviewed exports to a candidate with a report, step by step; nothing enters service by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hazardlens.model.bundle import Bundle, read_bundle
from hazardlens.model.exports import read_export
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.fitting.material import Sources
from hazardlens.training.fitting.runs import RUN_FILE, train
from hazardlens.training.fitting.unfold import read_start
from hazardlens.training.measuring.candidates import from_bundle
from hazardlens.training.measuring.changes import HazardChange, compare_models
from hazardlens.training.measuring.curves import RESAMPLES
from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.measuring.predict import judge
from hazardlens.training.networks.network import MODEL_FILE
from hazardlens.training.retraining.building import BuiltVersion, Ingredients, build_version, reopen_version
from hazardlens.training.retraining.dividing import DividingConfig
from hazardlens.training.retraining.entries import REVIEWED
from hazardlens.training.retraining.flips import Answers, Flip, find_flips
from hazardlens.training.retraining.page import PageFacts, page
from hazardlens.training.retraining.plan import (
    BUNDLE_FOLDER,
    RUN_FOLDER,
    Plan,
    Request,
    finished_bundle,
    make_plan,
    remember_dataset,
)
from hazardlens.training.retraining.version import SPLIT_FILE
from hazardlens.training.shipping.accuracy import can_judge
from hazardlens.training.shipping.export import Wishes, export_run
from hazardlens.training.shipping.gate import REPORT_FILE, GateReport, ModelId, judge_changes

PAGE_FILE: Final = "report.html"
_QUICK_RESAMPLES: Final = 100

Report = Callable[[str], None]
Advance = Callable[[int, int], None]


def retrain(
    request: Request, *, report: Report = print, advance: Advance | None = None, now: datetime | None = None
) -> GateReport:
    """Do what is left to do, and give the gate's verdict.

    Args:
        request: what to do.
        report: shown a line at a time.
        advance: told (done, total) while photos are looked at.
        now: when it is started; a resumed retraining keeps its first moment.

    Raises:
        HazardlensError: an input or the folder cannot be used, or training or export failed; the message says why.
    """
    plan = make_plan(request, now or datetime.now(UTC))
    built = _dataset(plan, report, advance)
    _train(plan, built, report)
    candidate = _export(plan, built, report, advance)
    return _compare(plan, built, candidate, report, advance)


def _dataset(plan: Plan, report: Report, advance: Advance | None) -> BuiltVersion:
    datasets = plan.request.datasets
    if plan.dataset is not None:
        report(f"dataset version {plan.dataset}: as made before")
        return reopen_version(datasets / plan.dataset)
    labels = [label.name for label in plan.parent.labels]
    ingredients = Ingredients(plan.request.exports, labels, plan.base, plan.frozen)
    built = build_version(ingredients, datasets, DividingConfig(), plan.started, advance)
    remember_dataset(plan, built.version.name)
    _tell_version(built, report)
    return built


def _tell_version(built: BuiltVersion, report: Report) -> None:
    version = built.version
    counts = ", ".join(f"{side} {count}" for side, count in version.photos.items())
    report(f"dataset version {version.name}{'' if built.fresh else ' (there already)'}: {counts} photos")
    for photo, reason in version.left_out.items():
        report(f"{photo} is left out: {reason}")
    if built.diff is None:
        report("it is the first version: there is none to compare it with")
        return
    report(f"since version {version.parent}: (+ new, - gone, ~ changed)")
    for what, how in built.diff.table().rows:
        report(f"  {what}: {how}")


def _train(plan: Plan, built: BuiltVersion, report: Report) -> None:
    run = plan.request.out / RUN_FOLDER
    if (run / MODEL_FILE).is_file():
        report("training: done before")
        return
    train(
        plan.config.model_copy(update={"split": (built.folder / SPLIT_FILE).resolve()}),
        sources=Sources(built.folder),
        weights=plan.request.bundle,
        out=run,
        resume=(run / RUN_FILE).is_file(),
        keep=[label.name for label in plan.parent.labels],
        report=report,
    )


def _export(plan: Plan, built: BuiltVersion, report: Report, advance: Advance | None) -> Bundle:
    folder = plan.request.out / BUNDLE_FOLDER
    if finished_bundle(folder):
        report("export: done before")
        return read_bundle(folder)
    version = plan.version(built.version.sha256)
    report(f"calibrating and exporting {plan.parent.name} {version}")
    reviewed = sum(record.source == REVIEWED for record in built.records)
    remark = (
        f"Retrained from {plan.parent.name} {plan.parent.version} on dataset version {built.version.name}, of which "
        f"{reviewed} photos come from reviewed reports: these are not openly licensed and not public."
    )
    photos = LabelledSplit(built.records, built.manifest)
    blends = can_judge(photos.part("val"), [label.name for label in plan.parent.labels])
    if not blends:
        report("too few validation boxes to blend with the bundle in service: the end of the training is exported")
    return export_run(
        plan.request.out / RUN_FOLDER,
        folder,
        photos,
        name=plan.parent.name,
        version=version,
        remarks=[remark],
        parent=plan.parent,
        start=read_start(plan.request.bundle) if blends else None,
        hazards=_hazards(plan),
        wishes=Wishes(int8=plan.parent.weights == "int8"),
        now=plan.started,
        advance=advance,
        say=report,
    )


def _hazards(plan: Plan) -> dict[str, Category | None]:
    """What labels stand for: as the exports say, and before them the bundle in service."""
    found: dict[str, Category | None] = {}
    for path in plan.request.exports:
        with read_export(path) as export:
            found.update({label.name: label.hazard for label in export.manifest.labels})
    return found | {label.name: label.hazard for label in plan.parent.labels}


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    changes: dict[str, Sequence[HazardChange]]
    flips: dict[str, Sequence[Flip]]
    thresholds: Mapping[str, Mapping[str, float]]


def _compare(plan: Plan, built: BuiltVersion, candidate: Bundle, report: Report, advance: Advance | None) -> GateReport:
    compared = _measure(plan, built, report, advance)
    verdict, reasons, hazards = judge_changes(compared.changes, plan.margins)
    gate = GateReport(
        candidate=ModelId(name=candidate.manifest.name, version=candidate.manifest.version),
        baseline=ModelId(name=plan.parent.name, version=plan.parent.version),
        verdict=verdict,
        reasons=reasons,
        hazards=hazards,
        margins=plan.margins,
        dataset=built.version.name,
        bundle_sha256=candidate.sha256,
    )
    files = {record.photo: record.path for record in built.records}
    curves = plan.request.out / RUN_FOLDER / "curves.png"
    facts = PageFacts(gate, built.version, built.diff, compared.flips, compared.thresholds, files, curves)
    (plan.request.out / PAGE_FILE).write_text(page(facts), "utf-8")
    draft = plan.request.out / f"{REPORT_FILE}.tmp"
    draft.write_text(gate.model_dump_json(indent=1) + "\n", "utf-8")
    draft.replace(plan.request.out / REPORT_FILE)
    return gate


def _measure(plan: Plan, built: BuiltVersion, report: Report, advance: Advance | None) -> _Compared:
    before, _ = from_bundle(plan.request.bundle)
    after, _ = from_bundle(plan.request.out / BUNDLE_FOLDER)
    changes: dict[str, Sequence[HazardChange]] = {}
    flips: dict[str, Sequence[Flip]] = {}
    for name, records in _test_sets(built).items():
        report(f"measuring both models on {len(records)} photos: {name}")
        answers = [Answers(model, judge(model.finder, records, advance)) for model in (before, after)]
        changes[name] = compare_models(
            (before, answers[0].judged),
            (after, answers[1].judged),
            resamples=_QUICK_RESAMPLES if plan.request.quick else RESAMPLES,
        )
        flips[name] = find_flips(*answers)
    thresholds = {name: subject.model_thresholds for name, subject in Answers(after, ()).hazards().items()}
    return _Compared(changes, flips, thresholds)


def _test_sets(built: BuiltVersion) -> dict[str, list[PhotoRecord]]:
    """The frozen test and the newest corrections, where there are any."""
    test = built.manifest.select(built.records, "test")
    sets = {
        "frozen": [record for record in test if record.source != REVIEWED],
        "corrections": [record for record in test if record.source == REVIEWED],
    }
    return {name: records for name, records in sets.items() if records}


def summary(gate: GateReport, out: Path) -> list[str]:
    """What a terminal shows at the end."""
    lines = [f"gate: {gate.verdict}"]
    lines += [f"  {reason.en}" for reason in gate.reasons]
    lines += [f"  {row.hazard} ({row.test_set}): not judged, {row.why}" for row in gate.hazards if row.why]
    lines.append(f"candidate {gate.candidate.version} against {gate.baseline.version}: {out / PAGE_FILE}")
    return lines
