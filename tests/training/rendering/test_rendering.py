"""Sets of rendered photos: the same set however often it was interrupted, and nothing left of what does not belong."""

import io
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hazardlens.training.data.check import check_dataset
from hazardlens.training.data.records import read_records
from hazardlens.training.errors import RenderError
from hazardlens.training.rendering.orders import Order, enough, order, studio_sha256
from hazardlens.training.rendering.rendering import Outcome, Plan, Renderer, render_set, scenes_folder

HAZARD = "raised_manhole_cover"


class FakeStudio:
    """Renders grey pictures: three a scene, with one box; scenes whose name ends with a `broken` one fail."""

    def __init__(
        self, out: Path, *, broken: tuple[int, ...] = (), final: bool = False, dies_after: int = 10**6
    ) -> None:
        self.folder = scenes_folder(out)
        self.broken = broken
        self.final = final
        self.left = dies_after
        self.orders: list[str] = []
        self.stopped = False

    def render(self, order: Order) -> dict[str, Any]:
        self.orders.append(order.name)
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        if int(order.name[-5:]) in self.broken:
            return {"name": order.name, "error": "ValueError: no such\nsurface", "final": self.final}
        frames = [self._frame(order, number) for number in range(3)]
        content = {**asdict(order), "studio_sha256": studio_sha256(), "frames": frames}
        (self.folder / f"{order.name}.json").write_text(json.dumps(content), "utf-8")
        return {"name": order.name, "frames": 3, "seconds": 0.0}

    def _frame(self, order: Order, number: int) -> dict[str, Any]:
        file = io.BytesIO()
        shade = (order.seed % 200 + 5 * number, number * 9, order.seed % 13)
        Image.new("RGB", (64, 48), shade).save(file, "JPEG")
        name = f"{order.name}-{number:02d}.jpg"
        (self.folder / name).write_bytes(file.getvalue())
        boxes = [{"label": "manhole_open", "box": [8, 12, 24, 36]}] if number else []
        state = "open" if number else "clear"
        return {"file": name, "width": 64, "height": 48, "state": state, "pair": "a", "tags": {}, "boxes": boxes}

    def stop(self) -> None:
        self.stopped = True


def render(out: Path, count: int, *crew: Renderer, seed: int = 3, told: list[tuple[int, int]] | None = None) -> Outcome:
    def advance(done: int, total: int) -> None:
        if told is not None:
            told.append((done, total))

    studios = crew or (FakeStudio(out),)
    return render_set(Plan(HAZARD, count, seed, 64), studios, out, blender="5.0.1", assets=None, advance=advance)


