"""Compositions of cables: loose ones (hanging, sagging, coiled, fallen), and taut ones drawn with the same brush."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.arrays import Floats, vector
from hazardlens.training.composing.cables_brush import Painted, Shadow, paint, pick_coat
from hazardlens.training.composing.cables_curves import Strand, bundle, coiled, fallen, hanging, lying, slung
from hazardlens.training.composing.cables_mess import mess
from hazardlens.training.composing.cables_places import Sight, look
from hazardlens.training.composing.framing import framed
from hazardlens.training.composing.light import box_of
from hazardlens.training.composing.scene import Box, Scene
from hazardlens.training.data.records import PhotoRecord

Draw = Callable[[Sight, np.random.Generator], list[Strand] | None]

OUTDOORS: Final = frozenset(
    {"hamdani-pole", "mine-atanu", "cn-bins-web", "cn-bins-web-mh", "openimages-door", "amsterdam-garbage"}
)
_HIDES: Final = 0.04  # share of another box that a cable may cross


def _thickness(scene: Scene, rng: np.random.Generator, least: float = 0.003, most: float = 0.013) -> float:
    side = max(scene.width_px, scene.height_px)
    near = 1.8 if rng.random() < 0.15 else 1.0
    return float(np.exp(rng.uniform(np.log(least), np.log(most))) * side * near)


def hang(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """One cable or a few from above the photo, from a wall or from a line, ending in the air."""
    width = _thickness(sight.scene, rng)
    above = rng.random() < 0.5
    top = sight.point(rng, (0.05, 0.95), (-0.04, 0.0)) if above else sight.fixing(rng, (0.08, 0.92), (0.03, 0.4))
    if not above and sight.is_sky(top):
        return None
    strands = []
    for _ in range(1 if rng.random() < 0.55 else int(rng.integers(2, 6))):
        length = rng.uniform(0.2, 0.65) * sight.scene.height_px
        beside = top + vector([rng.normal(0, 3 * width), rng.normal(0, 2 * width)])
        strands.append(hanging(beside, length, width * rng.uniform(0.7, 1.2), rng))
    return strands


def sag(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """Between two points, hanging through so far that somebody may run into it; single or as a bundle."""
    width = _thickness(sight.scene, rng)
    first, last = _fixings(sight, rng)
    span = float(abs(last[0] - first[0]))
    low = min(span * rng.uniform(0.3, 0.95), 0.95 * sight.scene.height_px - float(max(first[1], last[1])))
    if low < 0.22 * span or (sight.is_sky(first) and first[1] > 0 and first[0] > 0):
        return None
    strand = slung(first, last, low, width, rng)
    if rng.random() < 0.5:
        return [strand]
    return bundle(strand, int(rng.integers(2, 7)), width * rng.uniform(0.9, 2.5), rng)


def _fixings(sight: Sight, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Two ends for a cable: beyond the frame, or where something is that holds them."""
    width, height = sight.scene.width_px, sight.scene.height_px
    left = vector([-4, rng.uniform(0, 0.45) * height]), vector([rng.uniform(0, 0.4) * width, -4])
    right = vector([width + 4, rng.uniform(0, 0.45) * height]), vector([rng.uniform(0.6, 1) * width, -4])
    first = sight.fixing(rng, (0.02, 0.45), (0.02, 0.42)) if rng.random() < 0.5 else left[int(rng.integers(2))]
    last = sight.fixing(rng, (0.55, 0.98), (0.02, 0.42)) if rng.random() < 0.5 else right[int(rng.integers(2))]
    return first, last


