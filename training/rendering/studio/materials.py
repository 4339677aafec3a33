"""Surfaces: a texture or a plain colour, with dirt, wear and relief; procedural where there are no textures."""

import random
from dataclasses import dataclass
from typing import Any, Final

import bpy

from hazardlens.training.rendering.studio.assets import Assets

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Surface:
    """What a material is made of.

    Attributes:
        role: of the texture, see `assets.TEXTURES`; empty for a plain colour.
        texture: a certain texture; otherwise one of the role is drawn.
        picture: a picture of its own (such as a sign), put on by the mesh's UV coordinates.
        tile_m: metres that one repeat of the texture covers.
        colour: plain colour, linear; beside a texture it multiplies.
        roughness, metallic: 0 to 1.
        relief: strength of the bumps taken from the texture's brightness, or from noise.
        dirt: 0 none, 1 filthy patches.
        dirt_colour: linear.
        dirt_size: how many patches a metre has.
        dirt_amount: 0 hardly any of the surface, 1 all of it.
        glow: strength with which it shines by itself.
        uv: lay the texture by UV coordinates instead of by metres.
        tiles_m: width and height of tiles laid in the object's own x-y plane; 0 for none. They replace the texture.
        tile_shift: how far each row of tiles is moved: 0 none, 0.5 like bricks.
        grout: colour of the joints, linear.
    """

    role: str = ""
    texture: str = ""
    picture: Any | None = None
    tile_m: float = 2.0
    colour: Colour = (1.0, 1.0, 1.0)
    roughness: float = 0.7
    metallic: float = 0.0
    relief: float = 0.4
    dirt: float = 0.0
    dirt_colour: Colour = (0.06, 0.045, 0.03)
    dirt_size: float = 2.0
    dirt_amount: float = 0.45
    glow: float = 0.0
    uv: bool = False
    tiles_m: tuple[float, float] = (0.0, 0.0)
    tile_shift: float = 0.0
    grout: Colour = (0.3, 0.29, 0.27)


_PLAIN: Final[dict[str, Colour]] = {
    "asphalt": (0.06, 0.06, 0.06), "paving": (0.28, 0.2, 0.16), "concrete": (0.35, 0.34, 0.32),
    "brick": (0.3, 0.12, 0.08),
    "plaster": (0.6, 0.57, 0.5), "tiles": (0.6, 0.6, 0.58), "wood": (0.3, 0.18, 0.09), "stone": (0.5, 0.5, 0.5),
    "metal": (0.45, 0.45, 0.46), "sheet": (0.2, 0.3, 0.4), "fabric": (0.2, 0.2, 0.25),
}  # fmt: skip
"""What stands in for a role's texture where there is no folder of assets; noise varies it."""


def make_material(surface: Surface, assets: Assets, rng: random.Random) -> Any:
    """A Blender material of that surface; what is left open (texture, place of the dirt) is drawn from `rng`."""
    material = bpy.data.materials.new(surface.role or "plain")
    material.use_nodes = True
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = surface.roughness
    shader.inputs["Metallic"].default_value = surface.metallic
    place = _placement(tree, surface, rng)
    colour, height = _base_colour(tree, surface, assets, rng, place)
    if surface.dirt > 0:
        colour = _dirty(tree, surface, rng, colour)
    tree.links.new(colour, shader.inputs["Base Color"])
    if surface.relief > 0 and height is not None:
        bump = tree.nodes.new("ShaderNodeBump")
        bump.inputs["Strength"].default_value = surface.relief
        bump.inputs["Distance"].default_value = 0.01
        tree.links.new(height, bump.inputs["Height"])
        tree.links.new(bump.outputs[0], shader.inputs["Normal"])
    if surface.glow > 0:
        tree.links.new(colour, shader.inputs["Emission Color"])
        shader.inputs["Emission Strength"].default_value = surface.glow
    return material


def glass(rng: random.Random, tint: Colour = (0.02, 0.025, 0.03)) -> Any:
    """A dark pane that mirrors: cheaper than real glass, and what a window looks like by day."""
    return plain(tint, roughness=rng.uniform(0.02, 0.08))


def plain(colour: Colour, *, roughness: float = 0.5, metallic: float = 0.0, glow: float = 0.0) -> Any:
    """One colour, no texture, no dirt."""
    material = bpy.data.materials.new("plain")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    if glow > 0:
        shader.inputs["Emission Color"].default_value = (*colour, 1)
        shader.inputs["Emission Strength"].default_value = glow
    return material