def files(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def visible(out: Path) -> dict[str, bytes]:
    return {name: data for name, data in files(out).items() if not name.startswith(".")}


def test_a_set_is_a_data_set_whose_labels_are_all_known(tmp_path: Path) -> None:
    outcome = render(tmp_path, 7)

    records = read_records(tmp_path)
    assert (outcome.photos, outcome.scenes, outcome.rendered) == (7, 3, 3)
    assert len(records) == 7
    assert {record.provenance for record in records} == {"rendered"}
    assert {record.source for record in records} == {"rendered-covers"}
    assert [len({record.group for record in records}), {len(record.looked_for) for record in records}] == [3, {14}]
    box = next(record for record in records if record.labels).boxes_cxcywh[0].tolist()
    assert box == pytest.approx([16 / 64, 24 / 48, 16 / 64, 24 / 48])
    report = check_dataset(tmp_path, None, lambda _done, _total: None)
    assert report.is_fit, report.findings


def test_an_interrupted_set_goes_on_and_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    render(tmp_path / "whole", 12)
    with pytest.raises(KeyboardInterrupt):
        render(tmp_path / "cut", 12, FakeStudio(tmp_path / "cut", dies_after=2))

    second = FakeStudio(tmp_path / "cut")
    outcome = render(tmp_path / "cut", 12, second)

    assert len(second.orders) == outcome.rendered == 2
    assert visible(tmp_path / "cut") == visible(tmp_path / "whole")


def test_several_studios_make_the_same_set_as_one(tmp_path: Path) -> None:
    render(tmp_path / "one", 20)
    render(tmp_path / "many", 20, *(FakeStudio(tmp_path / "many") for _ in range(3)))

    assert visible(tmp_path / "many") == visible(tmp_path / "one")


def test_a_longer_set_begins_with_the_shorter_one_and_a_shorter_one_leaves_nothing_behind(tmp_path: Path) -> None:
    render(tmp_path, 4)
    short = visible(tmp_path)
    render(tmp_path, 9)
    assert {name for name in short if name.startswith("photos/")} < set(visible(tmp_path))

    render(tmp_path, 4)

    assert visible(tmp_path) == short


def test_a_set_from_elsewhere_grows_without_rendering_again_what_it_has(tmp_path: Path) -> None:
    render(tmp_path / "here", 7)
    render(tmp_path / "whole", 12)
    shutil.copytree(tmp_path / "here", tmp_path / "there", ignore=shutil.ignore_patterns(".*"))

    studio = FakeStudio(tmp_path / "there")
    render(tmp_path / "there", 12, studio)

    assert len(studio.orders) == 2  # the third scene was cut short, the fourth is new
    assert visible(tmp_path / "there") == visible(tmp_path / "whole")


def test_a_photo_that_was_changed_is_rendered_again(tmp_path: Path) -> None:
    render(tmp_path / "here", 6)
    shutil.copytree(tmp_path / "here", tmp_path / "there", ignore=shutil.ignore_patterns(".*"))
    next((tmp_path / "there" / "photos").glob("*-00001-*")).write_bytes(b"no picture")

    render(tmp_path / "there", 6)

    assert visible(tmp_path / "there") == visible(tmp_path / "here")


def test_a_finished_set_of_another_seed_is_refused(tmp_path: Path) -> None:
    render(tmp_path / "here", 6)
    shutil.copytree(tmp_path / "here", tmp_path / "there", ignore=shutil.ignore_patterns(".*"))

    with pytest.raises(RenderError, match="was begun with another seed"):
        render(tmp_path / "there", 6, seed=4)


def test_a_scene_that_fails_is_left_out_and_told(tmp_path: Path) -> None:
    outcome = render(tmp_path, 9, FakeStudio(tmp_path, broken=(1,)))

    assert list(outcome.failed) == ["covers-3-00001"]
    assert {record.group[-1] for record in read_records(tmp_path)} == {"0", "2", "3"}


def test_many_failures_end_it_with_the_last_reason(tmp_path: Path) -> None:
    studio = FakeStudio(tmp_path, broken=tuple(range(99)))

    with pytest.raises(RenderError, match="5 scenes failed, the last one with: surface"):
        render(tmp_path, 9, studio)

    assert studio.stopped


def test_assets_that_lack_something_end_it_at_once(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="no such"):
        render(tmp_path, 9, FakeStudio(tmp_path, broken=(0,), final=True))


def test_a_folder_of_another_seed_is_refused(tmp_path: Path) -> None:
    render(tmp_path, 3)

    with pytest.raises(RenderError, match="was begun with another seed"):
        render(tmp_path, 3, seed=4)


def test_progress_rises_to_the_number_wanted(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    render(tmp_path, 7, told=told)

    assert told == [(3, 7), (6, 7), (7, 7)]


def test_the_manifest_names_scenes_seeds_and_hashes(tmp_path: Path) -> None:
    render(tmp_path, 4)

    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    assert [scene["seed"] for scene in manifest["scenes"]] == [order(HAZARD, 3, index).seed for index in range(2)]
    hashes = {record.path.name: record.sha256 for record in read_records(tmp_path)}
    assert {photo["file"]: photo["sha256"] for scene in manifest["scenes"] for photo in scene["photos"]} == hashes
    assert {scene["studio_sha256"] for scene in manifest["scenes"]} == {studio_sha256()}
    assert manifest["states"] == {"clear": 2, "open": 2}


def test_neighbouring_seeds_share_no_scene() -> None:
    seeds = {order(HAZARD, seed, index).seed for seed in range(20) for index in range(50)}

    assert len(seeds) == 1000


@pytest.mark.parametrize(
    ("scenes", "names"),
    [
        ([], None),
        ([None], None),
        ([{"name": "a", "frames": [1, 2]}], None),
        ([{"name": "a", "frames": [1, 2]}, None], None),
        ([{"name": "a", "frames": [1, 2]}, {"name": "b", "frames": [3, 4]}, None], ["a", "b"]),
        ([{"name": "a", "frames": []}, {"name": "b", "frames": [3, 4, 5]}], ["b"]),
    ],
)
def test_enough_is_the_shortest_beginning_with_three_photos(scenes: list[Any], names: list[str] | None) -> None:
    found = enough(scenes, 3)

    assert (None if found is None else [scene["name"] for scene in found]) == names
