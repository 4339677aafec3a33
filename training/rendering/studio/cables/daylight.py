"""Light for scenes of cables: hours and weathers outdoors, lamps and windows indoors."""

import math
import random
from collections.abc import Callable
from typing import Any

import bpy

from hazardlens.training.rendering.studio import lighting
from hazardlens.training.rendering.studio.cables.curves import Point
from hazardlens.training.rendering.studio.stage import Stage

Light = Callable[[], None]


class Lamps:
    """The lamps of the shot being taken; the next light takes them away."""

    def __init__(self) -> None:
        self._lit: list[Any] = []

    def replace(self, lamps: list[Any]) -> None:
        """Forget the last light's lamps for those of a new one."""
        lighting.remove(self._lit)
        self._lit.extend(lamps)

    def clear(self) -> None:
        """No lamps."""
        lighting.remove(self._lit)


def outdoor_light(
    stage: Stage, lamps: Lamps, rng: random.Random, near_m: Point, *, sun_side_deg: float = -90.0
) -> tuple[str, Light, bool]:
    """An hour and a weather: its name, how to light it, and whether the phone's lamp is on.

    Args:
        stage: what is lit.
        lamps: those of the scene.
        rng: decides.
        near_m: what a street lamp lights by night.
        sun_side_deg: azimuth from which the sun mostly shines, so that walls are not always in shade.
    """
    seed = rng.getrandbits(30)
    hour = rng.choices(("map", "overcast", "clear", "dusk", "night"), (34, 34, 20, 7, 5))[0]
    azimuth = sun_side_deg + rng.uniform(-110, 110)

    def light() -> None:
        lamps.clear()
        own = random.Random(seed)  # noqa: S311 - scenes, not secrets
        if hour == "map":
            lighting.light_sky(stage.assets, own, "open", strength=1.0)
        elif hour == "overcast":
            grey = own.uniform(0.8, 1.0)
            _sky(
                (0.85, 0.88, 0.92),
                (grey * 0.8, grey * 0.85, grey * 0.92),
                own.choice((0.0, 0.0, own.uniform(0.2, 0.7))),
                own,
            )
        elif hour == "clear":
            _sky((0.75, 0.82, 0.9), (0.16, 0.3, 0.62), own.choice((0.0, own.uniform(0.4, 0.9))), own)
            lamps.replace(
                [
                    lighting.sun(
                        own.uniform(15, 65),
                        azimuth,
                        own.uniform(2.5, 5),
                        (1.0, 0.93, own.uniform(0.72, 0.9)),
                        own.choice((0.6, 3)),
                    )
                ]
            )
        elif hour == "dusk":
            _sky((0.3, 0.22, 0.22), (0.07, 0.1, 0.2), 0.5, own)
            lamps.replace([_street_lamp(near_m, own, own.uniform(60, 300))])
        else:
            _sky((0.012, 0.01, 0.012), (0.003, 0.004, 0.008), 0.0, own)
            lamps.replace([_street_lamp(near_m, own, own.uniform(150, 500))])

    return hour, light, hour == "night" and rng.random() < 0.5


def indoor_light(
    lamps: Lamps, rng: random.Random, places_m: list[Point], *, facing_m: Point = (0, 0, 0)
) -> tuple[str, Light, bool]:
    """Tubes below the ceiling, daylight from an end, or hardly anything and the phone's lamp."""
    what = rng.choices(("lamps", "dim", "window", "flash"), (5, 2, 3, 2))[0]
    colour = rng.choice(((1, 0.97, 0.92), (1, 0.85, 0.66), (0.85, 0.95, 1), (0.92, 1, 0.92)))
    watts = rng.uniform(15, 45)
    level = {"lamps": 0.12, "dim": 0.04, "window": 0.15, "flash": 0.025}[what] * rng.uniform(0.6, 1.6)

    def light() -> None:
        lamps.clear()
        lighting.light_plain((0.9, 0.95, 1.0), level)
        on = {"lamps": places_m, "dim": places_m[:1], "window": [facing_m], "flash": []}[what]
        lamps.replace(
            [
                lighting.area_lamp(
                    place,
                    (place[0], place[1], 0) if what != "window" else (0, 2, 1),
                    (0.3, 1.1),
                    watts * (4 if what == "window" else 1),
                    colour,
                )
                for place in on
            ]
        )

    return what, light, what == "flash"


def _street_lamp(near_m: Point, rng: random.Random, watts: float) -> Any:
    place = (near_m[0] + rng.uniform(-4, 4), near_m[1] - rng.uniform(2, 5), rng.uniform(4.5, 7.5))
    return lighting.spot_lamp(
        place,
        (near_m[0], near_m[1], near_m[2] * 0.6),
        watts * 4,
        rng.choice(((1, 0.62, 0.28), (1, 0.85, 0.65), (0.9, 0.95, 1))),
        cone_deg=120,
        radius_m=0.12,
    )


def _sky(horizon: Point, zenith: Point, clouds: float, rng: random.Random) -> None:
    """A plain sky: paler towards the horizon, with clouds where wanted."""
    lighting.light_plain()
    tree = bpy.context.scene.world.node_tree
    nodes, links = tree.nodes, tree.links
    place, parts, ramp = (
        nodes.new("ShaderNodeTexCoord"),
        nodes.new("ShaderNodeSeparateXYZ"),
        nodes.new("ShaderNodeValToRGB"),
    )
    links.new(place.outputs["Generated"], parts.inputs[0])
    links.new(parts.outputs[2], ramp.inputs[0])
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (*horizon, 1), (*zenith, 1)
    ramp.color_ramp.elements[1].position = rng.uniform(0.35, 0.9)
    colour = ramp.outputs[0]
    if clouds > 0:
        colour = _clouded(tree, place, colour, clouds, rng)
    links.new(colour, nodes["Background"].inputs[0])


def _clouded(tree: Any, place: Any, colour: Any, amount: float, rng: random.Random) -> Any:
    nodes, links = tree.nodes, tree.links
    turn, noise, ramp, mix = (
        nodes.new("ShaderNodeMapping"),
        nodes.new("ShaderNodeTexNoise"),
        nodes.new("ShaderNodeValToRGB"),
        nodes.new("ShaderNodeMix"),
    )
    turn.inputs["Location"].default_value = tuple(rng.uniform(0, 9) for _ in range(3))
    turn.inputs["Scale"].default_value = (1, 1, rng.uniform(1.5, 4))
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = rng.uniform(1.5, 4), 5
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.45, 0.45 + rng.uniform(0.08, 0.3)
    ramp.color_ramp.elements[1].color = (amount,) * 3 + (1,)
    mix.data_type = "RGBA"
    white = rng.uniform(0.75, 1.1) * (0.4 if math.isclose(amount, 0.5) else 1)
    mix.inputs[7].default_value = (white, white, white, 1)
    links.new(place.outputs["Generated"], turn.inputs[0])
    links.new(turn.outputs[0], noise.inputs[0])
    links.new(noise.outputs[0], ramp.inputs[0])
    links.new(ramp.outputs[0], mix.inputs[0])
    links.new(colour, mix.inputs[6])
    return mix.outputs[2]
