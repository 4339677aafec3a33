"""Which hazard has which scenes. A builder puts a scene on the stage and returns its shots."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from hazardlens.training.rendering.studio.shots import Shot
from hazardlens.training.rendering.studio.stage import Stage

Builder = Callable[[Stage], Sequence[Shot]]

SCENES: Final = {
    "raised_manhole_cover": "covers",
    "dangling_cable": "cables",
    "blocked_fire_exit": "exits",
    "unhygienic_kitchen": "kitchens",
}
"""Hazard -> package of its scenes."""


def builder(hazard: str) -> Builder:
    """What builds scenes of a hazard."""
    module = import_module(f"hazardlens.training.rendering.studio.{SCENES[hazard]}.scene")
    build: Builder = module.build
    return build
