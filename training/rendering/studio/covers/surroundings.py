"""What stands round about: kerbs, walls and houses, hedges, trees, cars, bins, bollards, bicycles, pots."""

import math
from typing import Any, Final

import numpy as np

from hazardlens.training.rendering.studio.covers.fields import Floats, clouds, grain, mixed
from hazardlens.training.rendering.studio.covers.grounds import Plan
from hazardlens.training.rendering.studio.covers.markers import foliage
from hazardlens.training.rendering.studio.covers.pictures import Look, picture
from hazardlens.training.rendering.studio.covers.viewpoints import Obstacle
from hazardlens.training.rendering.studio.materials import Surface, make_material, plain
from hazardlens.training.rendering.studio.props.bicycles import bicycle, e_bike
from hazardlens.training.rendering.studio.props.kit import Kit
from hazardlens.training.rendering.studio.shapes import block, drum, group, mesh_object, ring

_PAINTS: Final = (
    (0.6, 0.6, 0.6),
    (0.02, 0.02, 0.025),
    (0.7, 0.7, 0.72),
    (0.3, 0.02, 0.02),
    (0.03, 0.07, 0.2),
    (0.2, 0.2, 0.21),
    (0.35, 0.3, 0.22),
)


class Surroundings:
    """Things beside the covers.

    Attributes:
        obstacles: where they are, so that nobody stands in them or sees nothing but them.
        bicycles: which of them get a box.
    """

    def __init__(self, kit: Kit, plan: Plan, keep_free: list[Obstacle], rng: np.random.Generator) -> None:
        self.obstacles: list[Obstacle] = []
        self.bicycles: list[Any] = []
        self._kit, self._plan, self._free, self._rng = kit, plan, keep_free, rng
        if plan.kerb_m > 0:
            self._kerb()
        self._background()
        for _ in range(int(rng.integers(1, 8))):
            self._thing()

    def height(self, y_m: float) -> float:
        """Of the ground there."""
        return self._plan.kerb_m if y_m > self._plan.edge_m else 0.0

    def _kerb(self) -> None:
        plan, rng = self._plan, self._rng
        look = make_material(
            Surface("concrete", tile_m=1.3, colour=(0.75, 0.74, 0.72), dirt=0.4), self._kit.assets, self._kit.rng
        )
        painted = plain((0.7, 0.5, 0.05), roughness=0.6) if rng.random() < 0.12 else look
        length = float(rng.choice([0.5, 0.75, 1.0]))
        for number in range(int(-12 / length), int(12 / length)):
            middle = ((number + 0.5) * length, plan.edge_m + 0.07, plan.kerb_m / 2 - 0.02)
            stone = block(
                "kerb",
                middle,
                (length - 0.006, 0.15, plan.kerb_m + 0.05),
                painted if number % 2 else look,
                bevel_m=0.012,
            )
            stone.location.z += float(rng.normal(0, 0.002))

    def _background(self) -> None:
        plan, rng = self._plan, self._rng
        for y, facing in ((plan.wall_m, 0.0), (-float(rng.uniform(9, 16)), math.pi)):
            kind = str(rng.choice(["house", "wall", "hedge", "trees", "fence"], p=[0.3, 0.22, 0.2, 0.18, 0.1]))
            if plan.name == "works" and rng.random() < 0.6:
                kind = "fence"
            x = -20.0
            while x < 20:
                width = float(rng.uniform(5, 14))
                self._front(kind, (x + width / 2, y), width, facing)
                x += width + (0.05 if rng.random() < 0.7 else 1.5)
                if rng.random() < 0.3:
                    kind = str(rng.choice(["house", "wall", "hedge", "trees"]))

    def _front(self, kind: str, middle: tuple[float, float], width: float, facing: float) -> None:
        rng, kit = self._rng, self._kit
        z = self.height(middle[1])
        if kind == "trees":
            self._tree((middle[0], middle[1]), z)
            self._hedge(middle, width, z, 0.35)
        elif kind == "hedge":
            self._hedge(middle, width, z, float(rng.uniform(0.5, 1.8)))
        elif kind == "house":
            look = Look("house", roughness=0.8)
            height = float(rng.uniform(6, 14))
            look.lay(look.image(picture("house", _facade(rng, width, height))).outputs["Color"])
            out = 1 if math.cos(facing) > 0 else -1
            block("house", (middle[0], middle[1] + 3 * out, z + height / 2), (width, 6, height), look.done())
        else:
            role = str(rng.choice(["brick", "plaster", "concrete"])) if kind == "wall" else "sheet"
            tone = (
                tuple(rng.uniform(0.5, 1.1, 3).tolist()) if kind == "wall" else tuple(rng.uniform(0.2, 1.0, 3).tolist())
            )
            look = make_material(Surface(role, tile_m=2.0, colour=tone, dirt=0.5, dirt_size=0.7), kit.assets, kit.rng)
            height = float(rng.uniform(1.2, 3.2))
            block("wall", (middle[0], middle[1], z + height / 2), (width, 0.2, height), look)

    def _hedge(self, middle: tuple[float, float], width: float, z: float, height: float) -> None:
        rng = self._rng
        green = np.array(((0.05, 0.1, 0.025), (0.07, 0.12, 0.03), (0.1, 0.1, 0.03))[rng.integers(3)]) * rng.uniform(
            0.6, 1.3
        )
        count = int(min(width * 90, 900))
        places = np.stack(
            [rng.uniform(-width / 2, width / 2, count), rng.normal(0, 0.25, count), z + rng.uniform(0, height, count)],
            axis=1,
        )
        foliage(
            [tuple(p) for p in (places + np.array((middle[0], middle[1], 0))).tolist()],
            0.1,
            plain(tuple(green.tolist()), roughness=0.7),
            rng,
        )
        block(
            "hedge",
            (middle[0], middle[1], z + height * 0.45),
            (width, 0.6, height * 0.9),
            plain(tuple((green * 0.5).tolist()), roughness=0.9),
        )

    def _tree(self, at: tuple[float, float], z: float) -> None:
        rng = self._rng
        bark = plain((0.09, 0.07, 0.055), roughness=0.95)
        drum("trunk", (at[0], at[1], z + 1.6), float(rng.uniform(0.08, 0.22)), 3.2, bark, sides=14, top_radius_m=0.08)
        places = rng.normal(0, 1, (500, 3)) * [1.3, 1.3, 0.8] + [at[0], at[1], z + 4.2]
        foliage([tuple(p) for p in places.tolist()], 0.2, plain((0.06, 0.12, 0.03), roughness=0.7), rng)

    def _thing(self) -> None:
        """One thing at a free place."""
        rng = self._rng
        name = str(rng.choice(list(_THINGS), p=_SHARES))
        radius, make = _THINGS[name]
        for _ in range(12):
            x, y = float(rng.uniform(-7, 7)), float(rng.uniform(-7, min(7, self._plan.wall_m - 0.4)))
            at_edge = abs(y - self._plan.edge_m) < 0.4
            if at_edge or not all(
                math.hypot(x - a, y - b) > radius + c + 0.3 for a, b, c in [*self._free, *self.obstacles]
            ):
                continue
            thing = make(self, rng)
            thing.location = (x, y, self.height(y))
            thing.rotation_euler[2] = (
                float(rng.choice([0.0, math.pi])) + float(rng.normal(0, 0.1))
                if name == "car"
                else float(rng.uniform(0, 6.3))
            )
            self.obstacles.append((x, y, radius))
            if name in {"bicycle", "e_bike"}:
                self.bicycles.append(thing)
            return

    def bike(self, *, electric: bool) -> Any:
        """A parked bicycle, which gets a box."""
        return e_bike(self._kit) if electric else bicycle(self._kit)

    def model(self, name: str, height_m: float | None = None) -> Any:
        """A model, or a plain bin where there is none."""
        assets = self._kit.assets
        return assets.place(name, height_m=height_m) if assets.has(name) else _bin(self._rng)


