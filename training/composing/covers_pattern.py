"""The faces of manhole covers and gratings, drawn: what they are cast of, their pattern, wear and dirt."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing.arrays import Flags, Floats, blurred, vector
from hazardlens.training.composing.noise import noise_at

FACE_PX: Final = 224
REACH: Final = 1.04  # a face's picture goes a little beyond the cover, so that looking up its edge is safe


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A cover seen from straight above.

    Attributes:
        albedo: (FACE_PX, FACE_PX, 3) float32, linear share of light that is sent back.
        slope: (FACE_PX, FACE_PX, 2) float32, how the relief rises along x and y.
        solid: (FACE_PX, FACE_PX) float32: 1 where there is material, 0 in a slot or where a piece is missing.
        core: (3,) float32, albedo of a fresh break and of the sides.
    """

    albedo: Floats
    slope: Floats
    solid: Floats
    core: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """What a cover is: outline, material, pattern."""

    is_round: bool
    half_depth: float  # of the outline along y, in half widths; 1 for a round or square one
    material: str  # "iron", "concrete", "green", "steel"
    pattern: str  # a key of PATTERNS, or "grating"


@lru_cache(maxsize=1)
def _axes() -> tuple[Floats, Floats, Floats, Floats]:
    line = np.linspace(-REACH, REACH, FACE_PX, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return x, y, np.hypot(x, y), np.arctan2(y, x)


def _rings(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    del x, y
    _, _, radius, angle = _axes()
    ribs = np.cos(angle * rng.integers(6, 20)) > rng.uniform(-0.3, 0.6)
    rings = np.cos(radius * rng.uniform(18, 45)) > rng.uniform(-0.3, 0.3)
    joined = rings & ribs if rng.random() < 0.5 else rings
    return np.asarray(joined, np.float32)


def _spokes(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    del x, y
    _, _, radius, angle = _axes()
    turns = int(rng.integers(2, 4)) * 6
    zone = (radius * rng.uniform(3.5, 6)).astype(np.int32)
    return np.asarray(np.cos(angle * turns + zone * np.pi) > 0.1, np.float32)


def _grid(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    step = rng.uniform(14, 34)
    edge = rng.uniform(-0.2, 0.5)
    wide, deep = np.cos(x * step), np.cos(y * step)
    if rng.random() < 0.5:
        return np.asarray((wide > edge) & (deep > edge), np.float32)
    return np.asarray((wide > edge) | (deep > edge), np.float32)


def _diamonds(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    step = rng.uniform(14, 30)
    along, across = (x + y) * step, (x - y) * step
    odd = (np.floor(along / np.pi) + np.floor(across / np.pi)) % 2 > 0.5
    bars = np.where(odd, np.abs(np.sin(along)) * 0.4 + np.abs(np.sin(across)), np.abs(np.sin(along)) + 0.4)
    return np.asarray(bars > rng.uniform(0.9, 1.15), np.float32)


def _dots(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    step = rng.uniform(16, 34)
    return np.asarray(np.cos(x * step) * np.cos(y * step) > rng.uniform(0.2, 0.6), np.float32)


def _bars(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    step = rng.uniform(18, 36)
    halves = np.where((np.floor(x * 2.5) + np.floor(y * 2.5)) % 2 > 0.5, x, y)
    return np.asarray(np.cos(halves * step) > 0.1, np.float32)


def _plain(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    del rng
    return np.asarray(np.zeros_like(x) + 0 * y, np.float32)


PATTERNS: Final[dict[str, Callable[[Floats, Floats, np.random.Generator], Floats]]] = {
    "rings": _rings, "spokes": _spokes, "grid": _grid, "diamonds": _diamonds, "dots": _dots,
    "bars": _bars, "plain": _plain,
}  # fmt: skip

_ALBEDO: Final[dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]]] = {
    "iron": ((0.055, 0.052, 0.05), (0.17, 0.155, 0.14)),
    "steel": ((0.14, 0.14, 0.14), (0.32, 0.32, 0.31)),
    "concrete": ((0.18, 0.175, 0.16), (0.4, 0.39, 0.36)),
    "green": ((0.04, 0.12, 0.07), (0.12, 0.26, 0.17)),
}
_RUST: Final = vector([1.45, 0.95, 0.62])


def draw_make(rng: np.random.Generator) -> Make:
    """A make as streets have them: mostly round cast iron, some square, gratings, concrete, green composite."""
    kind = rng.random()
    if kind < 0.56:
        return Make(
            is_round=True,
            half_depth=1.0,
            material=str(rng.choice(["iron", "iron", "iron", "steel"])),
            pattern=_any_pattern(rng),
        )
    if kind < 0.66:
        return Make(
            is_round=True,
            half_depth=1.0,
            material="concrete",
            pattern=str(rng.choice(["plain", "plain", "dots", "grid"])),
        )
    if kind < 0.74:
        return Make(is_round=rng.random() < 0.6, half_depth=1.0, material="green", pattern=_any_pattern(rng))
    depth = float(rng.choice([1.0, 1.0, rng.uniform(0.5, 0.9)]))
    if kind < 0.86:
        return _four_sided(depth, rng)
    return Make(
        is_round=False, half_depth=depth, material=str(rng.choice(["iron", "iron", "steel"])), pattern="grating"
    )


def _four_sided(depth: float, rng: np.random.Generator) -> Make:
    material = str(rng.choice(["iron", "steel", "concrete"]))
    return Make(is_round=False, half_depth=depth, material=material, pattern=_any_pattern(rng))


def _any_pattern(rng: np.random.Generator) -> str:
    return str(rng.choice(list(PATTERNS)))


def draw_face(make: Make, rng: np.random.Generator) -> Face:
    """The face of one cover of this make."""
    x, y, radius, _ = _axes()
    deep = y / np.float32(make.half_depth)
    border = radius if make.is_round else np.maximum(np.abs(x), np.abs(deep))
    relief, solid = _relief(make, border, rng)
    relief = blurred(relief, 1.0)
    dirt = noise_at(x, y, rng, scale=0.7)
    albedo = _coloured(make, relief, dirt, rng)
    strength = rng.uniform(0.4, 1.6)
    slope = np.stack([cv2.Sobel(relief, cv2.CV_32F, 1, 0), cv2.Sobel(relief, cv2.CV_32F, 0, 1)], axis=2) * strength
    low, high = (vector(_ALBEDO[make.material][end]) for end in (0, 1))
    core = (low + high) / 2 * (0.8 if make.material == "concrete" else 0.55)
    return Face(albedo, np.asarray(slope, np.float32), solid, np.asarray(core, np.float32))


def _relief(make: Make, border: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    x, y, radius, _ = _axes()
    solid = np.ones_like(x)
    if make.pattern == "grating":
        slots = _slots(make, border, rng)
        return np.asarray(1 - slots, np.float32), np.asarray(1 - slots, np.float32)
    relief = PATTERNS[make.pattern](x, y, rng)
    rim = rng.uniform(0.8, 0.97)
    relief = np.where(border > rim, 1.0, relief)
    relief = np.where((border > rim - 0.05) & (border < rim), 0.0, relief).astype(np.float32)
    if rng.random() < 0.6:
        centre = rng.uniform(0.16, 0.4)
        relief[radius < centre] = 0
        relief[(radius > centre - 0.04) & (radius < centre)] = 1
        _write(relief, centre, rng)
    return relief, _with_keyholes(solid, make, rng)


def _slots(make: Make, border: Floats, rng: np.random.Generator) -> Floats:
    x, y, _, _ = _axes()
    bars = np.cos(x * rng.uniform(14, 34)) > rng.uniform(-0.4, 0.2)
    if rng.random() < 0.6:
        bars &= np.cos(y * np.pi / make.half_depth * int(rng.integers(1, 4))) > -0.93
    return np.asarray(bars & (border < rng.uniform(0.78, 0.92)), np.float32)


def _with_keyholes(solid: Floats, make: Make, rng: np.random.Generator) -> Floats:
    for turn in np.arange(rng.integers(0, 5)) * np.pi / 2 + rng.uniform(0, 3):
        place = 0.78 * np.array([np.cos(turn), np.sin(turn) * make.half_depth])
        pixel = ((place / REACH + 1) / 2 * FACE_PX).astype(int)
        cv2.ellipse(solid, (int(pixel[0]), int(pixel[1])), (5, 3), np.rad2deg(turn), 0, 360, 0.0, -1)
    return solid


def _write(relief: Floats, reach: float, rng: np.random.Generator) -> None:
    """Strokes that stand for letters or a character: nobody can read them at this size anyway."""
    half = reach * 0.6
    for _ in range(int(rng.integers(4, 11))):
        start = rng.uniform(-half, half, 2)
        end = start.copy()
        end[int(rng.integers(2))] += rng.uniform(-half, half)
        first, last = (((point / REACH + 1) / 2 * FACE_PX).astype(int) for point in (start, end))
        cv2.line(relief, (int(first[0]), int(first[1])), (int(last[0]), int(last[1])), 1.0, 3)


def _coloured(make: Make, relief: Floats, dirt: Floats, rng: np.random.Generator) -> Floats:
    low, high = (vector(_ALBEDO[make.material][end]) for end in (0, 1))
    base = low + (high - low) * np.float32(rng.random())
    wear = 1 + rng.uniform(-0.1, 0.55) * (relief - 0.5)
    stained = np.clip(1 + rng.uniform(0.08, 0.3) * dirt, 0.3, 1.9)
    albedo = base * (wear * stained)[..., None]
    rust = np.clip(rng.uniform(-0.6, 0.7) + 0.4 * dirt, 0, 1)[..., None] * (make.material in {"iron", "steel"})
    albedo = albedo * (1 + rust * (_RUST - 1))
    if rng.random() < 0.5:  # earth has settled in what lies low
        earth = vector([0.2, 0.17, 0.13]) * np.float32(rng.uniform(0.6, 1.3))
        share = (np.clip(rng.uniform(0.1, 0.8) + 0.3 * dirt, 0, 1) * (1 - 0.8 * relief))[..., None]
        albedo = albedo * (1 - share) + earth * share
    return np.asarray(albedo, np.float32)


def break_face(face: Face, rng: np.random.Generator) -> Face:
    """The same face with a piece missing and cracks that run from it."""
    x, y, _, _ = _axes()
    solid, albedo = face.solid.copy(), face.albedo.copy()
    turn = rng.uniform(0, 2 * np.pi)
    ragged = 0.05 * noise_at(x, y, rng, scale=1.5)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    if rng.random() < 0.6:  # a segment has gone
        gone = along + ragged > rng.uniform(-0.25, 0.5) + rng.uniform(-0.7, 0.7) * np.abs(across)
    else:  # a hole in it
        size = rng.uniform(0.2, 0.55)
        gone = np.hypot((along - 0.25) * rng.uniform(0.8, 1.6), across) + 1.6 * ragged < size
    solid[gone] = 0
    if rng.random() < 0.3:  # reinforcement stays when concrete falls out
        _lay_bare(solid, albedo, gone, rng)
    for _ in range(int(rng.integers(0, 5))):
        _crack(solid, albedo, rng)
    return Face(albedo, face.slope, solid, face.core)


def _lay_bare(solid: Floats, albedo: Floats, gone: Flags, rng: np.random.Generator) -> None:
    x, y, _, _ = _axes()
    step = rng.uniform(0.16, 0.3)
    bars = (np.mod(x + 0.03 * noise_at(y, x, rng, scale=0.3), step) < 0.035) & (rng.random() < 0.85)
    bars |= (np.mod(y + 0.03 * noise_at(x, y, rng, scale=0.3), step) < 0.035) & (rng.random() < 0.85)
    solid[gone & bars] = 1
    albedo[gone & bars] = (0.13, 0.075, 0.045)


def _crack(solid: Floats, albedo: Floats, rng: np.random.Generator) -> None:
    point, heading = rng.uniform(-0.4, 0.4, 2), rng.uniform(0, 2 * np.pi)
    line = [point]
    for _ in range(12):
        heading += rng.normal(0, 0.35)
        line.append(line[-1] + 0.11 * np.array([np.cos(heading), np.sin(heading)]))
    pixels = ((np.array(line) / REACH + 1) / 2 * FACE_PX).astype(np.int32)
    cv2.polylines(albedo, [pixels], isClosed=False, color=(0.02, 0.02, 0.02), thickness=2)
    if rng.random() < 0.4:
        cv2.polylines(solid, [pixels], isClosed=False, color=0.0, thickness=2)
