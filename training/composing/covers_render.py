"""A manhole drawn into a photo by following rays: ground, collar, shaft, cover, and the shadows they cast."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.arrays import Flags, Floats, resized, vector
from hazardlens.training.composing.camera import GroundCamera
from hazardlens.training.composing.covers_pattern import FACE_PX, REACH, Face
from hazardlens.training.composing.covers_shaft import Shaft, light_inside, look_into
from hazardlens.training.composing.covers_solid import Outline, Pose, shade_of
from hazardlens.training.composing.light import Light
from hazardlens.training.composing.noise import noise_at

_SAMPLES: Final = 48_000  # rays for one part: what fits the time of one picture
_DIRTY: Final = 0.14  # how far round the opening the ground is dirty
_FADE_PX: Final = 6  # over which a shadow ends at the edge of what is drawn
_LAYERS: Final = 3  # at which a ray looks for material inside a broken or slotted cover
_SKY: Final[tuple[Floats, ...]] = tuple(
    vector(way) for way in ((0.69, 0.21, 0.69), (-0.53, 0.49, 0.69), (-0.16, -0.7, 0.69), (0.05, 0.05, 0.9975))
)


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """A cover somewhere over, in or beside its hole. Lengths in half widths of the hole."""

    outline: Outline
    thickness: float
    pose: Pose
    face: Face


@dataclass(frozen=True, slots=True, eq=False)
class Collar:
    """The ring of concrete, iron or fresh asphalt round the opening."""

    width: float
    albedo: Floats
    strength: float  # how much it hides the ground, 0 to 1


@dataclass(frozen=True, slots=True, eq=False)
class Manhole:
    """All of it. `cover` is None where it is missing, `collar` where the ground goes up to the frame."""

    shaft: Shaft
    cover: Cover | None
    collar: Collar | None


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A part as a picture of its own, on the pixel grid of the photo.

    Attributes:
        origin_px: (column, row) of its first pixel in the photo.
        colour: (h, w, 3) linear light that the part sends, already weighted by `cover` + `hole` + `rest`.
        hole: (h, w) share of each pixel that shows the hole.
        cover: (h, w) share that shows the cover.
        rest: (h, w) share that shows the collar.
        ground: (h, w) by what the ground's light is multiplied, 1 where nothing changes.
    """

    origin_px: tuple[int, int]
    colour: Floats
    hole: Floats
    cover: Floats
    rest: Floats
    ground: Floats


