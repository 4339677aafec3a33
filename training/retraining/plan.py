"""What a retraining was asked to do, kept in its folder, so that it can be killed at any moment and resumed.

OUT/
  retrain.json   this plan
  run/           the training run, as `hazardlens train` leaves it
  bundle/        the candidate
  report.json    the gate's verdict with all figures (`GateReport`)
  report.html    the same for people
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from hazardlens.model.bundle import Manifest, read_bundle
from hazardlens.training.config import TrainConfig, read_config
from hazardlens.training.errors import RunError
from hazardlens.training.measuring.evaluate import LabelledSplit, read_data
from hazardlens.training.networks.network import NetworkInfo
from hazardlens.training.shipping.gate import DEFAULT_MARGINS, Margins, read_margins

PLAN_FILE: Final = "retrain.json"
RUN_FOLDER: Final = "run"
BUNDLE_FOLDER: Final = "bundle"
DEFAULT_CONFIG: Final = Path(__file__).parents[1] / "configs" / "retrain.toml"
_HASH_CHARS: Final = 6


@dataclass(frozen=True, slots=True)
class Request:
    """What an ML engineer asks for.

    Attributes:
        exports: reviewed exports, folders or zips.
        bundle: the model in service.
        out: folder of this retraining.
        datasets: folder of all dataset versions.
        base: labelled photos of old, and their split.
        frozen: photos to test on that never train, and their split; by default the test part of `base`.
        config: of the training; None takes the one that ships.
        margins: of the gate.
        version: of the candidate; None makes one of the day and a hash.
        quick: one epoch without mosaics, to see the circle closed.
        resume: go on with the retraining in `out`.
    """

    exports: tuple[Path, ...]
    bundle: Path
    out: Path
    datasets: Path
    base: tuple[Path, Path] | None = None
    frozen: tuple[Path, Path] | None = None
    config: Path | None = None
    margins: Path = DEFAULT_MARGINS
    version: str | None = None
    quick: bool = False
    resume: bool = False


class _PlanDocument(BaseModel):
    """`retrain.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    started: AwareDatetime
    inputs: dict[str, Any]
    dataset: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A request whose inputs were read.

    Attributes:
        request: as asked.
        started: when the retraining began; a resumed one keeps it.
        inputs: what a resumed retraining must agree with.
        dataset: name of its dataset version, once there is one.
        parent: of the bundle in service.
        base: photos of old.
        frozen: frozen test.
        config: of the training; its split is not known yet.
        margins: of the gate.
    """

    request: Request
    started: datetime
    inputs: dict[str, Any]
    dataset: str | None
    parent: Manifest
    base: LabelledSplit | None
    frozen: LabelledSplit | None
    config: TrainConfig
    margins: Margins

    def version(self, dataset_sha256: str) -> str:
        """Of the candidate: what was asked for, or the day and a hash of all that it is made from."""
        if self.request.version is not None:
            return self.request.version
        content = json.dumps([dataset_sha256, self.inputs], sort_keys=True).encode()
        return f"{self.started:%Y.%m.%d}-{hashlib.sha256(content).hexdigest()[:_HASH_CHARS]}"


def make_plan(request: Request, now: datetime) -> Plan:
    """Read all inputs, and start or resume the folder.

    Raises:
        BundleError: the bundle in service cannot be read.
        TrainingError: another input cannot be used, or the folder is not empty, or was started with other inputs.
    """
    from hazardlens.training.fitting.unfold import read_start  # noqa: PLC0415 - imports torch

    start = read_start(request.bundle)
    config = _config(request, start.network.info)
    base, frozen = (None if pair is None else read_data(*pair) for pair in (request.base, request.frozen))
    inputs = {
        "exports": [str(path.resolve()) for path in request.exports],
        "bundle": start.bundle.sha256,
        "base": None if base is None else base.manifest.sha256,
        "frozen": None if frozen is None else frozen.manifest.sha256,
        "config": config.model_dump(mode="json", exclude={"split"}),
        "version": request.version,
    }
    document = _open_folder(request, inputs, now)
    margins = read_margins(request.margins)
    parent = start.bundle.manifest
    return Plan(request, document.started, inputs, document.dataset, parent, base, frozen, config, margins)


def remember_dataset(plan: Plan, name: str) -> None:
    """A resumed retraining goes on with this version."""
    _write(plan.request.out, _PlanDocument(started=plan.started, inputs=plan.inputs, dataset=name))


def finished_bundle(folder: Path) -> bool:
    """Whether the candidate lies there; a bundle is written whole or not at all."""
    return folder.is_dir() and bool(read_bundle(folder).sha256)


def _config(request: Request, info: NetworkInfo) -> TrainConfig:
    config = read_config(request.config or DEFAULT_CONFIG).model_copy(update={"arch": info.arch})
    stages = config.stages
    if request.config is None:
        stages = (*stages[:-1], stages[-1].model_copy(update={"size_px": info.size_px}))
    if request.quick:
        quick = {"epochs": 1, "warmup_epochs": 0.0, "mosaic": 0.0, "close_mosaic": 0}
        stages = (stages[-1].model_copy(update=quick),)
    return config.model_copy(update={"stages": stages})


def _open_folder(request: Request, inputs: dict[str, Any], now: datetime) -> _PlanDocument:
    out, path = request.out, request.out / PLAN_FILE
    if request.resume:
        try:
            document = _PlanDocument.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise RunError(f"{out}: there is no retraining to resume") from error
        differing = [key for key, value in inputs.items() if document.inputs.get(key) != value]
        if differing:
            raise RunError(f"{out}: was started with another {', '.join(differing)}: start a new retraining instead")
        return document
    if out.exists() and any(out.iterdir()):
        raise RunError(f"{out}: is not empty; add --resume to go on in it, or choose another folder")
    document = _PlanDocument(started=now, inputs=inputs)
    _write(out, document)
    return document


def _write(out: Path, document: _PlanDocument) -> None:
    out.mkdir(parents=True, exist_ok=True)
    draft = out / f"{PLAN_FILE}.tmp"
    draft.write_text(document.model_dump_json(indent=1) + "\n", "utf-8")
    draft.replace(out / PLAN_FILE)
