"""Manholes as people photograph them: near, or with the photo framed round them, on real ground."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.covers_place import Place, find_place, put
from hazardlens.training.composing.covers_states import draw_manhole_in
from hazardlens.training.composing.framing import framed
from hazardlens.training.composing.ground import Ground, find_ground
from hazardlens.training.composing.scene import Scene
from hazardlens.training.data.records import PhotoRecord

STREETS: Final = frozenset({"cn-bins-web", "cn-bins-web-mh", "amsterdam-garbage", "amsterdam-garbage-mh", "mine-atanu"})
NEARNESS: Final = (1.7, 7.0)  # heights of the camera in half widths of a cover: bent down to it, or far from it
_LABELS: Final = ("manhole_open", "manhole_raised", "manhole_ok")
_SHARES: Final = (0.38, 0.4, 0.22)
_OTHER: Final = 0.12  # share of other things on ground that may fill the whole picture


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A piece of real ground enlarged until it fills the picture, with a manhole seen from near."""

    name: str = "covers-close-up"

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of streets and estates."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Cut out ground that holds no box, enlarge it, draw on it."""
        ground = find_ground(scene, rng)
        found = _free_ground(scene, ground, rng)
        if found is None:
            return None
        x, y, share = found
        near = framed(scene, (x, y), share, rng)
        if near is None:
            return None
        half = float(min(near.width_px, near.height_px) * np.exp(rng.uniform(np.log(0.14), np.log(0.42))))
        at = (rng.uniform(0.3, 0.7) * scene.width_px, rng.uniform(0.35, 0.7) * scene.height_px)
        place = Place(at, half, float((min(ground.horizon_px, y - 10) - y) / share * rng.uniform(0.5, 1.4)))
        return _put_any(near, place, share, rng)


@dataclass(frozen=True, slots=True)
class Framed:
    """A manhole on free ground, and the photo cut to what is round it; boxes that stay in it stay."""

    name: str = "covers-framed"

    def suits(self, record: PhotoRecord) -> bool:
        """Photos of streets and estates."""
        return record.source in STREETS

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Find ground, cut the photo round it, draw on it."""
        place = find_place(scene, find_ground(scene, rng), rng, (NEARNESS[0], 4.5))
        if place is None:
            return None
        share = float(np.clip(place.half_width_px / scene.width_px / rng.uniform(0.1, 0.3), 0.3, 1))
        for _ in range(8):
            x = int(
                np.clip(place.at_px[0] / scene.width_px - rng.uniform(0.3, 0.7) * share, 0, 1 - share) * scene.width_px
            )
            y = int(
                np.clip(place.at_px[1] / scene.height_px - rng.uniform(0.4, 0.75) * share, 0, 1 - share)
                * scene.height_px
            )
            near = framed(scene, (x, y), share, rng)
            if near is not None:
                at = (place.at_px[0] - x) / share, (place.at_px[1] - y) / share
                closer = Place(at, place.half_width_px / share, (place.horizon_px - y) / share)
                return _put_any(near, closer, share, rng)
        return None


def _put_any(near: Scene, place: Place, share: float, rng: np.random.Generator) -> Scene | None:
    label = _LABELS[int(rng.choice(len(_LABELS), p=_SHARES))]
    softness = (0.3 + 0.12 / share, 0.45 + 0.25 / share)
    return put(near, draw_manhole_in(label, place.half_width_px, rng), label, place, rng, softness)


def _free_ground(scene: Scene, ground: Ground, rng: np.random.Generator) -> tuple[int, int, float] | None:
    for _ in range(40):
        share = rng.uniform(0.28, 0.62)
        x, y = rng.uniform(0, 1 - share) * scene.width_px, rng.uniform(0.3, 1 - share) * scene.height_px
        last = x + share * scene.width_px - 1, y + share * scene.height_px - 1
        if y > 0 and ground.odd_share_of(x, y, *last) < _OTHER:
            return int(x), int(y), float(share)
    return None
