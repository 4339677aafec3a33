"""The states of a cover: flush, or one of the ways in which covers become a danger, and what gets a box in each."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from mathutils import Matrix, Vector

from hazardlens.training.rendering.studio.covers.breaking import crater, gapped, lip, pieces, slope
from hazardlens.training.rendering.studio.covers.markers import marker
from hazardlens.training.rendering.studio.covers.poses import hinged, side
from hazardlens.training.rendering.studio.covers.sites import Leaf, Site
from hazardlens.training.rendering.studio.shapes import show
from hazardlens.training.rendering.studio.shots import Target

RAISED, OPEN, OK = "manhole_raised", "manhole_open", "manhole_ok"


@dataclass(slots=True)
class State:
    """A site made ready for a state.

    Attributes:
        name: such as `tilted`.
        boxes: label and objects of each box.
        moves: objects and where they go, relative to the carrier.
        shift_m: by which carrier, frame and shaft rise.
        shown: objects that only this state has.
        hidden: objects that it lacks.
    """

    name: str
    boxes: list[tuple[str, list[Any]]]
    moves: list[tuple[Any, Matrix]] = field(default_factory=list)
    shift_m: float = 0.0
    shown: list[Any] = field(default_factory=list)
    hidden: list[Any] = field(default_factory=list)

    def targets(self) -> list[Target]:
        """What gets a box."""
        return [Target(label, objects, spoils=label != OK) for label, objects in self.boxes]


def make_state(site: Site, name: str, assets: Any) -> State:
    """Build what the state needs, hidden until it is entered."""
    state = _flush(site) if name == "flush" else HAZARDS[name](site, assets)
    state.name = name
    for thing in state.shown:
        show(thing, visible=False)
    return state


def enter(site: Site, state: State, others: list[State]) -> None:
    """Bring the site into a state, out of any other."""
    for other in others:
        for thing in other.shown:
            show(thing, visible=False)
    for thing in [*site.hole, *site.plates, site.apron, *([site.collar] if site.collar else [])]:
        show(thing, visible=True)
    for leaf in site.leaves:
        leaf.pivot.matrix_basis = Matrix.Translation((*leaf.middle_m, 0.0))
    site.carrier.location.z = site.place.z_m + state.shift_m
    for thing, matrix in state.moves:
        thing.matrix_basis = matrix
    for thing in state.hidden:
        show(thing, visible=False)
    for thing in state.shown:
        show(thing, visible=True)


def hazards_of(site: Site) -> list[str]:
    """The hazards that a site can show; those that are seen more often are listed more often."""
    names = (
        ["tilted"] * 3
        + ["tipped"] * 2
        + ["shifted"] * 3
        + ["proud"] * 3
        + ["sunk"] * 3
        + ["open"] * 4
        + ["aside"] * 4
        + ["marked"] * 2
    )
    names += ["broken"] * 4 + ["collapsed"] * 2 + ["leaning"]
    if site.make.pattern != "grating":
        names += ["cracked"] * 2
    return names


def _flush(site: Site) -> State:
    moves = []
    for leaf in site.leaves:
        sit = Matrix.Rotation(float(site.rng.normal(0, 0.003)), 4, "X") @ Matrix.Rotation(
            float(site.rng.uniform(-0.3, 0.3)) if leaf.make.is_round else 0.0, 4, "Z"
        )
        moves.append((leaf.pivot, Matrix.Translation((*leaf.middle_m, float(site.rng.uniform(-0.004, 0.002)))) @ sit))
    return State("flush", [(OK, [site.frame, *site.plates])], moves)


def _whole(site: Site, *more: Any) -> list[Any]:
    return [*site.hole, *site.plates, *more]


def _tilted(site: Site, _assets: Any) -> State:
    """One side up, the other still in its seat."""
    leaf = _any(site)
    lift = float(np.exp(site.rng.uniform(math.log(0.035), math.log(0.18))))
    return State(
        "", [(RAISED, _whole(site))], [(leaf.pivot, hinged(site, leaf, min(0.6, lift / (2 * min(leaf.make.half_m)))))]
    )


def _leaning(site: Site, _assets: Any) -> State:
    """Stood up on its hinge, the hole open."""
    leaf = _any(site)
    angle = float(site.rng.uniform(1.1, 2.1))
    rest = [other.pivot for other in site.leaves if other is not leaf]
    return State(
        "",
        [(OPEN, [*site.hole]), (RAISED, [leaf.pivot]), *([(OK, rest)] if rest else [])],
        [(leaf.pivot, hinged(site, leaf, angle))],
    )


def _tipped(site: Site, _assets: Any) -> State:
    """Turned on its diameter: one side down in the shaft, the other sticks out."""
    leaf = _any(site)
    axis = side(site, leaf)[1]
    angle = float(site.rng.uniform(0.2, 1.0))
    slip = Vector((*(site.rng.uniform(-0.15, 0.15, 2) * leaf.make.half_m), 0.0))
    turn = Matrix.Rotation(angle, 4, axis)
    return State(
        "", [(RAISED, _whole(site))], [(leaf.pivot, Matrix.Translation(Vector((*leaf.middle_m, -0.01)) + slip) @ turn)]
    )


def _shifted(site: Site, _assets: Any) -> State:
    """Pushed aside, lying on the rim, with a crescent of the hole open."""
    leaf = _any(site)
    turn = float(site.rng.uniform(0, 2 * math.pi))
    reach = float(site.rng.uniform(0.25, 1.05)) * min(leaf.make.half_m)
    z = leaf.make.thick_m + 0.002
    tip = Matrix.Rotation(float(site.rng.normal(0, 0.03)), 4, "X") @ Matrix.Rotation(
        float(site.rng.normal(0, 0.25)), 4, "Z"
    )
    place = (leaf.middle_m[0] + reach * math.cos(turn), leaf.middle_m[1] + reach * math.sin(turn), z)
    return State("", [(RAISED, _whole(site))], [(leaf.pivot, Matrix.Translation(place) @ tip)])


def _proud(site: Site, _assets: Any) -> State:
    """The frame stands out of the ground all round: a heave, a cone of concrete, a crater, or nothing but its side."""
    rise, kind = float(site.rng.uniform(0.03, 0.11)), site.rng.random()
    collar = [site.collar] if site.collar else []
    state = State("", [(RAISED, _whole(site))], shift_m=rise)
    if kind < 0.3:
        state.shown, state.hidden = [slope(site, rise * float(site.rng.uniform(0.5, 1.0)))], [site.apron, *collar]
    elif kind < 0.65:
        depth = float(site.rng.uniform(0.03, 0.1))
        state.shift_m = rise * 0.5
        state.shown, state.hidden = crater(site, depth, site.make.outer(0.004), -depth), [site.apron, *collar]
    elif kind < 0.8:
        state.shown, state.hidden = [slope(site, rise, site.earth)], [site.apron, *collar]
    return state


def _sunk(site: Site, _assets: Any) -> State:
    """The frame has sunk: a step all round, or a dip in the ground."""
    depth = float(site.rng.uniform(0.035, 0.13))
    collar = [site.collar] if site.collar else []
    tilt = Matrix.Rotation(float(site.rng.normal(0, 0.03)), 4, "X")
    moves = [(leaf.pivot, Matrix.Translation((*leaf.middle_m, -0.004)) @ tilt) for leaf in site.leaves]
    state = State("", [(RAISED, _whole(site))], moves, -depth)
    kind = site.rng.random()
    if kind < 0.45:
        edge = lip(site, depth)
        state.shown = [edge]
        state.boxes = [(RAISED, _whole(site, edge))]
    elif kind < 0.75:
        state.shown, state.hidden = [slope(site, -depth)], [site.apron, *collar]
    else:
        state.shown, state.hidden = (
            crater(site, depth + 0.01, site.make.outer(0.004), -depth - 0.01),
            [site.apron, *collar],
        )
        state.boxes = [(RAISED, _whole(site, state.shown[1]))]
    return state


def _broken(site: Site, _assets: Any) -> State:
    """A part is missing, or has fallen in."""
    leaf = _any(site)
    home = Matrix.Translation((*leaf.middle_m, 0.0))
    if leaf.make.pattern == "grating" or site.rng.random() < 0.25:
        broken = gapped(site, leaf)
        return State("", [(RAISED, [*_whole(site), broken])], [(broken, home)], shown=[broken], hidden=[leaf.pivot])
    kept, lost, _, chip = pieces(site, leaf, float(site.rng.uniform(0.5, 0.75)))
    drop = float(site.rng.choice([0.06, 0.2, leaf.make.thick_m + 0.01, site.make.depth_m - 0.1]))
    middle = Vector((*chip.mean(axis=0), 0.0))
    tip = Matrix.Rotation(float(site.rng.uniform(0.2, 0.9)), 4, Vector((-middle.y, middle.x, 0.0)).normalized())
    fall = Matrix.Translation(Vector((*leaf.middle_m, -drop)) + middle * 0.85) @ tip @ Matrix.Translation(-middle)
    sag = home @ Matrix.Rotation(float(site.rng.normal(0, 0.03)), 4, "Y")
    shown = [kept] if site.rng.random() < 0.4 else [kept, lost]
    return State("", [(RAISED, [*_whole(site), *shown])], [(kept, sag), (lost, fall)], shown=shown, hidden=[leaf.pivot])


def _cracked(site: Site, _assets: Any) -> State:
    """Broken through, the halves sagging against each other."""
    leaf = _any(site)
    first, second, one, two = pieces(site, leaf, float(site.rng.uniform(0.35, 0.5)))
    moves = []
    for piece, loop in ((first, one), (second, two)):
        out = Vector((*loop.mean(axis=0), 0.0)).normalized()
        axis = Vector((-out.y, out.x, 0.0))
        edge = out * min(leaf.make.half_m)
        sag = Matrix.Rotation(-float(site.rng.uniform(0.02, 0.16)), 4, axis)
        moves.append(
            (
                piece,
                Matrix.Translation(Vector((*leaf.middle_m, 0.0)) + edge + out * 0.004)
                @ sag
                @ Matrix.Translation(-edge),
            )
        )
    return State("", [(RAISED, [*_whole(site), first, second])], moves, shown=[first, second], hidden=[leaf.pivot])


def _open(site: Site, _assets: Any) -> State:
    """The cover is gone."""
    gone = site.leaves if len(site.leaves) == 1 or site.rng.random() < 0.5 else [_any(site)]
    rest = [leaf.pivot for leaf in site.leaves if leaf not in gone]
    hole = site.hole if not rest else list(site.shaft)
    return State("", [(OPEN, hole), *([(OK, rest)] if rest else [])], hidden=[leaf.pivot for leaf in gone])


def _aside(site: Site, _assets: Any) -> State:
    """The cover lies beside the hole, either face up."""
    state = _open(site, _assets)
    leaf = next(leaf for leaf in site.leaves if leaf.pivot in state.hidden)
    state.hidden.remove(leaf.pivot)
    size = math.hypot(*leaf.make.half_m) if not leaf.make.is_round else leaf.make.half_m[0]
    far = site.make.reach_m + size * 0.9 + float(site.rng.uniform(0.02, 0.5))
    turns = site.rng.uniform(0, 2 * math.pi, 16)
    free = [
        t for t in turns if site.allows(site.place.x_m + far * math.cos(t), site.place.y_m + far * math.sin(t), size)
    ]
    turn = float(free[0] if free else turns[0]) - site.place.turn_rad
    over = site.rng.random() < 0.15
    z = 0.003 if over else leaf.make.thick_m + 0.003
    lean = Matrix.Rotation(float(abs(site.rng.normal(0, 0.05))) + (math.pi if over else 0.0), 4, "X")
    spin = Matrix.Rotation(float(site.rng.uniform(0, 6.3)), 4, "Z")
    state.moves = [
        (leaf.pivot, Matrix.Translation((far * math.cos(turn), far * math.sin(turn), z + 0.012)) @ spin @ lean)
    ]
    state.boxes.append((RAISED, [leaf.pivot]))
    return state


def _marked(site: Site, assets: Any) -> State:
    """Open, with something stuck into it as a warning."""
    state = _open(site, assets)
    stuck = marker(site, assets)
    state.shown = [stuck]
    return state


def _collapsed(site: Site, assets: Any) -> State:
    """Cover and frame have gone down with the edge of the road."""
    state = _open(site, assets)
    depth = float(site.rng.uniform(0.08, 0.16))
    made = crater(site, depth, site.make.outline(-0.035), -site.make.thick_m - 0.04)
    state.shown = made
    state.hidden = [site.frame, *site.plates, site.apron, *([site.collar] if site.collar else [])]
    state.boxes = [(OPEN, [*site.shaft, made[1]])]
    return state


HAZARDS: Final[dict[str, Callable[[Site, Any], State]]] = {
    "tilted": _tilted,
    "tipped": _tipped,
    "shifted": _shifted,
    "proud": _proud,
    "sunk": _sunk,
    "broken": _broken,
    "cracked": _cracked,
    "open": _open,
    "aside": _aside,
    "marked": _marked,
    "collapsed": _collapsed,
    "leaning": _leaning,
}


def _any(site: Site) -> Leaf:
    return site.leaves[int(site.rng.integers(len(site.leaves)))]
