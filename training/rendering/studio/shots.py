"""What a scene hands to the worker: shots, and in each of them what shall get a box."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

VIEWS: Final = 3
"""Of one scene at most."""


@dataclass(frozen=True, slots=True)
class Target:
    """One box to draw: round all visible pixels of some objects.

    Attributes:
        label: of the taxonomy.
        objects: Blender objects; empties count with all that hangs below them.
        min_side_px: boxes with a shorter side are left out: nobody would draw them.
        min_pixels: so are those with fewer visible pixels.
        spoils: where the box is too small to draw, the shot is thrown away instead, because it would show a hazard
            without a box.
    """

    label: str
    objects: Sequence[Any]
    min_side_px: int = 7
    min_pixels: int = 24
    spoils: bool = False


@dataclass(frozen=True, slots=True)
class Camera:
    """A phone, held by a person.

    Attributes:
        position_m: of the lens, x, y, z with z up.
        look_at_m: the point in the middle of the picture.
        lens_mm: focal length of a 36 mm wide picture; phones have 24 to 28 for the main lens, 13 for the wide one,
            52 to 77 for the long one.
        roll_deg: how crooked it is held.
        portrait: upright pictures are taller than wide.
        aspect: long side by short side: 4/3, 3/2, 16/9 or 1.
    """

    position_m: tuple[float, float, float]
    look_at_m: tuple[float, float, float]
    lens_mm: float = 26.0
    roll_deg: float = 0.0
    portrait: bool = False
    aspect: float = 4 / 3


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a built scene.

    Attributes:
        state: what is to be seen, such as `clear` or `blocked`; pairs of a scene differ in it alone.
        pair: shots of one scene with the same pair show the same place from the same camera in other states; empty for
            a shot without a counterpart.
        camera: where it is taken from.
        arrange: puts the scene into this state and light; called before the picture is rendered.
        targets: what gets a box; asked after `arrange`.
        exposure_ev: stops by which the phone misjudges the light.
        flash: the phone's lamp is on.
    """

    state: str
    camera: Camera
    arrange: Callable[[], None]
    targets: Callable[[], Sequence[Target]]
    pair: str = ""
    exposure_ev: float = 0.0
    flash: bool = False
    tags: dict[str, str] = field(default_factory=dict)


def few(shots: Sequence[Shot], rng: random.Random) -> list[Shot]:
    """`VIEWS` views of a scene, each in all its states and in their order: other places teach more than other views.

    Shots of one pair are one view; a shot without a pair is one of its own.
    """
    views = [shot.pair or number for number, shot in enumerate(shots)]
    names = list(dict.fromkeys(views))
    kept = rng.sample(names, min(VIEWS, len(names)))
    return [shot for shot, view in zip(shots, views, strict=True) if view in kept]
