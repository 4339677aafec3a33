"""Light: the sky by day and by night, lamps, the flash of the phone."""

import math
import random
from typing import Any

import bpy
from mathutils import Vector

from hazardlens.training.rendering.studio.assets import Assets

Point = tuple[float, float, float]
Colour = tuple[float, float, float]


def light_sky(
    assets: Assets, rng: random.Random, role: str = "street", *, strength: float = 1.0, turn_rad: float | None = None
) -> None:
    """Light the scene by an environment map of a role; without assets by a plain sky of that kind."""
    world = _fresh_world()
    picture = assets.sky(role, rng)
    back = world.node_tree.nodes["Background"]
    back.inputs[1].default_value = strength
    if picture is None:
        back.inputs[0].default_value = {"night": (0.01, 0.012, 0.02, 1), "indoors": (0.5, 0.48, 0.44, 1)}.get(
            role, (0.55, 0.65, 0.8, 1)
        )
        return
    nodes, links = world.node_tree.nodes, world.node_tree.links
    coordinates, mapping, sky = (
        nodes.new("ShaderNodeTexCoord"),
        nodes.new("ShaderNodeMapping"),
        nodes.new("ShaderNodeTexEnvironment"),
    )
    sky.image = picture
    mapping.inputs["Rotation"].default_value[2] = rng.uniform(0, 2 * math.pi) if turn_rad is None else turn_rad
    links.new(coordinates.outputs["Generated"], mapping.inputs[0])
    links.new(mapping.outputs[0], sky.inputs[0])
    links.new(sky.outputs[0], back.inputs[0])


def light_plain(colour: Colour = (0.02, 0.02, 0.02), strength: float = 1.0) -> None:
    """Light the scene evenly: what is left in a windowless room."""
    back = _fresh_world().node_tree.nodes["Background"]
    back.inputs[0].default_value, back.inputs[1].default_value = (*colour, 1), strength


def sun(
    elevation_deg: float, azimuth_deg: float, strength: float, colour: Colour = (1.0, 0.95, 0.88), size_deg: float = 0.6
) -> Any:
    """The sun; a size of several degrees is haze."""
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.color, data.angle = strength, colour, math.radians(size_deg)
    lamp = _link(data)
    elevation, azimuth = math.radians(elevation_deg), math.radians(azimuth_deg)
    towards = Vector(
        (math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation))
    )
    lamp.rotation_euler = towards.to_track_quat("Z", "Y").to_euler()
    return lamp


def area_lamp(
    position_m: Point, look_at_m: Point, size_wh_m: tuple[float, float], watts: float, colour: Colour = (1, 1, 1)
) -> Any:
    """A rectangular lamp, such as a tube or a window; it cannot be seen itself."""
    data = bpy.data.lights.new("area", "AREA")
    data.shape, data.size, data.size_y = "RECTANGLE", size_wh_m[0], size_wh_m[1]
    data.energy, data.color = watts, colour
    return _aimed(data, position_m, look_at_m)


def spot_lamp(
    position_m: Point,
    look_at_m: Point,
    watts: float,
    colour: Colour = (1, 1, 1),
    *,
    cone_deg: float = 70.0,
    radius_m: float = 0.02,
) -> Any:
    """A lamp with a cone: a street lamp, a torch, the phone's flash."""
    data = bpy.data.lights.new("spot", "SPOT")
    data.energy, data.color, data.spot_size, data.spot_blend, data.shadow_soft_size = (
        watts,
        colour,
        math.radians(cone_deg),
        0.6,
        radius_m,
    )
    return _aimed(data, position_m, look_at_m)


def flash(position_m: Point, look_at_m: Point, watts: float = 18.0) -> Any:
    """The phone's lamp, beside its lens."""
    return spot_lamp(
        (position_m[0] + 0.02, position_m[1], position_m[2] + 0.015),
        look_at_m,
        watts,
        (1.0, 0.97, 0.92),
        cone_deg=95,
        radius_m=0.006,
    )


def remove(lamps: list[Any]) -> None:
    """Take lamps away again, before another shot is lit."""
    for lamp in lamps:
        bpy.data.objects.remove(lamp, do_unlink=True)
    lamps.clear()


def _fresh_world() -> Any:
    scene = bpy.context.scene
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    old, scene.world = scene.world, world
    if old is not None:
        bpy.data.worlds.remove(old)
    return world


def _link(data: Any) -> Any:
    lamp = bpy.data.objects.new(data.name, data)
    bpy.context.scene.collection.objects.link(lamp)
    return lamp


def _aimed(data: Any, position_m: Point, look_at_m: Point) -> Any:
    lamp = _link(data)
    lamp.location = position_m
    lamp.rotation_euler = (Vector(look_at_m) - Vector(position_m)).to_track_quat("-Z", "Y").to_euler()
    return lamp
