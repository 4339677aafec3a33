"""A small parts folder and a painted doorway, for scenes composed without photos."""

from pathlib import Path

import cv2
import numpy as np

from hazardlens.training.composing.scene import Scene

DOOR_XYXY = (140.0, 90.0, 200.0, 220.0)
SIGN_XYXY = (150.0, 60.0, 190.0, 80.0)
KNOWN = frozenset({"blocked_exit", "exit_door", "exit_sign", "stacked_clutter", "bicycle_parked"})


def write_parts(root: Path) -> Path:
    """A parts folder with two bags, a bicycle and a chair of plain colour, and one door photo."""
    (root / "cutouts").mkdir(parents=True)
    rows = ["cutout,what,borders_touched"]
    for number, what in enumerate(("trash bag", "trash bag", "bicycle", "chair")):
        name = f"cutouts/{number}.webp"
        picture = np.zeros((60, 50, 4), np.uint8)
        cv2.ellipse(picture, (25, 30), (22, 28), 0, 0, 360, (60, 120, 40 + 50 * number, 255), -1)
        cv2.imwrite(str(root / name), picture)
        rows.append(f"{name},{what},0")
    (root / "cutouts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = "photo,x_min,y_min,x_max,y_max\nphotos/door.jpg,0.4,0.3,0.6,0.8\n"
    (root / "door_backgrounds.csv").write_text(table, encoding="utf-8")
    return root


def doorway() -> Scene:
    """A grey wall over a floor, with one labelled door and a sign above it; a little noise, as photos have."""
    pixels = np.full((320, 340, 3), 150, np.uint8)
    pixels[216:] = (110, 105, 100)
    x_0, y_0, x_1, y_1 = (int(value) for value in DOOR_XYXY)
    pixels[y_0:y_1, x_0:x_1] = (90, 60, 40)
    noise = np.random.default_rng(3).integers(-3, 4, pixels.shape)
    noisy = np.clip(pixels.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    boxes = np.array([DOOR_XYXY, SIGN_XYXY], np.float32)
    return Scene(noisy, boxes, ("exit_door", "exit_sign"), KNOWN, "photos/door.jpg")
