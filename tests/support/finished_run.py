"""The folder of a training run that has finished, without the training."""

import json
from pathlib import Path

from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.networks.network import Network, save_network


def write_run(
    folder: Path, network: Network, photos: LabelledSplit, *, base: str = "0" * 64, name: str = "lively", **told: object
) -> Path:
    """The files of a finished run that an export reads; `base` is the sha256 of what it started from."""
    folder.mkdir()
    save_network(folder, network.module, network.info)
    description = {
        "config": {"name": name, "seed": 7},
        "split": {"name": photos.manifest.name, "sha256": photos.manifest.sha256},
        "weights": {"name": "start.safetensors", "sha256": base},
        "train": {"photos": 2, "boxes": {"stacked_clutter": 2, "exit_door": 1}},
        "versions": {"torch": "2"},
        **told,
    }
    (folder / "run.json").write_text(json.dumps(description), "utf-8")
    return folder
