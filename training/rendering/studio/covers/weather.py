"""Daylight of all kinds, dusk under street lamps, night with a flash; shadows of trees and of the photographer."""

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from hazardlens.training.rendering.studio import lighting
from hazardlens.training.rendering.studio.covers.markers import foliage
from hazardlens.training.rendering.studio.materials import plain
from hazardlens.training.rendering.studio.shapes import drum, group, show
from hazardlens.training.rendering.studio.shots import Camera
from hazardlens.training.rendering.studio.stage import Stage


@dataclass(frozen=True, slots=True)
class Weather:
    """Light for a shot.

    Attributes:
        kind: sun, haze, overcast, sky (an environment map), dusk, night.
        elevation_deg, azimuth_deg: of the sun.
        strength: of the sky.
        tree: leaves between the sun and the place.
        seed: of the sky's choice.
    """

    kind: str
    elevation_deg: float
    azimuth_deg: float
    strength: float
    tree: bool
    seed: int

    @property
    def flash(self) -> bool:
        """Whether the phone lights the picture itself."""
        return self.kind == "night"


def draw_weather(rng: np.random.Generator) -> Weather:
    """Mostly day, seldom night."""
    kind = str(rng.choice(["sun", "haze", "overcast", "sky", "dusk", "night"], p=[0.3, 0.13, 0.25, 0.2, 0.07, 0.05]))
    return Weather(
        kind,
        float(rng.uniform(14, 75)),
        float(rng.uniform(0, 360)),
        float(rng.uniform(0.4, 1.1)),
        bool(rng.random() < 0.25),
        int(rng.integers(2**31)),
    )


class Lights:
    """What lights the scene now; the next shot's light replaces it."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self._stage = stage
        self._lamps: list[Any] = []
        self._crown = _crown(rng)
        self._person = _person()

    def set(self, weather: Weather, camera: Camera) -> None:
        """Light the scene for a shot from that camera."""
        lighting.remove(self._lamps)
        rng = np.random.default_rng(weather.seed)
        show(self._crown, visible=weather.tree and weather.kind in {"sun", "haze"})
        show(self._person, visible=weather.kind in {"sun", "haze", "sky"} and rng.random() < 0.75)
        azimuth = math.radians(weather.azimuth_deg)
        reach = 5.0 / math.tan(math.radians(max(weather.elevation_deg, 20)))
        self._crown.location = (
            reach * math.cos(azimuth) + rng.normal(0, 0.5),
            reach * math.sin(azimuth) + rng.normal(0, 0.5),
            5.0,
        )
        self._stand_behind(camera)
        {
            "sun": self._sunny,
            "haze": self._sunny,
            "overcast": self._overcast,
            "sky": self._sky,
            "dusk": self._dusk,
            "night": self._night,
        }[weather.kind](weather, rng)

    def _stand_behind(self, camera: Camera) -> None:
        x, y, z = camera.position_m
        away = np.array([x - camera.look_at_m[0], y - camera.look_at_m[1]])
        away = away / max(float(np.linalg.norm(away)), 1e-3)
        self._person.location = (x + 0.38 * float(away[0]), y + 0.38 * float(away[1]), 0.0)
        self._person.scale = (1, 1, max(z, 1.2) / 1.5)

    def _sunny(self, weather: Weather, rng: np.random.Generator) -> None:
        blue = float(rng.uniform(0, 1))
        lighting.light_plain((0.42 - 0.1 * blue, 0.5, 0.62 + 0.15 * blue), weather.strength)
        hazy = weather.kind == "haze"
        warm = max(0.0, (35 - weather.elevation_deg) / 60)
        colour = (1.0, 0.96 - warm * 0.5, 0.9 - warm)
        power = float(rng.uniform(2.5, 5.5)) * (0.5 if hazy else 1)
        self._lamps.append(
            lighting.sun(
                weather.elevation_deg,
                weather.azimuth_deg,
                power,
                colour,
                size_deg=float(rng.uniform(4, 14)) if hazy else 0.6,
            )
        )

    def _overcast(self, weather: Weather, rng: np.random.Generator) -> None:
        lighting.light_plain((0.66, 0.7, 0.74), weather.strength)
        high = float(rng.uniform(50, 85))
        self._lamps.append(
            lighting.sun(
                high,
                weather.azimuth_deg,
                float(rng.uniform(0.5, 1.5)) * weather.strength,
                (0.9, 0.95, 1.0),
                size_deg=60,
            )
        )

    def _sky(self, weather: Weather, rng: np.random.Generator) -> None:
        chosen = random.Random(int(rng.integers(2**31)))  # noqa: S311 - scenes, not secrets
        lighting.light_sky(
            self._stage.assets, chosen, "open", strength=weather.strength, turn_rad=math.radians(weather.azimuth_deg)
        )

    def _dusk(self, weather: Weather, rng: np.random.Generator) -> None:
        lighting.light_plain((0.1, 0.13, 0.22), 0.5 * weather.strength)
        self._street_lamp(weather, rng, 500)

    def _night(self, weather: Weather, rng: np.random.Generator) -> None:
        lighting.light_plain((0.012, 0.014, 0.022), 0.6)
        if rng.random() < 0.6:
            self._street_lamp(weather, rng, 160)

    def _street_lamp(self, weather: Weather, rng: np.random.Generator, watts: float) -> None:
        azimuth = math.radians(weather.azimuth_deg)
        place = (float(rng.uniform(2, 7)) * math.cos(azimuth), float(rng.uniform(2, 7)) * math.sin(azimuth), 6.0)
        colour = (1.0, 0.62, 0.3) if rng.random() < 0.5 else (1.0, 0.9, 0.75)
        self._lamps.append(lighting.spot_lamp(place, (0, 0, 0), watts * 4, colour, cone_deg=140, radius_m=0.15))


def _crown(rng: np.random.Generator) -> Any:
    """Leaves of a tree that the camera does not see."""
    places = [tuple(p) for p in (rng.normal(0, 1.0, (900, 3)) * [1.6, 1.6, 0.5]).tolist()]
    thing = foliage(places, 0.11, plain((0.05, 0.1, 0.03)), rng)
    thing.visible_camera = False
    return thing


def _person() -> Any:
    """The shadow of the one who holds the phone."""
    skin = plain((0.1, 0.1, 0.12))
    parts = [
        drum("legs", (0, 0, 0.4), 0.14, 0.8, skin, sides=12),
        drum("body", (0, 0, 1.08), 0.2, 0.56, skin, sides=12, top_radius_m=0.22),
        drum("head", (0, 0, 1.52), 0.11, 0.26, skin, sides=12),
    ]
    for part in parts:
        part.visible_camera = False
    return group("person", parts)