def _facade(rng: np.random.Generator, width_m: float, height_m: float) -> Floats:
    """The front of a house: rows of windows, shops with shutters below."""
    size = 320
    tone = np.array(
        ((0.62, 0.58, 0.5), (0.55, 0.36, 0.29), (0.66, 0.66, 0.64), (0.6, 0.5, 0.36), (0.45, 0.46, 0.47))[
            rng.integers(5)
        ],
        np.float32,
    )
    colour = tone * (1 + 0.05 * clouds(rng, size, roughness=1.3) + 0.03 * grain(rng, size, 0.7))[..., None]
    columns, rows = max(1, round(width_m / rng.uniform(2.2, 3.6))), max(1, round(height_m / 3))
    line = np.arange(size, dtype=np.float32) / size
    across, up = line[None] * columns % 1, line[:, None] * rows % 1
    wide, tall = rng.uniform(0.15, 0.36), rng.uniform(0.18, 0.3)
    frame = (np.abs(across - 0.5) < wide + 0.03) & (np.abs(up - 0.55) < tall + 0.03)
    glass = (np.abs(across - 0.5) < wide) & (np.abs(up - 0.55) < tall) & (np.abs(across - 0.5) > 0.012)
    bright = rng.uniform(0.05, 0.5, (rows, columns)).astype(np.float32)
    cell = bright[(line * rows).astype(int)][:, (line * columns).astype(int)]
    colour = mixed(
        np.asarray(colour, np.float32), tuple([float(rng.uniform(0.2, 0.8))] * 3), np.asarray(frame, np.float32)
    )
    colour = mixed(colour, np.stack([cell * 0.9, cell, cell * 1.1], axis=2), np.asarray(glass, np.float32))
    shop = (line[:, None] < 0.7 / rows) & (np.abs(across - 0.5) < 0.42)
    shutter = rng.uniform(0.2, 0.6) + 0.05 * np.sin(line[:, None] * 300) + np.zeros((size, size))
    if rng.random() < 0.5:
        colour = mixed(colour, np.stack([shutter] * 3, axis=2).astype(np.float32), np.asarray(shop, np.float32))
    return colour