def tangle(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """Many cables on a facade that droop unequally between two fixings, loops and ends hanging out of them."""
    width = _thickness(sight.scene, rng, 0.002, 0.008)
    for _ in range(6):
        first = sight.fixing(rng, (0.0, 0.5), (0.05, 0.4))
        last = first + vector(
            [rng.uniform(0.2, 0.5) * sight.scene.width_px, rng.normal(0, 0.05) * sight.scene.height_px]
        )
        if sight.is_wall(first) and not sight.is_sky(last):
            break
    else:
        return None
    span = float(last[0] - first[0])
    strands = []
    for _ in range(int(rng.integers(5, 16))):
        ends = [end + rng.normal(0, 2.5 * width, 2).astype(np.float32) for end in (first, last)]
        low = span * float(abs(rng.normal(0.08, 0.16)) + 0.03)
        strands.append(slung(ends[0], ends[1], low, width * rng.uniform(0.6, 1.4), rng))
    for _ in range(int(rng.integers(0, 4))):
        origin = first + (last - first) * np.float32(rng.random())
        strands.append(hanging(origin, span * rng.uniform(0.2, 0.8), width, rng))
    return strands


def coil(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """A coil on a wall or a pole, or one left on the ground."""
    side = max(sight.scene.width_px, sight.scene.height_px)
    radius = float(np.exp(rng.uniform(np.log(0.035), np.log(0.14))) * side)
    width = radius * rng.uniform(0.035, 0.12)
    if width < 1.1:
        return None
    if rng.random() < 0.6:
        centre = _on_wall(sight, rng, radius)
        if centre is None:
            return None
        strands = [coiled(centre, radius, float(rng.uniform(0.8, 1.15)), width, rng)]
        if rng.random() < 0.5:  # the line that it belongs to comes from above
            top = centre + vector([rng.normal(0, radius), -sight.scene.height_px])
            strands.insert(0, slung(top, centre - vector([0, radius]), 2.0, width, rng))
        return strands
    foot = _on_ground(sight, rng, radius)
    if foot is None:
        return None
    return [coiled(foot, radius, float(rng.uniform(0.22, 0.6)), width, rng)]


def _on_wall(sight: Sight, rng: np.random.Generator, radius_px: float) -> Floats | None:
    for _ in range(8):
        centre = sight.point(rng, (0.12, 0.88), (0.12, 0.58))
        if sight.is_wall(centre) and sight.is_wall(centre + vector([0, radius_px])):
            return centre
    return None


def lie(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """On the pavement or road: wandering over it, with or without the part that comes down from above."""
    foot = _on_ground(sight, rng, 0.05 * sight.scene.width_px)
    if foot is None:
        return None
    width = _thickness(sight.scene, rng, 0.003, 0.014)
    reach = rng.uniform(0.35, 1.1) * sight.scene.width_px
    if rng.random() < 0.5:
        strand = lying(foot, reach, sight.ground.horizon_px, width, rng)
    else:
        top = vector(
            [foot[0] + rng.normal(0, 0.25) * sight.scene.width_px, rng.uniform(-0.1, 0.3) * sight.scene.height_px]
        )
        strand = fallen(top, foot, reach * 0.6, sight.ground.horizon_px, width, rng)
    if rng.random() < 0.65:
        return [strand]
    return bundle(strand, int(rng.integers(2, 5)), width * rng.uniform(1.0, 3.5), rng)


def taut(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """Lines as they should be: tight, side by side, high up."""
    width = _thickness(sight.scene, rng, 0.0022, 0.008)
    slope = rng.normal(0, 0.14) * sight.scene.height_px
    y = rng.uniform(0.03, 0.5) * sight.scene.height_px
    apart = rng.uniform(1.5, 14) * width
    slack = float(abs(rng.normal(0, 0.012))) * sight.scene.width_px
    first, last = vector([-4, y]), vector([sight.scene.width_px + 4, y + slope])
    if sight.is_sky(vector([sight.scene.width_px / 2, y])):
        slack *= 2
    elif rng.random() < 0.6:  # along a wall, from fixing to fixing
        first = sight.fixing(rng, (0.0, 0.35), (0.05, 0.5))
        last = first + vector(
            [rng.uniform(0.3, 0.65) * sight.scene.width_px, rng.normal(0, 0.02) * sight.scene.height_px]
        )
        apart = rng.uniform(1.0, 2.2) * width
    strands = []
    for k in range(int(rng.integers(1, 7))):
        down = vector([0, k * apart])
        strands.append(slung(first + down, last + down * np.float32(rng.uniform(0.8, 1.2)), slack, width, rng))
    return strands


def run_down(sight: Sight, rng: np.random.Generator) -> list[Strand] | None:
    """Lines clipped straight down a wall."""
    width = _thickness(sight.scene, rng, 0.0025, 0.009)
    top = sight.fixing(rng, (0.1, 0.9), (-0.03, 0.3))
    foot = top + vector([rng.normal(0, 0.008) * sight.scene.width_px, rng.uniform(0.25, 0.5) * sight.scene.height_px])
    if not sight.is_wall(top) or not sight.is_wall((top + foot) * np.float32(0.5)):
        return None
    beside = width * rng.uniform(1.1, 2.5)
    return [
        slung(top + vector([k * beside, 0]), foot + vector([k * beside, 0]), 0.5, width, rng)
        for k in range(int(rng.integers(1, 5)))
    ]


def _on_ground(sight: Sight, rng: np.random.Generator, reach_px: float) -> Floats | None:
    for _ in range(40):
        x, y = rng.uniform(0.08, 0.92) * sight.scene.width_px, rng.uniform(0.5, 0.95) * sight.scene.height_px
        if sight.ground.cost_of(x - reach_px, y - reach_px * 0.5, x + reach_px, y + reach_px * 0.5) < 2.0:
            return vector([x, y])
    return None


def _shadow(strands: list[Strand], rng: np.random.Generator, *, on_ground: bool) -> Shadow | None:
    width = float(np.median([strand.widths.mean() for strand in strands]))
    if on_ground:
        return Shadow(
            (width * rng.normal(0, 0.4), width * rng.uniform(0.2, 0.6)), max(0.5, 0.5 * width), rng.uniform(0.3, 0.65)
        )
    if rng.random() < 0.4:
        return None
    shift = width * rng.uniform(0.6, 5)
    return Shadow((shift * rng.uniform(-0.8, 0.8), shift), max(0.6, 0.35 * shift), float(rng.uniform(0.1, 0.4)))


@dataclass(frozen=True, slots=True)
class DrawnCable:
    """Cables drawn over a real photo."""

    name: str
    label: str
    draw: Draw
    on_ground: bool = False

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of facades, poles, streets and doors."""
        return record.source in OUTDOORS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Draw, and box what is seen of it."""
        return _draw(scene, self, rng)


@dataclass(frozen=True, slots=True)
class FramedCable:
    """The photo is cut to a piece of it, then cables of any kind are drawn over that."""

    name: str = "cables-framed"

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of facades, poles, streets and doors."""
        return record.source in OUTDOORS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Cut where no box is cut apart, draw, and box what is seen of it."""
        kind = _KINDS[int(rng.integers(len(_KINDS)))]
        for _ in range(8):
            share = float(rng.uniform(0.35, 0.8))
            x, y = rng.random() * (1 - share) * scene.width_px, 0.6 * rng.random() ** 2 * (1 - share) * scene.height_px
            near = framed(scene, (int(x), int(y)), share, rng)
            if near is not None:
                return _draw(near, kind, rng)
        return None


def _draw(scene: Scene, kind: DrawnCable, rng: np.random.Generator) -> Scene | None:
    strands = kind.draw(look(scene, rng), rng)
    if not strands:
        return None
    coats = [pick_coat(rng)]
    coats += [coats[0] if rng.random() < 0.7 else pick_coat(rng) for _ in strands[1:]]
    shadow = _shadow(strands, rng, on_ground=kind.on_ground)
    painted = paint(scene.pixels, list(zip(strands, coats, strict=True)), shadow, rng)
    if painted is None:
        return None
    box = box_of(painted.share, (0, 0), 0.3)
    if box is None or not _fits(scene, painted, box):
        return None
    return scene.with_part(painted.pixels, kind.label, box)


def _fits(scene: Scene, painted: Painted, box: Box) -> bool:
    """Large enough to see, distinct from the photo, and hiding nothing that is labelled."""
    side = max(scene.width_px, scene.height_px)
    if max(box[2] - box[0], box[3] - box[1]) < 0.07 * side or not _stands_out(scene, painted, box):
        return False
    for x_min, y_min, x_max, y_max in scene.boxes_xyxy.astype(int):
        under = painted.share[y_min : y_max + 1, x_min : x_max + 1]
        if under.size and float(under.mean()) > _HIDES:
            return False
    return True


def _stands_out(scene: Scene, painted: Painted, box: Box) -> bool:
    x_min, y_min, x_max, y_max = (int(side) for side in box)
    share = painted.share[y_min:y_max, x_min:x_max]
    on = share > 0.5
    if int(on.sum()) < 30:
        on = share > 0.25
    before, after = (pixels[y_min:y_max, x_min:x_max][on] for pixels in (scene.pixels, painted.pixels))
    change = np.abs(before.astype(np.int16) - after.astype(np.int16)).mean(axis=1)
    return bool(change.size and float((change > 18).mean()) > 0.6)


_KINDS: Final = (
    DrawnCable("cables-hanging", "dangling_cable", hang),
    DrawnCable("cables-sagging", "dangling_cable", sag),
    DrawnCable("cables-tangled", "dangling_cable", tangle),
    DrawnCable("cables-messy", "dangling_cable", mess),
    DrawnCable("cables-coiled", "dangling_cable", coil),
    DrawnCable("cables-fallen", "dangling_cable", lie, on_ground=True),
    DrawnCable("cables-taut", "cable_ok", taut),
    DrawnCable("cables-run-down", "cable_ok", run_down),
)
CABLES: Final = (*_KINDS, FramedCable())
