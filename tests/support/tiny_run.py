"""A training run that takes seconds: a handful of small pictures, random start weights, a few epochs."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, make_split, write_split
from hazardlens.training.networks.network import NetworkInfo, build_network
from support.photo_pool import CLUTTER, DOOR, PoolPhoto, write_pool

COCO_CLASSES = 80


@dataclass(frozen=True, slots=True)
class TinyRun:
    """What `hazardlens train` needs."""

    config: Path
    data: Path
    weights: Path

    def options(self, out: Path) -> list[str | Path]:
        """The words after `hazardlens train`."""
        return ["--config", self.config, "--data", self.data, "--weights", self.weights, "--out", out]


def make_tiny_run(root: Path, *, epochs: int = 3, mix: str = "") -> TinyRun:
    """Write photos, split, weights and configuration into `root`; `mix` is the configuration's section of that name."""
    photos = [
        PoolPhoto(f"p{number}", number, boxes=(CLUTTER, DOOR) if number % 3 else (CLUTTER,)) for number in range(12)
    ]
    searched = [PoolPhoto(f"q{number}", number + 20, looked_for=("stacked_clutter",)) for number in range(4)]
    far = [PoolPhoto("far", 40, source="far", boxes=(CLUTTER,))]
    data = write_pool(root / "data", [*photos, *searched, *far])
    write_split(
        make_split(read_records(data), SplitConfig(name="tiny", test_sources=("far",), val=0.25)), root / "split.json"
    )
    return TinyRun(_write_config(root, epochs, mix), data, _write_weights(root))


def _write_weights(root: Path) -> Path:
    torch.manual_seed(1)
    labels = tuple(f"class{number}" for number in range(COCO_CLASSES))
    module = build_network(NetworkInfo(arch="yolo11n.yaml", labels=labels, size_px=64))
    path = root / "start.safetensors"
    save_file(module.state_dict(), path)
    names = {str(number): label for number, label in enumerate(labels)}
    path.with_suffix(".json").write_text(json.dumps({"names": names}), "utf-8")
    return path


def _write_config(root: Path, epochs: int, mix: str) -> Path:
    path = root / "tiny.toml"
    path.write_text(
        f"""
name = "tiny"
split = "split.json"
threads = 1
bf16 = false

[labels]
min_boxes = 2
inherit = {{ exit_door = "class3" }}
weights = {{ exit_door = 2 }}
{mix}
[[stages]]
size_px = 64
epochs = {epochs}
batch = 4
lr = 0.001
close_mosaic = 1

[[stages]]
size_px = 96
epochs = 1
batch = 4
lr = 0.0005
mosaic = 0.0
""",
        "utf-8",
    )
    return path
