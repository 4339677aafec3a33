"""The light in a street's corner, a yard, a cellar or a store."""

import random
from typing import Any, Final

from hazardlens.training.rendering.studio import lighting
from hazardlens.training.rendering.studio.assets import Assets

OUTSIDE: Final = ("sun", "overcast", "overcast", "lamp", "lamp", "flash")
INSIDE: Final = ("bulb", "tube", "even", "even", "dim", "flash")


def light_corner(assets: Assets, lamps: list[Any], kind: str, seed: int) -> None:
    """Light the corner in one of the ways named here; the seed draws what is left open, `lamps` are exchanged."""
    rng = random.Random(seed)  # noqa: S311 - light, no secret
    lighting.remove(lamps)
    x, y = rng.uniform(-1.5, 1.5), -rng.uniform(0.8, 2.5)
    if kind in {"sun", "overcast", "even"}:
        lighting.light_sky(assets, rng, "indoors" if kind == "even" else "street", strength=rng.uniform(0.5, 1.2))
        if kind == "sun":
            lamps.append(lighting.sun(rng.uniform(20, 65), rng.uniform(200, 340), rng.uniform(2, 5)))
        return
    lighting.light_plain((0.02, 0.022, 0.03), rng.uniform(0.2, 1.0))
    if kind == "lamp":
        warm = rng.choice(((1.0, 0.62, 0.25), (1.0, 0.8, 0.55), (0.9, 0.95, 1.0)))
        lamps.append(
            lighting.spot_lamp(
                (x * 1.5, y, 4.5), (x * 0.5, -0.6, 0), rng.uniform(300, 900), warm, cone_deg=120, radius_m=0.1
            )
        )
    elif kind != "flash":
        strong = {"bulb": 40.0, "tube": 45.0, "dim": 3.0}[kind]
        colour = (0.9, 0.97, 1.0) if kind == "tube" else (1.0, 0.78, 0.5)
        lamps.append(lighting.area_lamp((x, y, 2.4), (x, y, 0), (1.0 if kind == "tube" else 0.2, 0.15), strong, colour))
