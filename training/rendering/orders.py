"""What is to be rendered: scenes in a fixed order, each with a seed of its own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

GENERATOR: Final = "1"
"""Raised when the same seed gives other pictures than before."""

TOPICS: Final = {
    "raised_manhole_cover": "covers",
    "dangling_cable": "cables",
    "blocked_fire_exit": "exits",
    "unhygienic_kitchen": "kitchens",
}
"""Hazard -> what its scenes and their sources are called. Clutter stands in the scenes of exits."""


@dataclass(frozen=True, slots=True)
class Order:
    """One scene to render.

    Attributes:
        name: of the scene, and the beginning of its photos' names.
        hazard: which scenes to build.
        seed: everything about the scene depends on it.
    """

    name: str
    hazard: str
    seed: int


def order(hazard: str, seed: int, index: int) -> Order:
    """The scene number `index` of a set: its seed is a hash, so that sets with neighbouring seeds share no scene."""
    digest = hashlib.sha256(f"{hazard} {seed} {index}".encode()).digest()
    return Order(f"{TOPICS[hazard]}-{seed}-{index:05d}", hazard, int.from_bytes(digest[:4]))


def enough(scenes: Sequence[dict[str, Any] | None], count: int) -> list[dict[str, Any]] | None:
    """The first scenes that have `count` photos together, the last one cut short; None as long as one is missing.

    Args:
        scenes: by index; None for one that is not rendered yet. Scenes without photos count as rendered.
        count: photos wanted.
    """
    taken: list[dict[str, Any]] = []
    left = count
    for scene in scenes:
        if scene is None:
            return None
        frames = scene["frames"][:left]
        if frames:
            taken.append({**scene, "frames": frames, "whole": len(frames) == len(scene["frames"])})
        left -= len(frames)
        if left == 0:
            return taken
    return None


@cache
def studio_sha256() -> str:
    """Of the studio's sources: two sets with the same hash and seed hold the same scenes."""
    folder = Path(__file__).parent / "studio"
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(
            f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()
