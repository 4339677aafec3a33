"""Renders scenes: reads one order a line from standard input, writes pictures and what is on them, answers with a line.

An order is `{"hazard", "seed", "name"}`. The answer is `{"name", "seconds", "frames"}`, or `{"name", "error"}` when the
scene could not be made. Pictures are written first, the description `NAME.json` last and at once, so a scene with a
description is whole.
"""

import argparse
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from hazardlens.training.rendering.orders import studio_sha256
from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.boxes import boxes_of, number_objects
from hazardlens.training.rendering.studio.developing import develop, draw_development
from hazardlens.training.rendering.studio.lacks import StudioError
from hazardlens.training.rendering.studio.lighting import flash
from hazardlens.training.rendering.studio.scenes import builder
from hazardlens.training.rendering.studio.shots import Shot, few
from hazardlens.training.rendering.studio.stage import Stage

Frame = dict[str, Any]


def main() -> None:
    """Serve orders until standard input ends."""
    arguments = _arguments()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Blender writes to standard output, which belongs to the answers
    stage = Stage(Assets(arguments.assets), long_side_px=arguments.size, threads=arguments.threads)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(_served(stage, order, arguments.out)), file=answers, flush=True)


def _served(stage: Stage, order: dict[str, Any], out: Path) -> dict[str, Any]:
    started = time.monotonic()
    try:
        frames = render_scene(stage, order["hazard"], order["seed"], order["name"], out)
    except StudioError as error:
        return {"name": order["name"], "error": str(error), "final": True}
    except Exception:  # noqa: BLE001 - one scene that cannot be built must not end the others; the answer tells of it
        return {"name": order["name"], "error": traceback.format_exc(limit=-3), "final": False}
    return {"name": order["name"], "seconds": round(time.monotonic() - started, 2), "frames": len(frames)}


def render_scene(stage: Stage, hazard: str, seed: int, name: str, out: Path) -> list[Frame]:
    """Build the scene of that seed, render all its shots into `out`, and describe them in `NAME.json`."""
    stage.clear(seed)
    shots = few(builder(hazard)(stage), stage.rng)
    frames = []
    for number, shot in enumerate(shots):
        frame = _render_shot(stage, shot, f"{name}-{number:02d}", out, np.random.default_rng((seed, number)))
        if frame is not None:
            frames.append(frame)
    content = {"name": name, "hazard": hazard, "seed": seed, "studio_sha256": studio_sha256(), "frames": frames}
    part = out / f".{name}.json"
    part.write_text(json.dumps(content, indent=1), "utf-8")
    part.replace(out / f"{name}.json")
    return frames


def _render_shot(stage: Stage, shot: Shot, name: str, out: Path, rng: np.random.Generator) -> Frame | None:
    """The frame's description; None where the shot shows a hazard that is too small for a box."""
    shot.arrange()
    lamp = flash(shot.camera.position_m, shot.camera.look_at_m) if shot.flash else None
    number_objects(stage.scene.objects)
    targets = shot.targets()
    started = time.monotonic()
    light = stage.photograph(shot.camera)
    boxes = boxes_of(stage.masks(), targets)
    seconds = time.monotonic() - started
    if lamp is not None:
        lamp.hide_render = True
    if boxes is None:
        return None
    data = develop(light, draw_development(rng, exposure_ev=shot.exposure_ev), rng)
    (out / f"{name}.jpg").write_bytes(data)
    height, width = light.shape[:2]
    return {
        "file": f"{name}.jpg", "width": width, "height": height, "state": shot.state, "pair": shot.pair,
        "tags": shot.tags,
        "boxes": [{"label": label, "box": box} for label, box in boxes], "seconds": round(seconds, 2),
    }  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--size", type=int, default=448)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()