def _car(_around: Surroundings, rng: np.random.Generator) -> Any:
    """A saloon or a van, in outline: enough from some metres away."""
    paint = plain(_PAINTS[rng.integers(len(_PAINTS))], roughness=0.2)
    glass, dark = plain((0.015, 0.018, 0.02), roughness=0.05), plain((0.02, 0.02, 0.02), roughness=0.7)
    tall = float(rng.uniform(0, 0.35))
    lower = [(-2.2, 0.25), (2.15, 0.25), (2.2, 0.6), (2.1, 0.75), (1.0, 0.95), (-1.9, 0.98), (-2.2, 0.9)]
    cabin = [(0.95, 0.94), (0.3, 1.4 + tall), (-1.2, 1.42 + tall), (-1.95, 0.97)]
    roof = [(0.32, 1.4 + tall), (0.2, 1.45 + tall), (-1.1, 1.47 + tall), (-1.22, 1.41 + tall)]
    parts = [_slice("car", lower, 0.88, paint), _slice("cabin", cabin, 0.74, glass), _slice("roof", roof, 0.76, paint)]
    for x in (-1.35, 1.35):
        for y in (-0.8, 0.8):
            parts.append(drum("wheel", (x, y, 0.32), 0.32, 0.2, dark, sides=20, turn_rad=(math.pi / 2, 0, 0)))
            parts.append(
                drum(
                    "rim",
                    (x, y * 1.12, 0.32),
                    0.19,
                    0.03,
                    plain((0.5, 0.5, 0.5), roughness=0.3, metallic=0.8),
                    sides=14,
                    turn_rad=(math.pi / 2, 0, 0),
                )
            )
    parts += [
        block("lamp", (x, y, 0.72), (0.06, 0.3, 0.12), plain(c, roughness=0.1))
        for x, c in ((2.16, (0.8, 0.8, 0.8)), (-2.19, (0.5, 0.02, 0.02)))
        for y in (-0.65, 0.65)
    ]
    parts.append(block("plate", (-2.215, 0, 0.6), (0.02, 0.45, 0.13), plain((0.05, 0.12, 0.5), roughness=0.4)))
    return group("car", parts)


def _slice(name: str, profile: list[tuple[float, float]], half_m: float, look: Any) -> Any:
    """A body of one section across its width, a little narrower at the top."""
    top = max(z for _, z in profile)
    count = len(profile)
    vertices = [
        (x, side * (half_m - 0.12 * max(0.0, z - 0.6) / max(top, 0.7)), z) for side in (-1, 1) for x, z in profile
    ]
    walls = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
    return mesh_object(name, vertices, [*walls, tuple(reversed(range(count))), tuple(range(count, 2 * count))], look)


