"""A set of rendered photos in a folder: render what is missing, then write the set down.

OUT/
  photos/*.jpg  labels/*.txt  labels.txt  photos.csv     the set, in the format of all labelled photos
  manifest.json                                          how it came to be: seeds, versions, hashes, scenes
  .scenes/NAME.json                                      scenes as they are finished; what a resumed run goes on from
  .studio.log                                            what Blender said
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import count as endless
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Protocol

from hazardlens.training.errors import RenderError
from hazardlens.training.rendering.orders import GENERATOR, Order, enough, order
from hazardlens.training.rendering.photo_set import read_manifest, restore_scenes, write_set

Advance = Callable[[int, int], None]

_MOST_FAILURES: Final = 5
_PLAN: Final = "plan.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to render.

    Attributes:
        hazard: which scenes.
        count: photos.
        seed: of the set.
        long_side_px: of the photos.
    """

    hazard: str
    count: int
    seed: int
    long_side_px: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        photos: in the set.
        scenes: that they show.
        failed: scenes that could not be built, with the reason; they are left out.
        rendered: scenes that were rendered now; the others were there already.
    """

    photos: int
    scenes: int
    failed: dict[str, str]
    rendered: int


class Renderer(Protocol):
    """What renders one scene at a time into `OUT/.scenes`."""

    def render(self, order: Order) -> dict[str, Any]:
        """The answer to an order: `frames`, or `error` and whether it is `final`."""

    def stop(self) -> None:
        """Nothing more will be asked."""


def scenes_folder(out: Path) -> Path:
    """Where finished scenes of the set in `out` lie."""
    return out / ".scenes"


def render_set(
    plan: Plan, crew: Sequence[Renderer], out: Path, *, blender: str, assets: Path | None, advance: Advance
) -> Outcome:
    """Render a set into `out`, or go on with one that was begun with the same hazard, seed and size.

    Args:
        plan: what to render.
        crew: as many scenes are rendered at a time.
        out: folder of the set.
        blender: its version, for the manifest.
        assets: folder of models and textures, or None to do without.
        advance: told (photos done, photos wanted).

    Raises:
        RenderError: the folder holds another set, the assets lack something, or too many scenes fail.
    """
    folder = scenes_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    identity = _identity(plan, assets)
    _agree(identity, out, folder)
    run = _Run(plan, folder, len(crew), advance)
    free: SimpleQueue[Renderer] = SimpleQueue()
    for renderer in crew:
        free.put(renderer)
    try:
        with ThreadPoolExecutor(len(crew)) as executor:
            done = run.until_enough(executor, free)
    finally:
        for renderer in crew:
            renderer.stop()
    write_set(out, {**identity, "blender": blender}, done, assets)
    return Outcome(sum(len(scene["frames"]) for scene in done), len(done), run.failed, run.rendered)


class _Run:
    """Which scenes are there, which are being rendered, which are next."""

    def __init__(self, plan: Plan, folder: Path, at_a_time: int, advance: Advance) -> None:
        self.plan = plan
        self.at_a_time = at_a_time
        self.folder = folder
        self.advance = advance
        self.failed: dict[str, str] = {}
        self.rendered = 0
        self._scenes: list[dict[str, Any] | None] = []
        self._open: dict[Future[dict[str, Any]], int] = {}

    def until_enough(self, executor: ThreadPoolExecutor, crew: SimpleQueue[Renderer]) -> list[dict[str, Any]]:
        indices = endless()
        while (done := enough(self._scenes, self.plan.count)) is None:
            while len(self._open) < self.at_a_time:
                self._next(next(indices), executor, crew)
                if enough(self._scenes, self.plan.count) is not None:
                    break
            if self._open:
                self._collect(wait(self._open, return_when=FIRST_COMPLETED).done)
            photos = sum(len(scene["frames"]) for scene in self._scenes if scene is not None)
            self.advance(min(photos, self.plan.count), self.plan.count)
        return done

    def _next(self, index: int, executor: ThreadPoolExecutor, crew: SimpleQueue[Renderer]) -> None:
        wanted = order(self.plan.hazard, self.plan.seed, index)
        there = _read_scene(self.folder, wanted)
        self._scenes.append(there)
        if there is None:
            self._open[executor.submit(_rendered, crew, wanted)] = index

    def _collect(self, finished: set[Future[dict[str, Any]]]) -> None:
        for future in finished:
            index = self._open.pop(future)
            answer = future.result()
            wanted = order(self.plan.hazard, self.plan.seed, index)
            if "error" in answer:
                self._failure(wanted, answer)
                self._scenes[index] = {"name": wanted.name, "seed": wanted.seed, "frames": []}
                continue
            self._scenes[index] = _read_scene(self.folder, wanted)
            self.rendered += 1

    def _failure(self, wanted: Order, answer: dict[str, Any]) -> None:
        self.failed[wanted.name] = str(answer["error"])
        if answer.get("final"):
            raise RenderError(str(answer["error"]))
        if len(self.failed) >= _MOST_FAILURES and len(self.failed) > self.rendered:
            last = str(answer["error"]).strip().splitlines()[-1]
            raise RenderError(f"{len(self.failed)} scenes failed, the last one with: {last}")


def _rendered(crew: SimpleQueue[Renderer], wanted: Order) -> dict[str, Any]:
    renderer = crew.get()
    try:
        return renderer.render(wanted)
    finally:
        crew.put(renderer)


def _read_scene(folder: Path, wanted: Order) -> dict[str, Any] | None:
    path = folder / f"{wanted.name}.json"
    if not path.is_file():
        return None
    scene: dict[str, Any] = json.loads(path.read_bytes())
    if scene.get("seed") != wanted.seed:
        raise RenderError(f"{path}: belongs to another set: choose another folder")
    return scene


def _identity(plan: Plan, assets: Path | None) -> dict[str, Any]:
    """What a set must agree with to grow."""
    return {
        "hazard": plan.hazard,
        "seed": plan.seed,
        "long_side_px": plan.long_side_px,
        "generator_version": GENERATOR,
        "assets": assets is not None,
    }


def _agree(mine: dict[str, Any], out: Path, folder: Path) -> None:
    """The folder is new, or was begun with the same plan by the same generator; scenes of a finished set are taken."""
    path = folder / _PLAN
    manifest = read_manifest(out)
    before = json.loads(path.read_bytes()) if path.is_file() else manifest
    differing = [] if before is None else [key for key, value in mine.items() if before.get(key) != value]
    if differing:
        raise RenderError(f"{out}: was begun with another {', '.join(differing)}: choose another folder")
    path.write_text(json.dumps(mine, indent=1) + "\n", "utf-8")
    if manifest is not None:
        restore_scenes(out, folder, manifest)