def region_of(manhole: Manhole, camera: GroundCamera, light: Light) -> tuple[int, int, int, int]:
    """The pixels (x_min, y_min, x_max, y_max) that a manhole and its shadow may change; may leave the photo."""
    wide = 1.01 + _DIRTY + (manhole.collar.width if manhole.collar else 0) + manhole.shaft.ragged * 2
    rim = manhole.shaft.opening.scaled(wide).rim()
    points = [np.column_stack([rim, np.zeros(len(rim), np.float32)])]
    if manhole.cover is not None:
        edge = manhole.cover.outline.scaled(1.03).rim()
        for depth in (0.0, -manhole.cover.thickness):
            local = np.column_stack([edge, np.full(len(edge), depth, np.float32)])
            placed = local @ manhole.cover.pose.axes.T + manhole.cover.pose.centre
            height = np.maximum(placed[:, 2:], 0)
            shadow = placed - np.minimum(height / light.sun[2], 2.5) * light.sun
            shadow[:, 2] = 0
            dim = placed + (placed - manhole.cover.pose.centre) * 1.4 * height  # where it keeps off the sky
            dim[:, 2] = 0
            points += [placed, shadow, dim]
    pixels = camera.project(np.concatenate(points).astype(np.float32))
    low, high = np.floor(pixels.min(axis=0)) - 3, np.ceil(pixels.max(axis=0)) + 3
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def draw_manhole(
    manhole: Manhole, camera: GroundCamera, light: Light, region: tuple[int, int, int, int], rng: np.random.Generator
) -> Drawn:
    """Follow the rays of `region` (x_min, y_min, x_max, y_max, pixels of the photo)."""
    width, height = region[2] - region[0], region[3] - region[1]
    fine = float(np.clip(np.sqrt(_SAMPLES / (width * height)), 1, 3))
    columns, rows = max(1, round(width * fine)), max(1, round(height * fine))
    u = (np.arange(columns, dtype=np.float32) + 0.5) * np.float32(width / columns) + region[0] - 0.5
    v = (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(height / rows) + region[1] - 0.5
    u_all, v_all = (axis.ravel() for axis in np.meshgrid(u, v))
    layers = _follow(manhole, camera, camera.rays(u_all, v_all), light, rng)
    stack = layers.reshape(rows, columns, 7)
    small = resized(stack[..., :4], (width, height))
    rest = resized(stack[..., 4:], (width, height))
    ground = 1 + (small[..., 3] - 1) * _fading(width, height)
    return Drawn((region[0], region[1]), small[..., :3], rest[..., 0], rest[..., 1], rest[..., 2], ground)


def _fading(width: int, height: int) -> Floats:
    across, down = (np.minimum(np.arange(size), np.arange(size)[::-1]) for size in (width, height))
    ramps = [np.clip(way / _FADE_PX, 0, 1) for way in (across, down)]
    return np.asarray(ramps[1][:, None] * ramps[0], np.float32)


def _follow(manhole: Manhole, camera: GroundCamera, rays: Floats, light: Light, rng: np.random.Generator) -> Floats:
    """(N, 7): colour times share (3), factor of the ground, hole, cover, collar."""
    eye = camera.position[:, None]
    way = np.where(rays[2] < -1e-3, -eye[2] / np.minimum(rays[2], -1e-3), np.float32(1e5))
    ground = np.asarray(eye + rays * way, np.float32)
    edge = manhole.shaft.opening.distance(ground[0], ground[1])
    if manhole.shaft.ragged > 0:
        edge = edge + np.float32(manhole.shaft.ragged) * noise_at(ground[0], ground[1], rng, scale=0.6)
    found = np.zeros((rays.shape[1], 7), np.float32)
    found[:, 3] = 1
    _paint_collar(found, manhole, ground, edge, light, rng)
    inside = np.flatnonzero(edge < 0)
    if inside.size:
        colours, reached, points = look_into(manhole.shaft, eye, rays[:, inside], way[inside], light, rng)
        found[inside, :3] = (colours * _reaching(points, manhole.cover, light)).T
        found[inside, 3:] = (1, 1, 0, 0)
        way[inside] = reached
    if manhole.cover is not None:
        _cast_shadow(found, manhole.cover, ground, edge, light)
        _paint_cover(found, manhole, eye, rays, way, light)
    return found


def _paint_collar(
    found: Floats, manhole: Manhole, ground: Floats, edge: Floats, light: Light, rng: np.random.Generator
) -> None:
    near = np.clip(1 - np.maximum(edge, 0) / _DIRTY, 0, 1)
    found[:, 3] = 1 - 0.3 * near * near  # dirt gathers at the frame
    if manhole.collar is None:
        return
    on = np.flatnonzero((edge >= 0) & (edge < manhole.collar.width))
    spots = np.clip(1 + 0.22 * noise_at(ground[0, on], ground[1, on], rng, scale=0.9), 0.4, 1.7)
    dirt = np.clip(0.55 + edge[on] * 8, 0.55, 1)
    colour = manhole.collar.albedo * light.colour * (spots * dirt)[:, None]
    found[on, :3] = colour * manhole.collar.strength
    found[on, 6] = manhole.collar.strength


def _reaching(points: Floats, cover: Cover | None, light: Light) -> Floats:
    if cover is None:
        return np.ones(points.shape[1], np.float32)
    sky = sum(shade_of(points, way, cover.outline, cover.pose, 0.7) for way in _SKY) / np.float32(len(_SKY))
    sun = shade_of(points, light.sun, cover.outline, cover.pose, 0.06)
    return np.asarray((1 - light.sun_share) * sky + light.sun_share * sun, np.float32)


def _cast_shadow(found: Floats, cover: Cover, ground: Floats, edge: Floats, light: Light) -> None:
    if cover.pose.centre[2] < 1e-3 and abs(cover.pose.axes[2, 2]) > 0.999:
        return
    near = np.flatnonzero((edge >= 0) & (np.abs(ground[0]) < 6) & (np.abs(ground[1]) < 6))
    if near.size:
        reached = _reaching(ground[:, near], cover, light)
        found[near, 3] *= reached
        found[near, :3] *= reached[:, None]


def _paint_cover(found: Floats, manhole: Manhole, eye: Floats, rays: Floats, way: Floats, light: Light) -> None:
    cover = manhole.cover
    if cover is None:
        return
    origin, local = cover.pose.points(eye), cover.pose.directions(rays)
    near, far, top_first = _enter(cover, origin, local)
    hit = np.flatnonzero((near < far) & (near > 0) & (near < way - 1e-3))
    if not hit.size:
        return
    near, far, flat, local = near[hit], np.minimum(far[hit], near[hit] + 1e3), top_first[hit], local[:, hit]
    at = np.full(hit.size, -1, np.int32)
    for layer in range(_LAYERS):
        points = origin + local * (near + (far - near) * np.float32(layer / _LAYERS))
        at = np.where((at < 0) & (_look_up(cover.face.solid, points) > 0.5), layer, at)
    kept = np.flatnonzero(at >= 0)
    step = near + (far - near) * (at / np.float32(_LAYERS))
    points = np.asarray(origin + local[:, kept] * step[kept], np.float32)
    on_face = flat[kept] & (at[kept] == 0)
    colour = _cover_colour(manhole, cover, points, on_face, light, seen_from_above=bool(origin[2, 0] > 0))
    found[hit[kept], :3] = colour.T
    found[hit[kept], 3:] = (1, 0, 1, 0)


def _enter(cover: Cover, origin: Floats, rays: Floats) -> tuple[Floats, Floats, Flags]:
    side_in, side_out = cover.outline.span(origin, rays)
    speed = np.where(np.abs(rays[2]) < 1e-6, np.float32(1e-6), rays[2])
    first, second = -origin[2] / speed, (-np.float32(cover.thickness) - origin[2]) / speed
    face_in, face_out = np.minimum(first, second), np.maximum(first, second)
    return np.maximum(side_in, face_in), np.minimum(side_out, face_out), face_in > side_in


def _look_up(picture: Floats, points: Floats) -> Floats:
    factor = np.float32((FACE_PX - 1) / (2 * REACH))
    columns = np.clip((points[0] + REACH) * factor, 0, FACE_PX - 1).astype(np.int32)
    rows = np.clip((points[1] + REACH) * factor, 0, FACE_PX - 1).astype(np.int32)
    return np.asarray(picture[rows, columns], np.float32)


def _cover_colour(
    manhole: Manhole,
    cover: Cover,
    points: Floats,
    on_face: Flags,
    light: Light,
    *,
    seen_from_above: bool,
) -> Floats:
    up = np.float32(1 if seen_from_above else -1)
    albedo = np.where(on_face[:, None], _look_up(cover.face.albedo, points), cover.face.core)
    slope = _look_up(cover.face.slope, points) * on_face[:, None]
    outward = points[:2] / np.maximum(np.hypot(points[0], points[1]), 1e-3)
    normal = np.where(
        on_face,
        np.stack([-slope[:, 0], -slope[:, 1], np.ones(len(slope), np.float32)]) * up,
        np.concatenate([outward, 0 * points[:1]]),
    )
    normal /= np.sqrt((normal * normal).sum(axis=0))
    sun = cover.pose.axes.T @ light.sun
    straight = np.maximum((normal * sun[:, None]).sum(axis=0), 0) / max(float(light.sun[2]), 0.3)
    upward = cover.pose.axes[2] @ normal
    sky = 0.52 + 0.48 * upward - 0.25 * (np.abs(slope).sum(axis=1) > 0.25)
    amount = (1 - light.sun_share) * np.maximum(sky, 0.06) + light.sun_share * straight
    world = cover.pose.axes @ points + cover.pose.centre[:, None]
    if world[2].min() < -0.03:
        sunk = light_inside(manhole.shaft, world, np.ones(points.shape[1], np.float32), light)
        amount = amount * np.where(world[2] < -0.01, np.minimum(sunk * 1.05, 1), 1)
    shine = 0.05 * on_face * light.sun_share * np.clip(slope[:, 0] * sun[0] + slope[:, 1] * sun[1] + 0.3, 0, 1)
    return np.asarray((albedo.T * amount + shine) * light.colour[:, None], np.float32)
