"""Does a training in bfloat16 converge as one in float32 does, and how much faster is it? One of each, side by side.

    python benchmarks/bf16.py --data ../shared/data --weights ../shared/weights/yolo11n.safetensors --out var/bf16

Both see the same pictures in the same order. It says how busy the machine was: beside other work, times mean little.
"""

import argparse
import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hazardlens.training.config import StageConfig, TrainConfig, read_config
from hazardlens.training.fitting.machine import computes_bf16
from hazardlens.training.fitting.material import Sources
from hazardlens.training.fitting.runs import METRICS_FILE, train

CONFIG = Path(__file__).parents[1] / "training" / "configs" / "hazards.toml"
KINDS = {"float32": False, "bfloat16": True}


def main() -> None:
    """Train twice and print both side by side."""
    asked = _arguments()
    if not computes_bf16():
        raise SystemExit("this processor has no instructions for bfloat16: training would compute in float32")
    pool = _subset(asked.data.resolve(), asked.out / "pool", asked.photos)
    runs = {}
    for kind, bf16 in KINDS.items():
        load = os.getloadavg()[0]
        out = asked.out / kind
        train(_config(asked, bf16=bf16), sources=Sources(pool), weights=asked.weights, out=out, report=_quiet)
        print(f"{kind}: load {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")
        runs[kind] = json.loads((out / METRICS_FILE).read_bytes())["epochs"]
    for line in _table(runs):
        print(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with photos.csv, labels/ and photos/")
    parser.add_argument("--weights", type=Path, required=True, help="safetensors to start from")
    parser.add_argument("--out", type=Path, required=True, help="new folder for both runs")
    parser.add_argument("--photos", type=int, default=320, help="how many photos of the data set to use")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--size-px", type=int, default=320)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _subset(data: Path, out: Path, photos: int) -> Path:
    """A data set with evenly spread photos of another one; its files are links."""
    out.mkdir(parents=True)
    for name in ("photos", "labels", "labels.txt"):
        (out / name).symlink_to(data / name)
    with (data / "photos.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    step = max(1.0, (len(rows) - 1) / photos)
    chosen = [rows[1 + int(number * step)] for number in range(min(photos, len(rows) - 1))]
    with (out / "photos.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([rows[0], *chosen])
    return out


def _config(asked: argparse.Namespace, *, bf16: bool) -> TrainConfig:
    config = read_config(CONFIG)
    stage = StageConfig(size_px=asked.size_px, epochs=asked.epochs, batch=16, lr=0.001, final_lr=0.05, mosaic=0.5)
    mix = config.mix.model_copy(update={"real": 1.0, "rendered": 0.0, "composed": 0.0})
    validation = config.validation.model_copy(update={"every": 1})
    changes = {"stages": (stage,), "mix": mix, "validation": validation, "bf16": bf16, "threads": asked.threads}
    return config.model_copy(update=changes)


def _table(runs: dict[str, list[dict[str, Any]]]) -> Iterable[str]:
    """A row per epoch and kind, as Markdown."""
    yield "| epoch | type | box loss | class loss | dfl loss | AP50 | ms a photo, network | ms a photo, data |"
    yield "|---|---|---|---|---|---|---|---|"
    for rows in zip(*runs.values(), strict=True):
        for kind, row in zip(runs, rows, strict=True):
            network_s = row["seconds"] - row["data_seconds"] - row["validation_seconds"]
            losses = " | ".join(f"{row[name]:.3f}" for name in ("box_loss", "cls_loss", "dfl_loss"))
            times = " | ".join(f"{seconds / row['photos'] * 1000:.0f}" for seconds in (network_s, row["data_seconds"]))
            yield f"| {row['epoch'] + 1} | {kind} | {losses} | {row['fitness']:.3f} | {times} |"


def _quiet(_line: str) -> None:
    """Both runs keep a log of their own."""


if __name__ == "__main__":
    main()
