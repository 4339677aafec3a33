"""A whole training run in a folder of its own, which can be killed at any time and resumed.

RUN/
  run.json              configuration, seeds, versions, data and weights with their sha256, labels
  train.log             a line per epoch
  batch.png             the first training pictures with their boxes, as the network saw them
  budget.json           with --minutes: how fast the machine was, and how many epochs that gave
  metrics.json          a row per epoch, and the best figures
  curves.png            losses and AP50 over the epochs
  samples.png           validation photos with what the finished model finds
  weights.safetensors   the finished network, and model.json: what it is
  stage-1-416/ ...      checkpoint and best weights of each stage
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hazardlens.model.bundle import read_bundle
from hazardlens.training.config import TrainConfig
from hazardlens.training.errors import RunError
from hazardlens.training.fitting.material import Material, Sources, gather

RUN_FILE: Final = "run.json"
METRICS_FILE: Final = "metrics.json"
LOG_FILE: Final = "train.log"

Report = Callable[[str], None]


def train(
    config: TrainConfig,
    *,
    sources: Sources,
    weights: Path,
    out: Path,
    resume: bool = False,
    keep: Collection[str] = (),
    minutes: float | None = None,
    report: Report = print,
) -> None:
    """Train all stages and write the run folder.

    Args:
        config: of the run.
        sources: real photos, rendered sets, parts.
        weights: safetensors to start from, or the folder of a bundle.
        out: the run folder; it must be new, unless `resume`.
        resume: go on with the run in `out`, which must have been started with the same inputs.
        keep: labels that are trained however few boxes they have, because the weights know them already.
        minutes: fit the epochs of the stages into this time, their proportions kept; a resumed run keeps the epochs.
        report: shown a line at a time.

    Raises:
        TrainingError: something about the inputs or the folder is wrong; the message says what.
    """
    material = gather(config, sources, keep)
    selection = material.selection
    description = _describe(config, material, weights, sources.exclude_provenance, minutes)
    _open_folder(out, description, resume=resume)
    log = _logger(out / LOG_FILE, report)
    for label, reason in selection.left_out.items():
        log(f"{label} is not trained: {reason}")
    for remark in material.remarks:
        log(remark)
    made = selection.made
    log(f"{len(selection.train)} photos train, {len(selection.val)} validate, {len(selection.labels)} labels")
    if made.train:
        log(f"{len(made.train)} rendered photos train, {len(made.val)} validate")
    if "ultralytics" not in sys.modules:  # it reads its environment when it is imported: settings stay inside the run
        os.environ["YOLO_CONFIG_DIR"] = str(out / "ultralytics")
    from hazardlens.training.fitting.stages import run_stages  # noqa: PLC0415

    run_stages(config, material, weights=weights, out=out, resume=resume, minutes=minutes, log=log)
    log("finished")


def _describe(
    config: TrainConfig,
    material: Material,
    weights: Path,
    exclude_provenance: Sequence[str],
    minutes: float | None,
) -> dict[str, Any]:
    """What a resumed run must agree with."""
    selection = material.selection
    return {
        "config": config.model_dump(mode="json", exclude={"split"}),
        "split": {"name": material.manifest.name, "sha256": material.manifest.sha256},
        "weights": _identity(weights),
        "exclude_provenance": sorted(exclude_provenance),
        "minutes": minutes,
        "labels": list(selection.labels),
        "left_out": selection.left_out,
        "train": {"photos": len(selection.train), "boxes": selection.train_boxes},
        "val": {"photos": len(selection.val)},
        **material.description,
    }


def _open_folder(out: Path, description: dict[str, Any], *, resume: bool) -> None:
    path = out / RUN_FILE
    if resume:
        if not path.is_file():
            raise RunError(f"{out}: there is no run to resume")
        before = json.loads(path.read_bytes())
        differing = [key for key, value in description.items() if before.get(key) != value]
        if differing:
            raise RunError(f"{out}: was started with another {', '.join(differing)}: start a new run instead")
        return
    if out.exists() and any(out.iterdir()):
        raise RunError(f"{out}: is not empty; resume the run in it, or choose another folder")
    from hazardlens.training.fitting.machine import versions  # noqa: PLC0415 - imports torch

    out.mkdir(parents=True, exist_ok=True)
    content = {**description, "started": datetime.now(UTC).isoformat(timespec="seconds"), "versions": versions()}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _identity(weights: Path) -> dict[str, str]:
    """Name and sha256 of what the training starts from."""
    if not weights.is_dir():
        return {"name": weights.name, "sha256": _sha256(weights)}
    bundle = read_bundle(weights)
    return {"name": f"{bundle.manifest.name} {bundle.manifest.version}", "sha256": bundle.sha256}


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from error


def _logger(path: Path, report: Report) -> Report:
    def log(message: str) -> None:
        report(message)
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{stamp} {message}\n")

    return log
