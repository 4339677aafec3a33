"""Light of a place: lamps, a window, daylight through the exit, sun and sky, night with the phone's lamp."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hazardlens.training.rendering.studio import lighting
from hazardlens.training.rendering.studio.exits.place import Place
from hazardlens.training.rendering.studio.props.kit import Kit

_LAMP_COLOURS: Final = ((0.92, 0.97, 1.0), (1.0, 0.98, 0.95), (1.0, 0.93, 0.82), (1.0, 0.82, 0.6), (0.9, 1.0, 0.93))
_INDOORS: Final = {"lamps": 6.0, "one lamp": 2.0, "window": 2.0, "backlit": 1.5, "flash": 1.0}
_OUTDOORS: Final = {"sun": 3.0, "overcast": 3.0, "haze": 2.0, "dusk": 0.8, "night": 0.7}


@dataclass(frozen=True, slots=True)
class Light:
    """Light that a view is taken in.

    Attributes:
        name: of the kind.
        set_up: puts it up, in place of the one before.
        flash: the phone's lamp is on.
        exposure_ev: how far the phone is off.
    """

    name: str
    set_up: Callable[[], None]
    flash: bool = False
    exposure_ev: float = 0.0


def draw_light(kit: Kit, place: Place, lamps: list[Any]) -> Light:
    """A light that suits the place; `lamps` holds what the last one put up."""
    rng = kit.rng
    kinds = dict(_OUTDOORS if place.outdoors else _INDOORS)
    if not place.outdoors and not place.daylight:
        kinds["backlit"] = 0.3
    name = rng.choices(tuple(kinds), tuple(kinds.values()))[0]
    seed = rng.getrandbits(32)

    def set_up() -> None:
        kit.rng.seed(seed)
        lighting.remove(lamps)
        (_outdoors if place.outdoors else _indoors)(kit, place, lamps, name)

    dark = {"one lamp": -0.4, "night": -0.3, "dusk": -0.4, "backlit": -0.3}.get(name, 0.0)
    return Light(
        name,
        set_up,
        name in {"flash", "night"} and (name == "flash" or rng.random() < 0.7),
        dark + rng.uniform(-0.3, 0.3),
    )


def _indoors(kit: Kit, place: Place, lamps: list[Any], name: str) -> None:
    rng = kit.rng
    colour = rng.choice(_LAMP_COLOURS)
    lit = {"lamps": place.lamps[:4], "one lamp": rng.sample(place.lamps, min(1, len(place.lamps)))}.get(name, [])
    fill = {
        "lamps": rng.uniform(0.04, 0.25),
        "one lamp": rng.uniform(0.01, 0.05),
        "window": 0.1,
        "backlit": 0.06,
        "flash": 0.006,
    }[name]
    lighting.light_plain(colour, fill)
    if place.lamp_material is not None:
        _glow(place.lamp_material, rng.uniform(4, 10) if lit else 0.05)
    area = (place.right_m - place.left_m) * place.depth_m
    for x, y, z in lit:
        below = (x, y, z - 0.25)
        lamps.append(
            lighting.area_lamp(below, (x, y, 0), (0.5, 0.9), rng.uniform(3, 6) * max(area, 8) / len(lit), colour)
        )
    if name == "window" or (name == "flash" and rng.random() < 0.3):
        _window(kit, place, lamps, 1.0 if name == "window" else 0.02)
    if name == "backlit":
        width, height = place.way_out.size_wh_m
        if place.way_out.see_through or place.daylight:
            lamps.append(
                lighting.area_lamp(
                    (0, 0.6, height * 0.6), (0, -3, 0.4), (width, height * 0.8), rng.uniform(60, 200), (0.92, 0.96, 1.0)
                )
            )
        else:
            _window(kit, place, lamps, 0.4)


def _window(kit: Kit, place: Place, lamps: list[Any], share: float) -> None:
    """Daylight from one side or from behind the camera."""
    rng = kit.rng
    middle = (place.left_m + place.right_m) / 2
    watts = rng.uniform(120, 350) * share
    if rng.random() < 0.5:
        side = rng.choice((-1, 1))
        x = (place.left_m if side < 0 else place.right_m) - side * 0.15
        at, to = (x, -rng.uniform(1, max(1.2, place.depth_m - 1)), 1.7), (middle, -1.0, 0.8)
    else:
        at, to = (middle, -place.depth_m - 0.7, 1.8), (middle, 0, 1.0)
    lamps.append(lighting.area_lamp(at, to, (1.2, 1.3), watts, (0.92, 0.96, 1.0)))


def _outdoors(kit: Kit, _place: Place, lamps: list[Any], name: str) -> None:
    rng = kit.rng
    if name in {"night", "dusk"}:
        lighting.light_sky(
            kit.assets, rng, "night" if name == "night" else "open", strength=0.1 if name == "night" else 0.15
        )
        if name == "dusk" or rng.random() < 0.6:
            x = rng.uniform(-4, 4)
            warm = rng.choice(((1.0, 0.75, 0.4), (1.0, 0.9, 0.75), (0.9, 0.95, 1.0)))
            lamps.append(
                lighting.spot_lamp(
                    (x, -rng.uniform(0.5, 4), 4.5),
                    (x * 0.3, -1.5, 0),
                    rng.uniform(150, 500),
                    warm,
                    cone_deg=120,
                    radius_m=0.15,
                )
            )
        return
    lighting.light_sky(kit.assets, rng, "open" if rng.random() < 0.75 else "street", strength=rng.uniform(0.7, 1.3))
    if name != "overcast":
        azimuth = rng.uniform(185, 355) if rng.random() < 0.7 else rng.uniform(5, 175)
        strength, size = (rng.uniform(2.5, 5), 0.6) if name == "sun" else (rng.uniform(1, 2.2), rng.uniform(3, 9))
        lamps.append(
            lighting.sun(
                rng.uniform(18, 65), azimuth, strength, (1.0, rng.uniform(0.86, 0.97), rng.uniform(0.7, 0.92)), size
            )
        )


def _glow(material: Any, strength: float) -> None:
    material.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"].default_value = strength
