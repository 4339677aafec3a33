"""The light in a room: a warm bulb, cold tubes, a window, daylight from all sides, almost nothing, the phone's lamp."""

import random
from dataclasses import dataclass
from typing import Any, Final

from hazardlens.training.rendering.studio import lighting
from hazardlens.training.rendering.studio.assets import Assets

MOODS: Final = ("bulb", "bulb", "tube", "tube", "tube", "window", "window", "even", "even", "dim", "flash")


@dataclass(frozen=True, slots=True)
class Mood:
    """One light; the same seed lights the same way.

    Attributes:
        kind: one of `MOODS`.
        seed: of what is left open.
    """

    kind: str
    seed: int

    @property
    def flash(self) -> bool:
        """Whether the phone's lamp is on."""
        return self.kind == "flash"


def draw_mood(rng: random.Random, *, night: bool = False) -> Mood:
    """A mood; at night dim or with the phone's lamp."""
    return Mood(rng.choice(("dim", "flash", "flash") if night else MOODS), rng.randrange(1 << 30))


class Lights:
    """The lamps of a room, exchanged from shot to shot."""

    def __init__(self, assets: Assets, x_m: tuple[float, float], front_m: float, back_m: float) -> None:
        self._assets, self._x_m, self._front_m, self._back_m = assets, x_m, front_m, back_m
        self._lamps: list[Any] = []

    def set(self, mood: Mood) -> None:
        """Light the room in this mood."""
        rng = random.Random(mood.seed)  # noqa: S311 - light, no secret
        lighting.remove(self._lamps)
        x = rng.uniform(self._x_m[0] * 0.5, self._x_m[1] * 0.5)
        y = rng.uniform(self._front_m * 0.45, self._back_m - 0.3)
        if mood.kind == "bulb":
            self._sky(rng, rng.uniform(0.06, 0.25))
            warm = rng.choice(((1, 0.72, 0.42), (1, 0.8, 0.55), (1, 0.86, 0.68)))
            self._lamps.append(lighting.area_lamp((x, y, 2.3), (x, y, 0), (0.25, 0.25), rng.uniform(25, 60), warm))
        elif mood.kind == "tube":
            self._sky(rng, rng.uniform(0.1, 0.35))
            cold = rng.choice(((0.85, 0.96, 1), (0.95, 1, 0.97), (1, 0.97, 0.9)))
            for dx in (0.0, 1.6) if rng.random() < 0.4 else (0.0,):
                self._lamps.append(
                    lighting.area_lamp((x + dx, y, 2.35), (x + dx, y, 0), (1.2, 0.1), rng.uniform(30, 60), cold)
                )
        elif mood.kind == "window":
            self._sky(rng, rng.uniform(0.15, 0.4))
            self._lamps.append(self._window(rng))
        elif mood.kind == "even":
            self._sky(rng, rng.uniform(0.6, 1.3))
        else:
            self._sky(rng, rng.uniform(0.01, 0.05))

    def _sky(self, rng: random.Random, strength: float) -> None:
        lighting.light_sky(self._assets, rng, "indoors", strength=strength)

    def _window(self, rng: random.Random) -> Any:
        blue = rng.choice(((0.8, 0.9, 1.0), (1.0, 0.97, 0.92)))
        side = rng.choice((-1, 0, 1))
        if side == 0:
            place = (rng.uniform(-0.5, 0.5), self._front_m + 0.3, 1.7)
            return lighting.area_lamp(place, (0, self._back_m, 0.9), (1.3, 1.2), rng.uniform(60, 160), blue)
        x = self._x_m[0] + 0.05 if side < 0 else self._x_m[1] - 0.05
        return lighting.area_lamp(
            (x, rng.uniform(-0.9, 0.1), 1.6), (0, 0.2, 0.9), (1.1, 1.1), rng.uniform(40, 120), blue
        )