def _placement(tree: Any, surface: Surface, rng: random.Random) -> Any:
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    mapping = tree.nodes.new("ShaderNodeMapping")
    if not surface.uv:
        mapping.inputs["Scale"].default_value = (1 / surface.tile_m,) * 3
        mapping.inputs["Location"].default_value = tuple(rng.uniform(0, 7) for _ in range(3))
    tree.links.new(coordinates.outputs["UV" if surface.uv else "Object"], mapping.inputs[0])
    return mapping.outputs[0]


def _base_colour(tree: Any, surface: Surface, assets: Assets, rng: random.Random, place: Any) -> tuple[Any, Any | None]:
    """Sockets of the colour and of the height."""
    if surface.tiles_m[0] > 0:
        return _tile_colour(tree, surface, rng), None
    picture = surface.picture
    if picture is None and surface.role:
        texture = surface.texture or assets.texture(surface.role, rng)
        picture = None if texture is None else assets.image(texture)
    if picture is None:
        return _noise_colour(tree, surface, place)
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = picture
    if not surface.uv:
        node.projection = "BOX"
        node.projection_blend = 0.0  # one look-up instead of three
    tree.links.new(place, node.inputs[0])
    return _multiplied(tree, node.outputs[0], surface.colour), node.outputs[0]


def _tile_colour(tree: Any, surface: Surface, rng: random.Random) -> Any:
    coordinates, shift = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
    shift.inputs["Location"].default_value = (rng.uniform(0, 1), rng.uniform(0, 1), 0)
    tiles = tree.nodes.new("ShaderNodeTexBrick")
    tiles.offset = surface.tile_shift
    darker = tuple(value * rng.uniform(0.86, 0.97) for value in surface.colour)
    for name, colour in (("Color1", surface.colour), ("Color2", darker), ("Mortar", surface.grout)):
        tiles.inputs[name].default_value = (*colour, 1)
    tiles.inputs["Scale"].default_value = 1.0
    tiles.inputs["Mortar Size"].default_value = rng.uniform(0.0015, 0.004)
    tiles.inputs["Brick Width"].default_value, tiles.inputs["Row Height"].default_value = surface.tiles_m
    tree.links.new(coordinates.outputs["Object"], shift.inputs[0])
    tree.links.new(shift.outputs[0], tiles.inputs[0])
    return tiles.outputs[0]


def _noise_colour(tree: Any, surface: Surface, place: Any) -> tuple[Any, Any | None]:
    stand_in = _PLAIN.get(surface.role, (1.0, 1.0, 1.0))
    colour = tuple(a * b for a, b in zip(stand_in, surface.colour, strict=True))
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 40.0 if surface.role in {"asphalt", "concrete", "plaster"} else 6.0
    noise.inputs["Detail"].default_value = 4.0
    tree.links.new(place, noise.inputs[0])
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    spread = 0.35 if surface.role else 0.06
    ramp.color_ramp.elements[0].color = (*(value * (1 - spread) for value in colour), 1)
    ramp.color_ramp.elements[1].color = (*(min(value * (1 + spread), 1) for value in colour), 1)
    tree.links.new(noise.outputs[0], ramp.inputs[0])
    return ramp.outputs[0], noise.outputs[0] if surface.role else None


def _multiplied(tree: Any, socket: Any, colour: Colour) -> Any:
    if colour == (1.0, 1.0, 1.0):
        return socket
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    mix.inputs[0].default_value = 1
    tree.links.new(socket, mix.inputs[6])
    mix.inputs[7].default_value = (*colour, 1)
    return mix.outputs[2]


def _dirty(tree: Any, surface: Surface, rng: random.Random, colour: Any) -> Any:
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    shift = tree.nodes.new("ShaderNodeMapping")
    shift.inputs["Location"].default_value = tuple(rng.uniform(0, 50) for _ in range(3))
    tree.links.new(coordinates.outputs["Object"], shift.inputs[0])
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = surface.dirt_size
    noise.inputs["Detail"].default_value = 5
    noise.inputs["Roughness"].default_value = 0.68
    tree.links.new(shift.outputs[0], noise.inputs[0])
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    middle = 0.72 - 0.34 * surface.dirt_amount
    ramp.color_ramp.elements[0].position = middle - 0.08
    ramp.color_ramp.elements[1].position = middle + 0.1
    ramp.color_ramp.elements[1].color = (surface.dirt,) * 3 + (1,)
    tree.links.new(noise.outputs[0], ramp.inputs[0])
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    tree.links.new(ramp.outputs[0], mix.inputs[0])
    tree.links.new(colour, mix.inputs[6])
    mix.inputs[7].default_value = (*surface.dirt_colour, 1)
    return mix.outputs[2]
