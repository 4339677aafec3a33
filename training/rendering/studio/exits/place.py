"""What all places have in common: the walls round an exit, room for heaps, cameras, lamps."""

from dataclasses import dataclass, field
from typing import Any

from hazardlens.training.rendering.studio import shapes
from hazardlens.training.rendering.studio.exits.doors import WALL_M, Exit
from hazardlens.training.rendering.studio.shots import Target


@dataclass(slots=True)
class Place:
    """The surroundings of an exit in the wall y = 0.

    Attributes:
        kind: corridor, lobby, facade and the like.
        venue: key of `heaps.USUAL`.
        way_out: the exit.
        left_m, right_m: where the side walls are, or the free ground ends.
        depth_m: how far one can step back.
        height_m: of the ceiling; of the wall outdoors.
        outdoors: lit by the sky.
        lamps: places of ceiling lamps.
        lamp_material: of their shades.
        lit: materials of signs and panes that shine; their strength is left alone.
        daylight: materials behind the exit that shine by day.
        window: position and normal of a window, or None.
        statics: boxes of things that are there in all states.
        taken: side and y of other doors, which must stay free.
        eyes: further standpoints of cameras: position and name, such as on the stairs.
    """

    kind: str
    venue: str
    way_out: Exit
    left_m: float
    right_m: float
    depth_m: float
    height_m: float
    outdoors: bool = False
    lamps: list[shapes.Point] = field(default_factory=list)
    lamp_material: Any | None = None
    daylight: list[Any] = field(default_factory=list)
    window: tuple[shapes.Point, shapes.Point] | None = None
    statics: list[Target] = field(default_factory=list)
    eyes: list[tuple[str, shapes.Point]] = field(default_factory=list)
    taken: list[tuple[int, float]] = field(default_factory=list)

    def beside(self) -> tuple[float, float]:
        """Free width left and right of the exit."""
        half = self.way_out.size_wh_m[0] / 2 + 0.1
        return -half - self.left_m, self.right_m - half


def exit_wall(place: Place, skin: Any, low: Any | None, low_m: float = 1.1) -> None:
    """The wall y = 0 with the exit's opening, and its painted lower part."""
    width, height = place.way_out.size_wh_m
    half = width / 2 + 0.02
    tall = place.height_m
    for a, b in ((place.left_m, -half), (half, place.right_m)):
        if b - a < 0.02:
            continue
        shapes.block("wall", ((a + b) / 2, WALL_M / 2, tall / 2), (b - a, WALL_M, tall), skin)
        inner = (a, b - 0.05) if b < 0 else (a + 0.05, b)
        if low is not None and inner[1] - inner[0] > 0.03:
            shapes.block("dado", ((inner[0] + inner[1]) / 2, 0.0, low_m / 2), (inner[1] - inner[0], 0.006, low_m), low)
    if tall > height + 0.03:
        shapes.block(
            "lintel", (0, WALL_M / 2, (height + 0.02 + tall) / 2), (2 * half, WALL_M, tall - height - 0.02), skin
        )


def side_wall(place: Place, side: int, skin: Any, low: Any | None, low_m: float = 1.1) -> None:
    """The wall on one side (-1 left, 1 right), as deep as the place."""
    x = place.left_m if side < 0 else place.right_m
    shapes.block(
        "wall",
        (x + side * 0.05, -place.depth_m / 2 + 0.1, place.height_m / 2),
        (0.1, place.depth_m + 0.2, place.height_m),
        skin,
    )
    if low is not None:
        shapes.block("dado", (x, -place.depth_m / 2 - 0.004, low_m / 2), (0.006, place.depth_m, low_m), low)


def hang(thing: Any, place: Place, side: int, y: float, z: float, gap_m: float = 0.004) -> Any:
    """Hang a thing whose back is at y = 0 onto a wall: side -1 left, 1 right, 0 the exit's wall at x = `y`."""
    half_turn = 1.5707963
    if side == 0:
        thing.location = (y, -gap_m, z)
    else:
        x = place.left_m if side < 0 else place.right_m
        thing.location = (x - side * gap_m, y, z)
        thing.rotation_euler[2] = -side * half_turn
    return thing
