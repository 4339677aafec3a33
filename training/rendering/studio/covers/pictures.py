"""From arrays to Blender's pictures, and to materials made of them."""

from typing import Any

import bpy
import numpy as np

from hazardlens.training.rendering.studio.covers.fields import Floats


def picture(name: str, colour: Floats, fourth: Floats | None = None) -> Any:
    """A picture from colours (H, W, 3) as a screen shows them, 0 to 1, and a fourth channel of plain numbers (H, W)."""
    height, width = colour.shape[:2]
    values = np.ones((height, width, 4), np.float32)
    values[..., :3] = colour
    if fourth is not None:
        values[..., 3] = fourth
    image = bpy.data.images.new(name, width, height, alpha=True)
    image.alpha_mode = "CHANNEL_PACKED"
    image.pixels.foreach_set(np.clip(values, 0, 1).ravel())
    return image


class Look:
    """A material that is put together step by step.

    Attributes:
        material: Blender's material.
        colour: socket of the colour so far.
    """

    def __init__(self, name: str, *, roughness: float = 0.8, metallic: float = 0.0) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self._tree = self.material.node_tree
        self._shader = self._tree.nodes["Principled BSDF"]
        self._shader.inputs["Roughness"].default_value = roughness
        self._shader.inputs["Metallic"].default_value = metallic
        self.colour: Any = None

    def image(
        self, image: Any, *, tile_m: float | None = None, shift_m: tuple[float, float] = (0, 0), repeat: bool = True
    ) -> Any:
        """A picture, laid by metres when `tile_m` is given, else by UV coordinates: its node."""
        node = self._tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        node.extension = "REPEAT" if repeat else "CLIP"
        place = self._tree.nodes.new("ShaderNodeTexCoord")
        if tile_m is None:
            self._tree.links.new(place.outputs["UV"], node.inputs[0])
            return node
        mapping = self._tree.nodes.new("ShaderNodeMapping")
        mapping.inputs["Scale"].default_value = (1 / tile_m,) * 3
        mapping.inputs["Location"].default_value = (shift_m[0] / tile_m, shift_m[1] / tile_m, 0)
        self._tree.links.new(place.outputs["Object"], mapping.inputs[0])
        self._tree.links.new(mapping.outputs[0], node.inputs[0])
        return node

    def lay(self, colour: Any, share: Any = 1.0, *, multiply: bool = False) -> None:
        """Lay a colour (a socket, or three numbers) over what is there, by a share (a socket or a number)."""
        if self.colour is None:
            self.colour = colour
            return
        mix = self._tree.nodes.new("ShaderNodeMix")
        mix.data_type = "RGBA"
        mix.blend_type = "MULTIPLY" if multiply else "MIX"
        self._put(share, mix.inputs[0])
        self._put(self.colour, mix.inputs[6])
        self._put(colour, mix.inputs[7])
        self.colour = mix.outputs[2]

    def relief(self, height: Any, depth_m: float, strength: Any = 1.0) -> None:
        """Bumps by a height from 0 to 1, `depth_m` deep."""
        bump = self._tree.nodes.new("ShaderNodeBump")
        bump.inputs["Distance"].default_value = depth_m
        self._put(strength, bump.inputs["Strength"])
        self._tree.links.new(height, bump.inputs["Height"])
        self._tree.links.new(bump.outputs[0], self._shader.inputs["Normal"])

    def ranged(self, value: Any, low: float, high: float) -> Any:
        """A socket from 0 to 1 brought to another range."""
        node = self._tree.nodes.new("ShaderNodeMapRange")
        node.inputs["To Min"].default_value, node.inputs["To Max"].default_value = low, high
        self._tree.links.new(value, node.inputs["Value"])
        return node.outputs[0]

    def rough(self, value: Any) -> None:
        """Roughness, a socket or a number."""
        self._put(value, self._shader.inputs["Roughness"])

    def done(self) -> Any:
        """The material."""
        self._put(self.colour, self._shader.inputs["Base Color"])
        return self.material

    def _put(self, value: Any, socket: Any) -> None:
        if isinstance(value, float | int):
            socket.default_value = value
        elif isinstance(value, tuple):
            socket.default_value = (*value, 1)
        else:
            self._tree.links.new(value, socket)
