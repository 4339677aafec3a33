"""The states of a manhole: flush, open, raised, shifted, sunk, broken; how each is built, and what its box holds."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from hazardlens.training.composing.arrays import vector
from hazardlens.training.composing.covers_pattern import Face, Make, break_face, draw_face, draw_make
from hazardlens.training.composing.covers_render import Collar, Cover, Manhole
from hazardlens.training.composing.covers_shaft import draw_shaft
from hazardlens.training.composing.covers_solid import Outline, Pose, pose

State = Callable[[Manhole, np.random.Generator], Manhole]

_FAR_PX: Final = 26.0  # half width up to which small differences of height cannot be seen
_FIT: Final = 0.972  # a cover's size beside its opening


def outline_of(make: Make) -> Outline:
    """The opening that a cover of this make closes; its half width is 1, the unit of length."""
    return Outline(make.is_round, 1.0, make.half_depth if not make.is_round else 1.0)


def closed(make: Make, face: Face, rng: np.random.Generator) -> Manhole:
    """A manhole of this make with its cover lying flush."""
    opening = outline_of(make)
    shaft = draw_shaft(opening, rng)
    lies = pose(0.0, 0.0, 0.0, (0.0, 0.0, 0.0))
    cover = Cover(opening.scaled(_FIT), float(rng.uniform(0.07, 0.17)), lies, face)
    return Manhole(replace(shaft, seat=cover.thickness, ragged=min(shaft.ragged, 0.01)), cover, _collar(rng))


def _collar(rng: np.random.Generator) -> Collar | None:
    kind = rng.random()
    if kind < 0.4:  # the frame's own rim
        return Collar(
            float(rng.uniform(0.03, 0.1)), vector([0.12, 0.115, 0.11]) * np.float32(rng.uniform(0.6, 2)), 0.95
        )
    if kind < 0.75:  # set in concrete or fresh asphalt
        albedo = (0.34, 0.33, 0.3) if rng.random() < 0.6 else (0.09, 0.09, 0.09)
        width = float(rng.uniform(0.08, 0.4))
        return Collar(width, vector(albedo) * np.float32(rng.uniform(0.7, 1.3)), float(rng.uniform(0.4, 0.95)))
    return None


def _posed(manhole: Manhole, placed: Pose) -> Manhole:
    if manhole.cover is None:
        return manhole
    return replace(manhole, cover=replace(manhole.cover, pose=placed))


def _towards(manhole: Manhole, rng: np.random.Generator) -> tuple[float, float]:
    """A direction in which the cover may rise, and how far its edge is in that direction."""
    if manhole.shaft.opening.is_round:
        return float(rng.uniform(0, 2 * np.pi)), manhole.shaft.opening.half_width
    side = int(rng.integers(4))
    reach = (manhole.shaft.opening.half_width, manhole.shaft.opening.half_depth)[side % 2]
    return side * np.pi / 2 + float(rng.normal(0, 0.04)), reach


def flush(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """As it should be; a little lower or higher than the ground, as they are."""
    turn = rng.uniform(0, 2 * np.pi) if manhole.shaft.opening.is_round else rng.choice([0.0, np.pi])
    return _posed(
        manhole, pose(float(turn), float(abs(rng.normal(0, 0.003))), 0.3, (0.0, 0.0, float(rng.uniform(-0.02, 0))))
    )


def missing(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """No cover at all; the edge of the opening may have crumbled."""
    ragged = float(rng.uniform(0.02, 0.09)) if rng.random() < 0.3 else float(rng.uniform(0, 0.02))
    return replace(manhole, cover=None, shaft=replace(manhole.shaft, ragged=ragged))


def beside(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """The cover lies on the ground beside its hole, which is all open."""
    towards, away = rng.uniform(0, 2 * np.pi), rng.uniform(2.05, 2.7)
    thickness = manhole.cover.thickness if manhole.cover else 0.1
    place = (float(away * np.cos(towards)), float(away * np.sin(towards)), thickness)
    return _posed(manhole, pose(float(rng.uniform(0, 2 * np.pi)), 0.0, 0.0, place))


def tilted(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """One side stands up out of the seat, the other still rests in it."""
    towards, reach = _towards(manhole, rng)
    tilt = float(np.deg2rad(rng.uniform(6, 22) if rng.random() < 0.65 else rng.uniform(22, 60)))
    back, slip = reach * (np.cos(tilt) - 1), rng.uniform(-0.08, 0.12)
    along = back + slip
    place = (float(along * np.cos(towards)), float(along * np.sin(towards)), float(reach * np.sin(tilt)))
    turn = float(rng.uniform(0, 6.3)) if manhole.shaft.opening.is_round else 0.0
    return _posed(manhole, pose(turn, tilt, towards, place))


def proud(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """The whole cover stands higher than the ground: settled road, or something below it."""
    towards, _ = _towards(manhole, rng)
    height = float(rng.uniform(0.1, 0.32))
    thickness = height + 0.03 if rng.random() < 0.6 else (manhole.cover.thickness if manhole.cover else 0.1)
    raised = _posed(manhole, pose(0.0, float(np.deg2rad(rng.uniform(0, 4))), towards, (0.0, 0.0, height)))
    return replace(raised, cover=replace(raised.cover, thickness=thickness)) if raised.cover else raised


def shifted(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """Pushed aside, so that a crescent of the hole is open."""
    towards, reach = _towards(manhole, rng)
    away = rng.uniform(0.28, 1.25) * reach
    thickness = manhole.cover.thickness if manhole.cover else 0.1
    tilt = np.deg2rad(rng.uniform(0, 4) if rng.random() < 0.6 else rng.uniform(4, 16) * (1.3 - away / reach))
    place = (
        float(away * np.cos(towards)),
        float(away * np.sin(towards)),
        float(thickness + 0.35 * np.sin(max(tilt, 0))),
    )
    turn = float(rng.normal(0, 0.3))
    return _posed(manhole, pose(turn, float(max(tilt, 0)), towards, place))


def sunk(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """The cover has gone down in its frame, mostly to one side."""
    towards, reach = _towards(manhole, rng)
    tilt = float(np.deg2rad(rng.uniform(1, 14)))
    depth = float(rng.uniform(0.09, 0.25) + 0.6 * reach * np.sin(tilt))
    shaft = replace(manhole.shaft, inner=manhole.shaft.opening.scaled(0.985), seat=0.08)
    lower = _posed(replace(manhole, shaft=shaft), pose(0.0, tilt, towards, (0.0, 0.0, -depth)))
    return (
        replace(lower, cover=replace(lower.cover, outline=lower.cover.outline.scaled(0.97))) if lower.cover else lower
    )


def broken(manhole: Manhole, rng: np.random.Generator) -> Manhole:
    """A piece is missing; the rest lies in the seat, or has sunk a little."""
    cover = manhole.cover
    if cover is None:
        return manhole
    turn = float(rng.uniform(0, 6.3)) if manhole.shaft.opening.is_round else 0.0
    tilt, depth = float(np.deg2rad(rng.uniform(0, 5))), float(rng.uniform(0, 0.06))
    placed = pose(turn, tilt, float(rng.uniform(0, 6.3)), (0.0, 0.0, -depth - 0.3 * float(np.sin(tilt))))
    return replace(manhole, cover=replace(cover, face=break_face(cover.face, rng), pose=placed))


RAISED: Final[tuple[tuple[State, float], ...]] = (
    (tilted, 0.3), (shifted, 0.32), (proud, 0.12), (sunk, 0.1), (broken, 0.16),
)  # fmt: skip
# What of it can be seen from far away.
RAISED_FAR: Final[tuple[tuple[State, float], ...]] = ((tilted, 0.45), (shifted, 0.55))
OPEN: Final[tuple[tuple[State, float], ...]] = ((missing, 0.78), (beside, 0.22))


def pick(states: tuple[tuple[State, float], ...], rng: np.random.Generator) -> State:
    """One of these states, by weight."""
    weights = np.array([weight for _, weight in states])
    return states[int(rng.choice(len(states), p=weights / weights.sum()))][0]


def in_state(manhole: Manhole, label: str, half_width_px: float, rng: np.random.Generator) -> Manhole:
    """A closed manhole brought into a state of this label, one that can be seen at this size.

    Args:
        manhole: closed.
        label: "manhole_open", "manhole_raised" or "manhole_ok".
        half_width_px: its half width in the photo.
        rng: which state, and how far.
    """
    if label == "manhole_ok":
        return flush(manhole, rng)
    raised = RAISED if half_width_px > _FAR_PX else RAISED_FAR
    return pick(OPEN if label == "manhole_open" else raised, rng)(manhole, rng)


def draw_manhole_in(label: str, half_width_px: float, rng: np.random.Generator) -> Manhole:
    """Any manhole in a state of this label, see `in_state`."""
    make = draw_make(rng)
    return in_state(closed(make, draw_face(make, rng), rng), label, half_width_px, rng)
