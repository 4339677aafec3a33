"""What the builders of props share: the stage, its random numbers, and materials that several props of a scene use."""

import colorsys
from collections.abc import Callable, Hashable
from typing import Any

from hazardlens.training.rendering.studio import materials, shapes
from hazardlens.training.rendering.studio.materials import Colour, Surface
from hazardlens.training.rendering.studio.stage import Stage


class Kit:
    """The stage and the materials of one scene."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rng = stage.rng
        self.assets = stage.assets
        self._shared: dict[Hashable, Any] = {}

    def shared(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` returned the first time this key was asked for."""
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]

    def surface(self, surface: Surface) -> Any:
        """A material of that surface; equal surfaces share one."""
        return self.shared(("surface", repr(surface)), lambda: self.fresh(surface))

    def fresh(self, surface: Surface) -> Any:
        """A material of that surface with a draw of its own."""
        return materials.make_material(surface, self.assets, self.rng)

    def paint(self, colour: Colour, roughness: float = 0.5, metallic: float = 0.0) -> Any:
        """One colour."""
        key = ("paint", *colour, roughness, metallic)
        return self.shared(key, lambda: materials.plain(colour, roughness=roughness, metallic=metallic))

    def printed(self, picture: Any, *, roughness: float = 0.6, glow: float = 0.0) -> Any:
        """A picture, laid on by UV coordinates."""
        surface = Surface(picture=picture, uv=True, relief=0, roughness=roughness, glow=glow)
        material = materials.make_material(surface, self.assets, self.rng)
        if glow > 0:
            material.cycles.emission_sampling = "NONE"
        return material

    def any_colour(
        self, *, saturation: tuple[float, float] = (0.3, 0.9), value: tuple[float, float] = (0.05, 0.6)
    ) -> Colour:
        """A colour, linear, of any hue."""
        red, green, blue = colorsys.hsv_to_rgb(
            self.rng.random(), self.rng.uniform(*saturation), self.rng.uniform(*value)
        )
        return red, green, blue

    def place(self, model: str, *, turn_rad: float = 0.0, height_m: float | None = None) -> Any:
        """A model as part of a prop, standing at the origin."""
        return self.assets.place(model, turn_rad=turn_rad, height_m=height_m)

    def pick(self, *models: str) -> str | None:
        """One of the models that are there."""
        there = [model for model in models if self.assets.has(model)]
        return self.rng.choice(there) if there else None


def moved(thing: Any, x: float, y: float, z: float = 0.0, turn_rad: float | None = None) -> Any:
    """The thing, put at that place, and turned about the vertical where told."""
    thing.location = (x, y, z)
    if turn_rad is not None:
        thing.rotation_euler[2] = turn_rad
    return thing


def joined(name: str, things: list[Any]) -> Any:
    """Things as one, at the origin."""
    return shapes.group(name, things)