def _bin(rng: np.random.Generator) -> Any:
    paint = plain(
        ((0.02, 0.16, 0.06), (0.03, 0.08, 0.3), (0.1, 0.1, 0.1), (0.35, 0.03, 0.03))[rng.integers(4)], roughness=0.45
    )
    body = block("bin", (0, 0, 0.5), (0.55, 0.6, 0.85), paint, bevel_m=0.04)
    lid = block("lid", (0, 0.02, 0.97), (0.6, 0.68, 0.07), paint, bevel_m=0.03)
    return group("bin", [body, lid])


def _bollard(_around: Surroundings, rng: np.random.Generator) -> Any:
    tone = ((0.4, 0.4, 0.4), (0.02, 0.02, 0.02), (0.6, 0.4, 0.02), (0.3, 0.29, 0.27))[rng.integers(4)]
    look = plain(tone, roughness=0.5)
    if rng.random() < 0.3:
        return group("bollard", [block("stone", (0, 0, 0.2), (0.4, 0.4, 0.4), look, bevel_m=0.1)])
    return group("bollard", [drum("bollard", (0, 0, 0.4), float(rng.uniform(0.05, 0.13)), 0.8, look, sides=24)])


def _pot(_around: Surroundings, rng: np.random.Generator) -> Any:
    """A round pot with earth or a plant in it."""
    radius = float(rng.uniform(0.15, 0.35))
    clay = plain(((0.3, 0.12, 0.06), (0.4, 0.4, 0.38), (0.05, 0.05, 0.05))[rng.integers(3)], roughness=0.7)
    parts = [
        drum("pot", (0, 0, 0.17), radius * 0.75, 0.34, clay, top_radius_m=radius, sides=32),
        drum("soil", (0, 0, 0.335), radius * 0.9, 0.02, plain((0.03, 0.02, 0.012), roughness=0.95), sides=32),
    ]
    if rng.random() < 0.7:
        places = rng.normal((0, 0, 0.6), 0.14, (70, 3))
        parts.append(foliage([tuple(p) for p in places.tolist()], 0.07, plain((0.06, 0.14, 0.03)), rng))
    return group("pot", parts)


def _tyre(_around: Surroundings, rng: np.random.Generator) -> Any:
    half = float(rng.uniform(0.08, 0.12))
    return group(
        "tyre",
        [
            ring(
                "tyre", (0, 0, half), (0.18, 0.31), (-half, half), plain((0.018, 0.018, 0.018), roughness=0.8), sides=40
            )
        ],
    )


def _box(_around: Surroundings, rng: np.random.Generator) -> Any:
    """A cabinet of a utility."""
    tone = ((0.35, 0.38, 0.36), (0.1, 0.2, 0.12), (0.5, 0.5, 0.48))[rng.integers(3)]
    return group(
        "cabinet",
        [
            block(
                "cabinet",
                (0, 0, 0.6),
                (float(rng.uniform(0.6, 1.2)), 0.4, 1.2),
                plain(tone, roughness=0.5),
                bevel_m=0.01,
            )
        ],
    )


_THINGS: Final[dict[str, tuple[float, Any]]] = {
    "car": (2.4, _car),
    "bin": (0.5, lambda _around, rng: _bin(rng)),
    "wheelie": (0.5, lambda around, _rng: around.model("wheelie_bin", 1.05)),
    "bollard": (0.2, _bollard),
    "pot": (0.4, _pot),
    "tyre": (0.35, _tyre),
    "box": (0.7, _box),
    "bicycle": (0.9, lambda around, _rng: around.bike(electric=False)),
    "e_bike": (0.9, lambda around, _rng: around.bike(electric=True)),
    "hydrant": (0.3, lambda around, _rng: around.model("fire_hydrant", 0.8)),
    "lamp": (0.3, lambda around, _rng: around.model("lamp_post", 4.0)),
}
_SHARES: Final = (0.26, 0.1, 0.06, 0.14, 0.1, 0.06, 0.07, 0.06, 0.07, 0.04, 0.04)
