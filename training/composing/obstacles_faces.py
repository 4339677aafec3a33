"""What the sides of drawn boxes look like: cardboard with tape and print, furniture, appliances, crates, mattresses."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.noise import noise_at

Side = str  # "front", "side" or "top"
Face = Callable[[Side, np.random.Generator], Floats]

_SIDE_PX: Final = 64


def carton(rng: np.random.Generator) -> Face:
    """Cardboard: brown, sometimes white or printed all over, with tape, print, labels and dents."""
    brown = f32([rng.uniform(150, 205), 0, 0])
    brown[1], brown[2] = brown[0] * rng.uniform(0.74, 0.82), brown[0] * rng.uniform(0.5, 0.62)
    if rng.random() < 0.16:
        brown = f32(rng.uniform(195, 232, 3) * (1, 0.99, 0.96))
    elif rng.random() < 0.1:
        brown = f32(rng.uniform(40, 200, 3))
    tape = f32(brown * rng.uniform(0.75, 1.25)) if rng.random() < 0.8 else None
    ink = f32(brown * rng.uniform(0.2, 0.5)) if rng.random() < 0.8 else f32([170, 40, 40])

    def face(side: Side, rng: np.random.Generator) -> Floats:
        sheet = _sheet(brown, rng, 9)
        if side == "top":
            _top_of_carton(sheet, brown, tape, rng)
            return sheet
        if tape is not None and rng.random() < 0.7:
            middle = int(_SIDE_PX * rng.uniform(0.46, 0.54))
            sheet[: int(_SIDE_PX * rng.uniform(0.15, 0.35)), middle - 4 : middle + 4] = tape
        if rng.random() < 0.75:
            _print(sheet, ink, rng)
        if rng.random() < 0.3:
            x, y = rng.integers(4, _SIDE_PX - 26, 2)
            sheet[y : y + 12, x : x + 18] = f32(rng.uniform(215, 245))
            sheet[y + 3 : y + 10 : 3, x + 2 : x + 15] = 60
        return sheet

    return face


def _top_of_carton(sheet: Floats, brown: Floats, tape: Floats | None, rng: np.random.Generator) -> None:
    half = _SIDE_PX // 2
    if rng.random() < 0.3:  # open: one looks into the dark
        sheet[6:-6, 8:-8] = brown * f32(0.28)
    elif tape is not None:
        sheet[half - 5 : half + 5] = tape * f32(1.05)
        sheet[half] = brown * f32(0.7)


def _print(sheet: Floats, ink: Floats, rng: np.random.Generator) -> None:
    x, y = int(rng.integers(5, 24)), int(rng.integers(14, 36))
    style = rng.integers(0, 4)
    if style == 0:
        mask = np.zeros((_SIDE_PX, _SIDE_PX), np.uint8)
        cv2.putText(mask, "".join(rng.choice(list("ABEKLMORST"), 5)), (x - 3, y + 8), 1, 0.9, 255, 1, cv2.LINE_AA)
        sheet += (ink - sheet) * (mask.astype(np.float32) / 255)[..., None]
    elif style == 1:
        cv2.circle(sheet, (x + 14, y + 8), int(rng.integers(6, 12)), ink.tolist(), -1)
    elif style == 2:
        for row in range(3):
            cv2.line(sheet, (x, y + row * 6), (x + int(rng.integers(14, 34)), y + row * 6), ink.tolist(), 2)
    else:
        sheet[int(rng.integers(6, 20)) : int(rng.integers(24, 44))] *= f32(0.35)
        sheet[22:30] += ink * f32(0.4)
    for arrow in range(int(rng.integers(0, 3))):
        at = _SIDE_PX - 12 - arrow * 9
        cv2.arrowedLine(sheet, (at, 60), (at, 50), (ink * f32(0.8)).tolist(), 1, tipLength=0.4)


def cabinet(rng: np.random.Generator) -> Face:
    """Furniture: wooden or white, with doors or drawers and handles."""
    wood = f32([1, rng.uniform(0.62, 0.8), rng.uniform(0.35, 0.6)]) * f32(rng.uniform(70, 190))
    if rng.random() < 0.4:
        wood = f32(rng.uniform(185, 235) * f32([1, 0.99, 0.95]))
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(1, 3))

    def face(side: Side, rng: np.random.Generator) -> Floats:
        sheet = _sheet(wood, rng, 6)
        _wood_grain(sheet, rng)
        if side == "front":
            for row in range(rows):
                for column in range(columns):
                    x_0, x_1 = (_SIDE_PX * (column + k) // columns for k in (0, 1))
                    y_0, y_1 = (_SIDE_PX * (row + k) // rows for k in (0, 1))
                    cv2.rectangle(sheet, (x_0 + 1, y_0 + 1), (x_1 - 2, y_1 - 2), (wood * 0.55).tolist(), 1)
                    cv2.circle(sheet, ((x_0 + x_1) // 2, y_0 + 7), 2, (wood * 0.35 + 20).tolist(), -1)
        return sheet

    return face


def appliance(rng: np.random.Generator) -> Face:
    """A washing machine, fridge or stove that someone left: white or grey metal."""
    white = f32(rng.uniform(165, 235) * f32([1, 1, 0.98]))
    porthole = rng.random() < 0.5

    def face(side: Side, rng: np.random.Generator) -> Floats:
        sheet = _sheet(white, rng, 4)
        if side == "front" and porthole:
            cv2.circle(sheet, (32, 38), 17, (150, 150, 152), -1)
            cv2.circle(sheet, (32, 38), 13, (45, 48, 55), -1)
            sheet[3:12, 4:60] *= f32(0.9)
        elif side == "front":
            cv2.line(sheet, (0, 20), (63, 20), (90, 90, 90), 1)
            cv2.line(sheet, (6, 6), (6, 34), (120, 120, 120), 2)
        return sheet

    return face


def crate(rng: np.random.Generator) -> Face:
    """A plastic crate with a grid of openings."""
    colours = ([40, 80, 160], [170, 45, 40], [40, 120, 70], [200, 165, 50], [60, 62, 66])
    plastic = f32(colours[int(rng.integers(0, len(colours)))]) * f32(rng.uniform(0.8, 1.15))

    def face(side: Side, rng: np.random.Generator) -> Floats:
        sheet = _sheet(plastic, rng, 5)
        if side == "top":
            sheet[5:-5, 5:-5] *= f32(0.35)
            return sheet
        for x in range(6, _SIDE_PX - 6, 9):
            sheet[22:54:1, x : x + 5] *= f32(0.4)
        sheet[36:39] = plastic
        sheet[6:14, 22:42] *= f32(0.3)
        return sheet

    return face


def mattress(rng: np.random.Generator) -> Face:
    """A mattress or sofa cushion: pale, quilted or striped, stained."""
    cloth = f32(rng.uniform(150, 225) * f32([1, rng.uniform(0.9, 1), rng.uniform(0.8, 1)]))
    step = int(rng.integers(7, 14))

    def face(_side: Side, rng: np.random.Generator) -> Floats:
        sheet = _sheet(cloth, rng, 14)
        sheet[::step] *= f32(0.86)
        sheet[:, ::step] *= f32(0.9)
        return sheet

    return face


def wheelie_bin(rng: np.random.Generator) -> Face:
    """A wheeled bin: plain plastic with ribs, a rim, and a lid on top."""
    colours = ([35, 110, 60], [35, 110, 60], [55, 60, 66], [40, 75, 140], [120, 125, 130], [150, 50, 40])
    plastic = f32(colours[int(rng.integers(0, len(colours)))]) * f32(rng.uniform(0.75, 1.2))

    def face(side: Side, rng: np.random.Generator) -> Floats:
        sheet = _sheet(plastic, rng, 7)
        if side == "top":
            return sheet * f32(1.1)
        sheet[0:6] *= f32(1.2)
        sheet[6:9] *= f32(0.4)
        sheet[9:12, 6:-6] *= f32(1.12)
        if side == "front":
            sheet[56:, 2:12], sheet[56:, -12:-2] = 24, 24
        if side == "front" and rng.random() < 0.4:
            cv2.circle(sheet, (32, 28), 5, (205, 210, 205), 1, cv2.LINE_AA)
            cv2.line(sheet, (24, 38), (40, 38), (205, 210, 205), 1)
        return sheet

    return face


def planks(rng: np.random.Generator) -> Face:
    """Raw wood in boards with dark gaps, as pallets have."""
    wood = f32([1, 0.8, 0.58]) * f32(rng.uniform(120, 195))
    boards = int(rng.integers(4, 7))

    def face(side: Side, rng: np.random.Generator) -> Floats:
        sheet = _sheet(wood, rng, 10)
        _wood_grain(sheet, rng)
        for board in range(1, boards):
            at = _SIDE_PX * board // boards
            gap = sheet[:, at - 2 : at + 2] if side == "top" else sheet[24:42, at - 4 : at + 5]
            gap *= f32(0.25)
        return sheet

    return face


def _wood_grain(sheet: Floats, rng: np.random.Generator) -> None:
    sheet += cv2.blur(rng.normal(0, 14, (_SIDE_PX, 1, 1)).astype(np.float32), (1, 3)).reshape(_SIDE_PX, 1, 1)


def _sheet(colour: Floats, rng: np.random.Generator, uneven: float) -> Floats:
    axis = np.linspace(0, 1, _SIDE_PX, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    dents = noise_at(x, y, rng, scale=0.35) * f32(uneven)
    soiled = np.clip(y - 0.75, 0, 1) * f32(-40)  # the foot of a thing is the dirtiest
    sheet = np.ascontiguousarray(np.clip(colour + (dents + soiled)[..., None], 0, 255), np.float32)
    return sheet * _edges()


@lru_cache(maxsize=1)
def _edges() -> Floats:
    # Edges are rubbed and catch less light.
    edges = np.full((_SIDE_PX, _SIDE_PX, 1), 0.72, np.float32)
    edges[1:-2, 1:-1] = 1
    return edges
