"""Which scene is built: a kitchen, or now and then a corner of a street, a cellar or a store with rats."""

from collections.abc import Sequence
from typing import Final

from hazardlens.training.rendering.studio.kitchens import corners, kitchen
from hazardlens.training.rendering.studio.shots import Shot
from hazardlens.training.rendering.studio.stage import Stage

CORNERS: Final = 0.22
"""Share of the scenes that are no kitchens."""


def build(stage: Stage) -> Sequence[Shot]:
    """The shots of one scene."""
    return corners.build(stage) if stage.rng.random() < CORNERS else kitchen.build(stage)
