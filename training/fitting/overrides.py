"""A stage in the words of ultralytics' settings."""

from pathlib import Path
from typing import Any

import torch

from hazardlens.training.config import AugmentConfig, StageConfig, TrainConfig


def overrides(config: TrainConfig, stage: StageConfig, folder: Path) -> dict[str, Any]:
    """One stage of a run in ultralytics' words; `folder` is where its trainer may write."""
    return {
        "model": config.arch,
        "data": "",
        "task": "detect",
        "save_dir": str(folder),
        "exist_ok": True,
        "epochs": stage.epochs,
        "imgsz": stage.size_px,
        "batch": stage.batch,
        "nbs": stage.batch,  # every batch is a step of the optimizer
        "optimizer": "AdamW",
        "lr0": stage.lr,
        "lrf": stage.final_lr,
        "cos_lr": True,
        "momentum": 0.9,
        "weight_decay": stage.weight_decay,
        "warmup_epochs": stage.warmup_epochs,
        "warmup_bias_lr": 0.0,
        "patience": stage.epochs + 1,  # the stage runs to its end; the best epoch is kept
        "seed": config.seed,
        "freeze": config.freeze if stage.freeze is None else stage.freeze,
        "deterministic": False,  # nothing on a CPU needs it, and on a GPU it costs half the speed
        "amp": False,  # the network chooses its own type, see PartialDetectionModel
        "device": "0" if torch.cuda.is_available() else "cpu",
        "plots": False,
        "close_mosaic": stage.close_mosaic,
        "mosaic": stage.mosaic,
        **_augment(config.augment),
    }


def _augment(augment: AugmentConfig) -> dict[str, float]:
    return {
        "translate": augment.translate,
        "degrees": augment.degrees,
        "hsv_h": augment.hsv_h,
        "hsv_s": augment.hsv_s,
        "hsv_v": augment.hsv_v,
        "fliplr": augment.flip,
    }
