"""Models, textures and skies from a folder of assets, and what can be done without one."""

import random
from pathlib import Path
from typing import Any, Final

import bpy
from mathutils import Vector

from hazardlens.training.rendering.studio.lacks import AssetMissingError

TEXTURES: Final[dict[str, tuple[str, ...]]] = {
    "asphalt": (
        "ph_asphalt_01", "ph_asphalt_02", "ph_asphalt_03", "ph_asphalt_04", "ph_asphalt_05", "ph_asphalt_06",
        "ph_asphalt_floor", "ph_asphalt_track", "ph_aerial_asphalt_01",
    ),
    "paving": (
        "ph_brick_floor", "ph_brick_floor_003", "ph_brick_floor_02", "ph_brick_villa_floor", "ph_anti_skid_tiles",
        "ph_blue_floor_tiles_01", "ph_brown_floor_tiles",
    ),
    "concrete": (
        "acg_concrete07", "aws_concrete_ground", "ph_anti_slip_concrete", "ph_brushed_concrete",
        "ph_brushed_concrete_03",
    ),
    "brick": (
        "ph_brick_wall_001", "ph_brick_wall_003", "ph_brick_wall_005", "ph_brick_wall_006", "ph_brick_wall_02",
        "ph_brick_wall_08", "ph_brick_wall_10", "ph_brick_wall_12", "ph_broken_brick_wall", "ph_broken_wall",
    ),
    "plaster": ("aws_wall", "ph_beige_wall_001", "ph_beige_wall_002"),
    "tiles": ("acg_tiles036", "ph_blue_floor_tiles_01", "ph_brown_floor_tiles"),
    "wood": (
        "fs_wood0", "fs_wood1", "fs_wood2", "fs_wood3", "fs_wood4", "acg_woodfloor043", "ph_rosewood_veneer",
        "ph_wood_table_worn", "ph_blue_painted_planks",
    ),
    "stone": ("fs_stone0", "fs_stone1", "fs_stone2", "fs_stone3", "fs_stone4", "acg_marble006", "acg_marble01"),
    "metal": ("fs_metal0", "fs_metal1", "fs_metal2", "fs_metal3", "fs_metal4", "ph_blue_metal_plate"),
    "sheet": ("ph_box_profile_metal_sheet", "ph_blue_metal_plate"),
    "fabric": ("acg_fabric02", "acg_leather05"),
}  # fmt: skip
"""Role -> textures, without those whose licence is told by the file name only."""

SKIES: Final[dict[str, tuple[str, ...]]] = {
    "street": ("city", "bridge", "dawn", "esplanade", "park", "sky", "sunrise"),
    "open": ("city", "city", "park", "sky", "sky", "sunrise"),
    "indoors": ("apartment", "hall", "lobby", "warehouse", "workshop"),
    "night": ("night",),
}
"""Role -> environment maps."""


class Assets:
    """A folder with `models/`, `textures/` and `hdri/`, or nothing.

    Models are imported once for a process and placed as copies that share their meshes.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._templates: dict[str, list[Any]] = {}

    def texture(self, role: str, rng: random.Random) -> str | None:
        """A texture of a role, or None where there is no folder of assets.

        Raises:
            AssetMissingError: the folder lacks all textures of the role.
        """
        if self.root is None:
            return None
        names = [name for name in TEXTURES[role] if (self.root / "textures" / f"{name}_col.jpg").is_file()]
        if not names:
            raise AssetMissingError(f"{self.root}: has no texture for {role}, such as {TEXTURES[role][0]}_col.jpg")
        return rng.choice(names)

    def image(self, texture: str, kind: str = "col") -> Any | None:
        """The picture of a texture: `col` colours, `rgh` roughness, `nor` normals; None where there is none."""
        if self.root is None:
            return None
        path = self.root / "textures" / f"{texture}_{kind}.jpg"
        return bpy.data.images.load(str(path), check_existing=True) if path.is_file() else None

    def sky(self, role: str, rng: random.Random) -> Any | None:
        """An environment map of a role, or None where there is none."""
        if self.root is None:
            return None
        paths = [path for name in SKIES[role] if (path := self.root / "hdri" / f"{name}.hdr").is_file()]
        return bpy.data.images.load(str(rng.choice(paths)), check_existing=True) if paths else None

    def has(self, model: str) -> bool:
        """Whether there is such a model."""
        return self.root is not None and (self.root / "models" / f"{model}.glb").is_file()

    def place(
        self,
        model: str,
        position_m: tuple[float, float, float] = (0, 0, 0),
        *,
        turn_rad: float = 0.0,
        tilt_rad: tuple[float, float] = (0.0, 0.0),
        height_m: float | None = None,
        scale: float = 1.0,
        material: Any | None = None,
    ) -> Any:
        """Put a model into the scene: the middle of its foot stands at `position_m`.

        Args:
            model: file name without ending.
            position_m: of the middle of the underside of its bounding box.
            turn_rad: about the vertical.
            tilt_rad: about x and y, before the turn.
            height_m: scale it to this height; otherwise by `scale`.
            scale: factor on the model's own size.
            material: instead of its own.

        Returns:
            An empty that carries all parts.

        Raises:
            AssetMissingError: there is no such model.
        """
        root, low, high = self._template(model)
        factor = height_m / max(high.z - low.z, 1e-6) if height_m is not None else scale
        carrier = bpy.data.objects.new(model, None)
        bpy.context.scene.collection.objects.link(carrier)
        offset = bpy.data.objects.new(f"{model}-offset", None)
        bpy.context.scene.collection.objects.link(offset)
        offset.parent = carrier
        offset.location = (-(low.x + high.x) / 2, -(low.y + high.y) / 2, -low.z)
        copies = {part: part.copy() for part in root}
        for part, copy in copies.items():
            copy.use_fake_user = False
            copy.pop("template", None)  # else it would outlive its scene
            bpy.context.scene.collection.objects.link(copy)
            copy.parent = copies.get(part.parent, offset)
            copy.matrix_parent_inverse.identity()
            if material is not None and copy.type == "MESH":
                for slot in copy.material_slots:
                    slot.link = "OBJECT"
                    slot.material = material
        carrier.scale = (factor,) * 3
        carrier.rotation_euler = (*tilt_rad, turn_rad)
        carrier.location = position_m
        carrier["size_m"] = [(high[axis] - low[axis]) * factor for axis in range(3)]
        return carrier

    def _template(self, model: str) -> tuple[list[Any], Vector, Vector]:
        if model not in self._templates:
            self._templates[model] = self._import(model)
        parts = self._templates[model]
        corners = [
            part.matrix_world @ Vector(corner) for part in parts if part.type == "MESH" for corner in part.bound_box
        ]
        low = Vector([min(corner[axis] for corner in corners) for axis in range(3)])
        high = Vector([max(corner[axis] for corner in corners) for axis in range(3)])
        return parts, low, high

    def _import(self, model: str) -> list[Any]:
        if not self.has(model):
            raise AssetMissingError(f"{self.root or 'no folder of assets'}: has no model {model}.glb")
        before = set(bpy.data.objects)
        bpy.ops.import_scene.gltf(filepath=str(Path(str(self.root)) / "models" / f"{model}.glb"))
        parts = [made for made in bpy.data.objects if made not in before]
        bpy.context.view_layer.update()
        for part in parts:
            for collection in list(part.users_collection):
                collection.objects.unlink(part)
            part.use_fake_user = True
            part["template"] = True
        return [part for part in parts if part.type in {"MESH", "EMPTY"}]
