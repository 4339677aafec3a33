"""The stage on which scenes are built: an empty world, the render settings, the picture and the mask of objects."""

import math
import random
import tempfile
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Matrix, Vector

from hazardlens.training.rendering.studio.assets import Assets
from hazardlens.training.rendering.studio.shots import Camera

SAMPLES: Final = 8
"""Light paths per pixel; the denoiser does the rest."""


class Stage:
    """One scene at a time.

    Attributes:
        rng: everything that is drawn for the scene comes from it.
        assets: models and textures.
        scene: Blender's scene.
    """

    def __init__(self, assets: Assets, *, long_side_px: int, threads: int) -> None:
        self.assets = assets
        self.rng = random.Random(0)  # noqa: S311 - scenes, not secrets
        self.long_side_px = long_side_px
        self.scene: Any = _empty_scene(threads)
        self._mask_material = _mask_material()
        self._file = Path(tempfile.mkdtemp(prefix="hazardlens-studio-")) / "frame.exr"

    def clear(self, seed: int) -> None:
        """Take everything down and start a scene that depends on `seed` alone."""
        self.rng = random.Random(seed)  # noqa: S311 - scenes, not secrets
        for thing in list(bpy.data.objects):
            if "template" not in thing:
                bpy.data.objects.remove(thing, do_unlink=True)
        for kind in ("meshes", "curves", "lights", "cameras", "materials", "node_groups", "worlds"):
            blocks = getattr(bpy.data, kind)
            for block in list(blocks):
                if block.users == 0 and block != self._mask_material:
                    blocks.remove(block)
        _forget_pictures(self.scene)
        self.scene.world = bpy.data.worlds.new("world")

    def link(self, thing: Any) -> Any:
        """Put an object onto the stage."""
        self.scene.collection.objects.link(thing)
        return thing

    def photograph(self, camera: Camera) -> npt.NDArray[np.float32]:
        """Render the scene: (H, W, 3) float32, linear light."""
        self._aim(camera)
        self.scene.cycles.samples = SAMPLES
        self.scene.cycles.use_denoising = True
        self.scene.cycles.pixel_filter_type = "BLACKMAN_HARRIS"
        self.scene.cycles.filter_width = 1.5
        return self._render()[..., :3]

    def masks(self) -> npt.NDArray[np.int32]:
        """Which object each pixel shows, by `pass_index`, from the camera of the last photograph: (H, W) int32.

        Objects whose `visible_camera` is off and those marked `see_through` do not count.
        """
        hidden = [thing for thing in self.scene.objects if thing.get("see_through") and not thing.hide_render]
        layer = self.scene.view_layers[0]
        world, self.scene.world = self.scene.world, None
        for thing in hidden:
            thing.hide_render = True
        layer.material_override = self._mask_material
        self.scene.cycles.samples = 1
        self.scene.cycles.use_denoising = False
        self.scene.cycles.pixel_filter_type = "BOX"
        self.scene.cycles.filter_width = 0.01
        try:
            pixels = self._render()
        finally:
            layer.material_override = None
            self.scene.world = world
            for thing in hidden:
                thing.hide_render = False
        return np.rint(pixels[..., 0]).astype(np.int32)

    def _aim(self, camera: Camera) -> None:
        data = bpy.data.cameras.new("phone")
        data.sensor_width = 36.0
        data.lens = camera.lens_mm
        data.clip_start = 0.02
        phone = self.link(bpy.data.objects.new("phone", data))
        phone.location = camera.position_m
        forward = Vector(camera.look_at_m) - Vector(camera.position_m)
        turn = forward.to_track_quat("-Z", "Y").to_matrix().to_4x4()
        phone.rotation_euler = (turn @ Matrix.Rotation(math.radians(camera.roll_deg), 4, "Z")).to_euler()
        short_px = round(self.long_side_px / camera.aspect / 2) * 2
        size_wh = (short_px, self.long_side_px) if camera.portrait else (self.long_side_px, short_px)
        self.scene.render.resolution_x, self.scene.render.resolution_y = size_wh
        self.scene.camera = phone

    def _render(self) -> npt.NDArray[np.float32]:
        self.scene.render.filepath = str(self._file)
        bpy.ops.render.render(write_still=True)
        picture = bpy.data.images.load(str(self._file))
        width, height = picture.size
        values = np.empty(width * height * 4, np.float32)
        picture.pixels.foreach_get(values)
        bpy.data.images.remove(picture)
        return values.reshape(height, width, 4)[::-1]


def _empty_scene(threads: int) -> Any:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.threads_mode = "FIXED"
    render.threads = threads
    render.use_persistent_data = True
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_depth = "32"
    render.image_settings.exr_codec = "NONE"
    render.film_transparent = False
    cycles.device = "CPU"
    cycles.use_adaptive_sampling = True
    cycles.adaptive_threshold = 0.05
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_prefilter = "FAST"
    cycles.denoising_quality = "FAST"
    cycles.use_light_tree = False  # a third faster with the few lamps that scenes have
    cycles.max_bounces = 5
    cycles.diffuse_bounces = 3
    cycles.glossy_bounces = 3
    cycles.transmission_bounces = 3
    cycles.transparent_max_bounces = 6
    cycles.sample_clamp_indirect = 4.0
    cycles.caustics_reflective = False
    cycles.caustics_refractive = False
    return scene


def _forget_pictures(scene: Any) -> None:
    """Remove what was painted for the last scene; pictures from files are kept for the next one.

    Cycles tells pictures apart by their address and keeps what it has read: a new one at the address of an old one
    would show that instead. Switching the persistent data off and on makes Cycles forget.
    """
    scene.render.use_persistent_data = False
    scene.render.use_persistent_data = True
    for image in list(bpy.data.images):
        if image.users == 0 and image.source == "GENERATED":
            bpy.data.images.remove(image)


def _mask_material() -> Any:
    material = bpy.data.materials.new("mask")
    material.use_fake_user = True
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    info = nodes.new("ShaderNodeObjectInfo")
    glow = nodes.new("ShaderNodeEmission")
    out = nodes.new("ShaderNodeOutputMaterial")
    links.new(info.outputs["Object Index"], glow.inputs["Color"])
    links.new(glow.outputs[0], out.inputs["Surface"])
    return material
