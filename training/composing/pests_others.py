"""Animals that are no pests, in kitchens and by heaps of rubbish: cats, dogs and birds, with no box round them."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hazardlens.training.composing.clutter_arrays import f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.clutter_look import look_of
from hazardlens.training.composing.kitchens import pick, tidy_kitchen
from hazardlens.training.composing.kitchens_surfaces import surfaces_of, zoomed
from hazardlens.training.composing.pests import by_heap, heap_without_pests
from hazardlens.training.composing.photo_parts import Piece
from hazardlens.training.composing.scene import Scene
from hazardlens.training.data.records import PhotoRecord

KINDS: Final = frozenset({"cat", "dog", "bird"})
_SHARE: Final = (0.08, 0.45)  # of the photo's long side
_MOST_ZOOM: Final = 3.0
_MOST: Final = 3
_COATS: Final = ((206, 198, 184), (178, 114, 62), (122, 114, 106), (98, 74, 54), (58, 54, 52))
_OWN_COAT: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class OtherAnimals:
    """One to three animals on the floor or counter of a kitchen, or before a heap."""

    animals: tuple[Piece, ...]
    name: str = "other-animals"

    def suits(self, record: PhotoRecord) -> bool:
        """A tidy kitchen whose surfaces are marked, or a heap; nowhere without animals to put there."""
        return bool(self.animals) and (tidy_kitchen(record) or heap_without_pests(record))

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Let them in; no label."""
        surfaces = [item for item in surfaces_of(scene) if item.kind != "wall"]
        if not self.animals or not (surfaces or scene.labels):
            return None
        long_px = float(rng.uniform(*_SHARE)) * max(scene.width_px, scene.height_px)
        feet: list[tuple[float, float]] = []
        count = int(rng.integers(1, _MOST + 1))
        if surfaces:
            surface = pick(surfaces, rng)
            scene, surface = zoomed(scene, surface, float(rng.uniform(1.0, _MOST_ZOOM)), rng)
            feet = [(float(x), float(y)) for x, y in surface.points(count, rng)]
        else:
            long_px /= 2
            feet = [at for _ in range(count) if (at := by_heap(scene, long_px, rng)) is not None]
        return self._let_in(scene, feet, long_px, rng)

    def _let_in(
        self, scene: Scene, feet: list[tuple[float, float]], long_px: float, rng: np.random.Generator
    ) -> Scene | None:
        layer = Layer.empty(scene.height_px, scene.width_px)
        for foot in sorted(feet, key=lambda item: item[1]):
            animal = self.animals[int(rng.integers(0, len(self.animals)))]
            _in_a_coat(animal, rng).draw(layer, foot, long_px * float(rng.uniform(0.8, 1.2)), rng)
        box = layer.box_of(set(range(layer.count)))
        if box is None:
            return None
        return scene.with_part(layer.blend(scene.pixels, look_of(scene.pixels, box, rng), rng), None, None)


def _in_a_coat(animal: Piece, rng: np.random.Generator) -> Piece:
    """The same animal in another colour, light and shade kept: there are few of them, and most are dark."""
    if rng.random() < _OWN_COAT:
        return animal
    cover = animal.picture[..., 3:]
    grey = (animal.picture[..., :3] / np.maximum(cover, 1e-2)) @ f32([0.3, 0.59, 0.11])
    middle = float(np.median(grey[cover[..., 0] > 0.5])) + 8
    detail = np.clip((grey + 8) / middle, 0.25, 1.8)[..., None] ** f32(0.6)
    coat = f32(_COATS[int(rng.integers(0, len(_COATS)))]) * f32(rng.uniform(0.8, 1.15))
    colour = np.clip(coat * detail, 0, 255) * cover
    return replace(animal, picture=f32(np.concatenate([colour, cover], axis=2)))
