"""The leaves of doors, with what is screwed and stuck onto them."""

import math
from dataclasses import dataclass
from typing import Any, Self

import bpy

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.materials import Colour, Surface
from hazardlens.training.rendering.studio.props import signs
from hazardlens.training.rendering.studio.props.kit import Kit, joined, moved

STEEL_COLOURS = (
    (0.35, 0.37, 0.38), (0.55, 0.55, 0.54), (0.12, 0.2, 0.26), (0.3, 0.06, 0.04), (0.45, 0.43, 0.38),
    (0.1, 0.14, 0.12), (0.65, 0.64, 0.6), (0.28, 0.12, 0.06), (0.08, 0.22, 0.36), (0.16, 0.16, 0.17),
    (0.05, 0.16, 0.1), (0.5, 0.36, 0.2), (0.72, 0.72, 0.72), (0.5, 0.28, 0.12),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What the leaves of one door have in common.

    Attributes:
        kind: steel, wood, glass or gate.
        skin: material of the leaf.
        metal: material of handles and bars.
        pane: material of panes.
        window: none, slim, square, half.
        handle: lever, bar, pull, knob.
        relief: flat, panels, ribs.
        closer: an arm at the top closes it.
        kick: a plate at the bottom protects it.
        stickers: how many notices are stuck onto it.
        recess_m: how far behind the wall's face it hangs.
    """

    kind: str
    skin: Any
    metal: Any
    pane: Any
    window: str
    handle: str
    relief: str
    closer: bool
    kick: bool
    stickers: int
    recess_m: float

    @classmethod
    def draw(cls, kit: Kit, kind: str) -> Self:
        """A door as it may be met."""
        rng = kit.rng
        fire = kind == "steel"
        return cls(
            kind=kind,
            skin=_skin(kit, kind),
            metal=kit.paint(
                rng.choice(((0.55, 0.55, 0.56), (0.5, 0.5, 0.5), (0.45, 0.33, 0.12), (0.03, 0.03, 0.03))), 0.3, 0.9
            ),
            pane=clear_glass(rng.uniform(0.6, 0.93))
            if kind == "glass"
            else kit.paint(rng.choice(((0.02, 0.025, 0.03), (0.25, 0.28, 0.28), (0.5, 0.52, 0.5))), 0.08),
            window=rng.choice(("none", "none", "slim", "slim", "square", "half")) if kind != "gate" else "none",
            handle=rng.choice(("lever", "lever", "bar", "bar", "pull", "knob") if fire else ("lever", "pull", "knob")),
            relief=rng.choice(("flat", "flat", "flat", "panels", "ribs") if fire else ("flat", "panels", "panels")),
            closer=rng.random() < (0.6 if fire else 0.25),
            kick=rng.random() < 0.2,
            stickers=rng.choice((0, 0, 1, 1, 2, 3)) if kind != "gate" else 0,
            recess_m=rng.uniform(0.0, 0.09),
        )


def _skin(kit: Kit, kind: str) -> Any:
    rng = kit.rng
    dirt = rng.choice((0.0, 0.2, 0.5))
    if kind == "wood":
        shade = rng.uniform(0.5, 1.3)
        return kit.fresh(
            Surface(
                role="wood",
                tile_m=1.3,
                roughness=rng.uniform(0.3, 0.6),
                relief=0.05,
                colour=(shade, shade * 0.92, shade * 0.85),
                dirt=dirt * 0.5,
            )
        )
    if kind == "glass":
        return kit.paint(
            rng.choice(((0.5, 0.5, 0.52), (0.04, 0.04, 0.045), (0.6, 0.6, 0.6), (0.3, 0.2, 0.08))), 0.3, 0.7
        )
    colour = rng.choice(STEEL_COLOURS)
    if kind == "steel" and rng.random() < 0.2:
        return kit.fresh(
            Surface(
                role="metal",
                tile_m=1.2,
                roughness=0.4,
                metallic=0.5,
                relief=0.05,
                colour=_pale(colour),
                dirt=dirt,
            )
        )
    return kit.fresh(
        Surface(
            colour=colour,
            roughness=rng.uniform(0.3, 0.6),
            relief=0,
            dirt=dirt,
            dirt_size=rng.uniform(1, 4),
            dirt_amount=0.3,
        )
    )


def clear_glass(clear: float) -> Any:
    """A pane that can be looked through and mirrors a little."""
    material = bpy.data.materials.new("pane")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    through, mirror = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeBsdfGlossy")
    mix, out = tree.nodes.new("ShaderNodeMixShader"), tree.nodes.new("ShaderNodeOutputMaterial")
    through.inputs[0].default_value = (clear, clear, clear, 1)
    mirror.inputs["Roughness"].default_value = 0.02
    mix.inputs[0].default_value = 0.12
    tree.links.new(through.outputs[0], mix.inputs[1])
    tree.links.new(mirror.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], out.inputs[0])
    return material


def leaf(kit: Kit, look: Look, size_wh_m: tuple[float, float], side: int) -> Any:
    """A leaf whose hinge is the origin; closed it reaches from there towards x = 0 of a door hung at `side`."""
    width, height = size_wh_m
    if look.kind == "glass":
        made = _glass_leaf(look, width, height)
    elif look.kind == "gate":
        made = _barred_leaf(kit, look, width, height)
    else:
        made = [shapes.block("leaf", (0, 0.022, height / 2), (width, 0.044, height), look.skin, bevel_m=0.002)]
        made += _relief(look, width, height) + _window(kit, look, width, height)
    made += _hardware(kit, look, width, height, side)
    body = joined("leaf", made)
    body.location = (-side * width / 2, 0, 0)
    return joined("hinge", [body])


def _glass_leaf(look: Look, width: float, height: float) -> list[Any]:
    bar = 0.06
    made = [shapes.block("pane", (0, 0.022, height / 2), (width - bar, 0.008, height - bar), look.pane)]
    made += [
        shapes.block("stile", (s * (width - bar) / 2, 0.022, height / 2), (bar, 0.044, height), look.skin)
        for s in (-1, 1)
    ]
    made += [
        shapes.block("rail", (0, 0.022, z), (width - 2 * bar, 0.044, tall), look.skin)
        for z, tall in ((0.06, 0.12), (height - 0.035, 0.07))
    ]
    if look.window in {"slim", "square"}:
        made.append(shapes.block("rail", (0, 0.022, 0.95), (width - 2 * bar, 0.044, 0.06), look.skin))
    return made


def _barred_leaf(kit: Kit, look: Look, width: float, height: float) -> list[Any]:
    """Bars above, a sheet below, or bars all the way down."""
    sheet = kit.rng.choice((0.0, 0.5, 0.9))
    made = [
        shapes.block("stile", (s * (width / 2 - 0.025), 0.022, height / 2), (0.05, 0.044, height), look.skin)
        for s in (-1, 1)
    ]
    made += [
        shapes.block("rail", (0, 0.022, z), (width - 0.1, 0.04, 0.05), look.skin)
        for z in (0.03, max(sheet, 0.9), height - 0.03)
    ]
    if sheet:
        made.append(shapes.block("sheet", (0, 0.022, sheet / 2 + 0.03), (width - 0.1, 0.012, sheet - 0.05), look.skin))
    count = round(width / 0.12)
    for bar in range(1, count):
        x = -width / 2 + bar * width / count
        low = sheet or 0.05
        made.append(shapes.block("bar", (x, 0.022, (low + height) / 2), (0.018, 0.018, height - low - 0.03), look.skin))
    return made


def _relief(look: Look, width: float, height: float) -> list[Any]:
    made = []
    if look.relief == "panels":
        for z, tall in ((0.5, 0.7), (height - 0.62, height - 1.25)):
            made.append(shapes.block("panel", (0, -0.002, z), (width * 0.66, 0.012, tall), look.skin, bevel_m=0.006))
    elif look.relief == "ribs":
        size = (width * 0.8, 0.008, 0.16)
        made += [shapes.block("rib", (0, -0.001, z), size, look.skin, bevel_m=0.004) for z in (0.3, 0.62, 1.25, 1.57)]
    return made


def _window(kit: Kit, look: Look, width: float, height: float) -> list[Any]:
    sizes = {"slim": (0.13, 0.62), "square": (0.32, 0.42), "half": (width * 0.6, 0.72)}
    if look.window not in sizes:
        return []
    wide, tall = sizes[look.window]
    x = -width * 0.22 if look.window == "slim" else 0.0
    z = height - 0.3 - tall / 2
    rim = shapes.block(
        "rim", (x, -0.005, z), (wide + 0.05, 0.014, tall + 0.05), look.metal if kit.rng.random() < 0.4 else look.skin
    )
    return [rim, shapes.block("pane", (x, -0.008, z), (wide, 0.012, tall), look.pane)]


def _hardware(kit: Kit, look: Look, width: float, height: float, side: int) -> list[Any]:
    rng = kit.rng
    free = -side * (width / 2 - 0.07)
    made = []
    if look.handle == "bar" and look.kind != "glass":
        paint = kit.shared(
            "push-bar",
            lambda: rng.choice((look.metal, kit.paint((0.5, 0.02, 0.02), 0.35), kit.paint((0.05, 0.05, 0.05), 0.4))),
        )
        made.append(shapes.block("bar", (0, -0.06, 1.02), (width * 0.82, 0.03, 0.05), paint, bevel_m=0.008))
        made += [shapes.block("end", (s * width * 0.4, -0.03, 1.02), (0.05, 0.075, 0.09), paint) for s in (-1, 1)]
    elif look.handle == "pull" or look.kind == "glass":
        long = kit.shared("pull-length", lambda: rng.choice((0.3, 0.5, 1.0)))
        ends = [
            (free, 0.0, 1.05 - long / 2),
            (free, -0.06, 1.05 - long / 2 + 0.03),
            (free, -0.06, 1.05 + long / 2 - 0.03),
            (free, 0.0, 1.05 + long / 2),
        ]
        made.append(shapes.tube("pull", ends, 0.014, look.metal, sharp=True, sides=2))
    elif look.handle == "knob":
        made.append(
            shapes.drum("knob", (free, -0.03, 1.02), 0.028, 0.06, look.metal, sides=14, turn_rad=(math.pi / 2, 0, 0))
        )
    else:
        made.append(shapes.block("plate", (free, -0.004, 1.02), (0.045, 0.01, 0.22), look.metal))
        made.append(shapes.block("lever", (free + side * 0.05, -0.045, 1.05), (0.13, 0.018, 0.02), look.metal))
    if look.closer:
        made.append(
            shapes.block("closer", (side * (width / 2 - 0.2), -0.03, height - 0.07), (0.24, 0.055, 0.06), look.metal)
        )
        made.append(
            shapes.block(
                "arm",
                (side * (width / 2 - 0.22), -0.07, height - 0.03),
                (0.28, 0.02, 0.012),
                look.metal,
                turn_rad=(0, 0, side * 0.35),
            )
        )
    if look.kick and look.kind != "gate":
        made.append(shapes.block("kick", (0, -0.003, 0.14), (width * 0.92, 0.008, 0.24), look.metal))
    for number in range(look.stickers if look.kind != "glass" else min(1, look.stickers)):
        z = rng.uniform(1.25, 1.6) if number == 0 else rng.uniform(0.6, 1.7)
        made.append(
            moved(signs.sticker(kit), rng.uniform(-0.18, 0.18) * width, -0.016 if look.kind != "glass" else 0.016, z)
        )
    return made


def _pale(colour: Colour) -> Colour:
    """Nearer to white, as paint on steel looks."""
    red, green, blue = (min(1.0, 1.6 * value + 0.2) for value in colour)
    return red, green, blue
