"""Exits: doors of steel, wood and glass, roller shutters, gates, bare openings; closed, ajar and open."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import bpy

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits.leaves import STEEL_COLOURS, Look, leaf
from hazardlens.training.rendering.studio.materials import Surface
from hazardlens.training.rendering.studio.props.kit import Kit, joined

WALL_M: Final = 0.2
"""Thickness of the wall that the exit is in; its face is the plane y = 0, the exit looks towards -y."""


@dataclass(slots=True)
class Exit:
    """An exit in the wall y = 0, its opening round x = 0.

    Attributes:
        kind: steel, wood, glass, roller, gate, opening.
        size_wh_m: of the opening.
        parts: what its box goes round.
        leaves: hinged leaves with the sign that their turn has when they open.
        chain: a chain round the handles, hidden at first, or None.
        see_through: what is behind the opening can be seen.
    """

    kind: str
    size_wh_m: tuple[float, float]
    parts: list[Any]
    leaves: list[tuple[Any, int]] = field(default_factory=list)
    chain: Any | None = None
    see_through: bool = False

    def swing(self, angle_deg: float, *, both: bool) -> None:
        """Open it; away from the viewer when the angle is positive."""
        for number, (hinge, sign) in enumerate(self.leaves):
            hinge.rotation_euler[2] = sign * math.radians(angle_deg) if both or number == 0 else 0.0


def draw_kind(kit: Kit, kinds: Mapping[str, float]) -> str:
    """One of the kinds, by their weights."""
    return kit.rng.choices(tuple(kinds), tuple(kinds.values()))[0]


def build_exit(kit: Kit, kind: str, *, double: bool | None = None) -> Exit:
    """An exit of that kind, closed; the wall round it is not its own."""
    rng = kit.rng
    if kind == "roller":
        return _roller(kit)
    double = (
        rng.random() < {"steel": 0.45, "wood": 0.3, "glass": 0.6, "gate": 0.6}.get(kind, 0.3)
        if double is None
        else double
    )
    width = rng.uniform(1.35, 1.8) if double else rng.uniform(0.82, 1.08)
    height = rng.uniform(2.0, 2.25)
    frame = _frame(kit, kind, width, height)
    made = Exit(kind, (width, height), [frame], see_through=kind in {"glass", "opening", "gate"})
    if kind == "opening":
        return made
    look = Look.draw(kit, kind)
    sides = (-1, 1) if double else (rng.choice((-1, 1)),)
    for side in sides:
        wide = width / len(sides) - 0.006
        hinge = leaf(kit, look, (wide, height - 0.012), side)
        hinge.location = (side * width / 2, look.recess_m, 0.006)
        made.leaves.append((hinge, -side))
        made.parts.append(hinge)
    if double and kind in {"steel", "glass", "gate", "wood"}:
        made.chain = _chain(kit, look.recess_m)
        shapes.show(made.chain, visible=False)
    return made


def _frame(kit: Kit, kind: str, width: float, height: float) -> Any:
    rng = kit.rng
    face = rng.uniform(0.04, 0.09)
    if kind == "wood":
        paint = kit.surface(Surface(role="wood", tile_m=1.0, roughness=0.5, relief=0.05, colour=(0.6, 0.5, 0.4)))
    elif kind == "glass":
        paint = kit.paint(
            rng.choice(((0.5, 0.5, 0.52), (0.04, 0.04, 0.045), (0.6, 0.6, 0.6), (0.3, 0.2, 0.08))), 0.3, 0.8
        )
    else:
        paint = kit.paint(rng.choice(STEEL_COLOURS), 0.45)
    deep = WALL_M - 0.02
    y = deep / 2 - 0.018
    jambs = [
        shapes.block(
            "jamb", (side * (width / 2 + face / 2), y, height / 2 + face / 2), (face, deep, height + face), paint
        )
        for side in (-1, 1)
    ]
    head = shapes.block("head", (0, y, height + face / 2), (width, deep, face), paint)
    sill = (
        [shapes.block("sill", (0, y, 0.006), (width, deep, 0.012), kit.paint((0.3, 0.3, 0.3), 0.4, 0.8))]
        if rng.random() < 0.4
        else []
    )
    return joined("frame", [*jambs, head, *sill])


def _roller(kit: Kit) -> Exit:
    """A roller shutter, down or part of the way up."""
    rng = kit.rng
    width, height = rng.uniform(1.6, 3.4), rng.uniform(2.2, 2.9)
    raised = rng.choice((0.0, 0.0, 0.0, rng.uniform(0.1, 0.8), height - 0.25))
    colour = rng.choice(
        ((0.4, 0.41, 0.43), (0.12, 0.25, 0.4), (0.5, 0.48, 0.42), (0.25, 0.26, 0.27), (0.05, 0.2, 0.12))
    )
    paint = kit.fresh(
        Surface(
            colour=colour,
            roughness=0.45,
            metallic=0.3,
            relief=0,
            dirt=0.5,
            dirt_size=1.5,
            dirt_colour=(0.12, 0.09, 0.06),
        )
    )
    points, faces = [], []
    rows = round((height - raised) / 0.085) * 2
    for row in range(rows + 1):
        z = raised + (height - raised) * row / max(rows, 1)
        points += [(-width / 2, 0.08 + 0.022 * (row % 2), z), (width / 2, 0.08 + 0.022 * (row % 2), z)]
        if row:
            faces.append((2 * row - 2, 2 * row - 1, 2 * row + 1, 2 * row))
    curtain = shapes.mesh_object("curtain", points, faces, paint)
    rail = kit.paint((0.35, 0.35, 0.36), 0.45, 0.6)
    rails = [
        shapes.block("rail", (side * (width / 2 + 0.03), 0.06, height / 2), (0.07, 0.12, height), rail)
        for side in (-1, 1)
    ]
    drum_box = shapes.block(
        "case", (0, 0.0, height + 0.13), (width + 0.2, 0.3, 0.26), rail if rng.random() < 0.5 else paint
    )
    foot = shapes.block("foot", (0, 0.09, raised + 0.03), (width, 0.05, 0.06), rail)
    return Exit(
        "roller", (width, height), [joined("roller", [curtain, *rails, drum_box, foot])], see_through=raised > 0
    )


def _chain(kit: Kit, recess_m: float) -> Any:
    """A chain with a padlock between the handles of two leaves."""
    steel = kit.paint((0.45, 0.43, 0.4), 0.35, 0.9)
    made = []
    y = recess_m - 0.11
    links = 13
    for number in range(links):
        share = number / (links - 1) * 2 - 1
        z = 1.03 - 0.17 * (1 - share * share)
        made.append(shapes.ring("link", (share * 0.17, y, z), (0.011, 0.02), (-0.005, 0.005), steel, sides=10))
        made[-1].rotation_euler = (math.pi / 2 if number % 2 else 0.4, 0, 0.3)
    made.append(
        shapes.block(
            "lock", (0.0, y - 0.01, 0.83), (0.06, 0.03, 0.07), kit.paint((0.5, 0.33, 0.06), 0.3, 0.8), bevel_m=0.008
        )
    )
    loops = [(-0.19, y, 1.03), (-0.17, y - 0.03, 1.08), (0.17, y - 0.03, 1.08), (0.19, y, 1.03)]
    made.append(shapes.tube("loop", loops, 0.012, steel, sides=1))
    return joined("chain", made)


def build_behind(kit: Kit, made: Exit, *, outside: bool) -> list[Any]:
    """The space behind an exit: a room, or daylight. Returns materials whose glow follows the light of day."""
    rng = kit.rng
    width, height = made.size_wh_m
    half, deep, tall = width / 2 + rng.uniform(0.15, 1.6), rng.uniform(1.5, 5), height + rng.uniform(0.15, 0.6)
    tone = rng.uniform(0.35, 0.75)
    paint = kit.paint((tone, tone * rng.uniform(0.9, 1), tone * rng.uniform(0.8, 1)), 0.8)
    ground = kit.paint((tone * 0.5, tone * 0.48, tone * 0.44), 0.4)
    y0 = WALL_M
    shapes.block("behind-floor", (0, y0 + deep / 2, -0.051), (2 * half, deep, 0.1), ground)
    if outside:
        glow = _daylight(kit)
        shapes.panel("daylight", (0, y0 + deep, 1.6), (2 * half + 8, 5), glow)
        return [glow]
    shapes.block("behind-top", (0, y0 + deep / 2, tall + 0.05), (2 * half, deep, 0.1), paint)
    shapes.block("behind-end", (0, y0 + deep + 0.05, tall / 2), (2 * half, 0.1, tall), paint)
    for side in (-1, 1):
        shapes.block("behind-side", (side * (half + 0.05), y0 + deep / 2, tall / 2), (0.1, deep, tall), paint)
    lamp = kit.fresh(Surface(colour=(1.0, 0.97, 0.9), relief=0, glow=rng.choice((0.0, 1.5, 4.0))))
    shapes.panel(
        "behind-lamp", (0, y0 + deep / 2, tall - 0.02), (0.6, min(1.2, deep * 0.6)), lamp, turn_rad=(math.pi / 2, 0, 0)
    )
    return []


def _daylight(kit: Kit) -> Any:
    """The bright, blurred world that a phone sees through a door: sky above, houses, ground."""
    rng = kit.rng
    material = bpy.data.materials.new("daylight")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    place = tree.nodes.new("ShaderNodeTexCoord")
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    light, out = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    ramp.color_ramp.elements[0].color = (*(rng.uniform(0.15, 0.4) for _ in range(3)), 1)
    ramp.color_ramp.elements[1].color = (0.8, 0.88, 1, 1)
    for position in (0.3, 0.34, 0.62):
        shade = rng.uniform(0.08, 0.7)
        element = ramp.color_ramp.elements.new(position)
        element.color = (shade * rng.uniform(0.7, 1), shade, shade * rng.uniform(0.6, 1), 1)
    light.inputs[1].default_value = rng.uniform(1, 5)
    tree.links.new(place.outputs["UV"], split.inputs[0])
    tree.links.new(split.outputs[1], ramp.inputs[0])
    tree.links.new(ramp.outputs[0], light.inputs[0])
    tree.links.new(light.outputs[0], out.inputs[0])
    return material
