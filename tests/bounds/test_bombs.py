"""Bombs are refused by name, or answered as the small photos that they are, and take little memory: docs/limits.md."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from bomb_bodies import BODY_BOMBS
from bomb_photos import BOMBS
from hazardlens.serve.errors import RequestError
from hazardlens.serve.uploads import Received, UploadLimits, read_submission
from support import pictures
from support.project import REPO
from support.serving import CLASSIFY, problem_of, serving

MOST_MIB: Final = 95
"""100 MB."""

TOO_LARGE: Final = frozenset(
    {
        *("PNG 60000 x 60000", "PNG 1 x 50,000,000", "WebP 16383 x 16383", "JPEG 65535 x 65535"),
        *("HEIC small ispe", "AVIF small ispe", "HEIC huge ispe", "AVIF huge ispe"),
    }
)
SMALL_PHOTOS: Final = frozenset(
    {
        *("PNG with surplus rows", "PNG zTXt", "PNG iTXt", "PNG iCCP", "PNG large EXIF", "PNG circular EXIF"),
        *("WebP huge EXIF counts", "AVIF hungry EXIF", "AVIF deep boxes"),
        *("JPEG stray bytes", "JPEG Photoshop parts", "JPEG restarts"),
    }
)
"""What is huge in these is never looked at."""

LIGHT: Final = (
    *("PNG 60000 x 60000", "PNG zTXt", "PNG empty chunks", "WebP empty chunks", "JPEG empty segments"),
    *("JPEG fill bytes", "JPEG sequential scans", "HEIC small ispe", "HEIC grid of grids", "HEIC chain of 900"),
    *("AVIF small ispe", "AVIF same tile 65,536 times", "AVIF overlapping extents"),
)
"""Quickly made, and at least one of each kind."""

CHILD: Final = """
import json, os, sys
from bomb_photos import BOMBS
from hazardlens.model.errors import ImageError
from hazardlens.model.image_place import read_place
from hazardlens.model.images import decode_photo
from support import pictures

def peak_kib():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

for make in (pictures.jpeg, pictures.one_bit_png, pictures.webp, pictures.heic, pictures.avif):
    decode_photo(make())  # what the decoders need at any rate
for name in json.loads(sys.argv[1]):
    data = BOMBS[name]()
    if os.fork() == 0:  # each with a memory of its own
        open("/proc/self/clear_refs", "w").write("5")
        before = peak_kib()
        try:
            decode_photo(data, min_side_px=640)
            read_place(data)
            code = ""
        except ImageError as error:
            code = error.code
        print(json.dumps([name, code, (peak_kib() - before) / 1024]), flush=True)
        os._exit(0)
    os.wait()
    del data
"""


def explode(names: tuple[str, ...]) -> Mapping[str, tuple[str, float]]:
    """Of each bomb its code and the memory in MiB that it took, each decoded in a process of its own."""
    environ = {"PYTHONPATH": f"{REPO / 'benchmarks'}:{REPO / 'tests'}", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", CHILD, json.dumps(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    return {name: (code, mib) for name, code, mib in map(json.loads, done.stdout.splitlines())}


def expected_code(name: str) -> str:
    if name in TOO_LARGE:
        return "image_too_large"
    if name == "GIF":
        return "image_format_unsupported"
    return "" if name in SMALL_PHOTOS else "image_broken"


def check(found: Mapping[str, tuple[str, float]], names: tuple[str, ...]) -> None:
    assert {name: code for name, (code, _) in found.items()} == {name: expected_code(name) for name in names}
    assert {name: mib for name, (_, mib) in found.items() if mib > MOST_MIB} == {}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux to see the most memory of a while")
def test_light_bombs_are_refused_by_name_and_take_little_memory() -> None:
    check(explode(LIGHT), LIGHT)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux to see the most memory of a while")
def test_all_bombs_are_refused_by_name_and_take_little_memory() -> None:
    """About half a minute, most of it to make them."""
    check(explode(tuple(BOMBS)), tuple(BOMBS))


LIMITS: Final = UploadLimits(max_files=8, max_file_bytes=20 << 20, max_text_chars=2000, max_video_bytes=128 << 20)


@pytest.mark.parametrize(
    "name", [name for name in BODY_BOMBS if not name.startswith("gzip") and name != "JSON photo bomb"]
)
def test_bodies_are_refused_by_name(name: str) -> None:
    body = BODY_BOMBS[name]()
    with pytest.raises(RequestError) as refusal:
        read_submission(Received(body.content_type, b"", body.content), LIMITS)
    assert "\n" not in refusal.value.detail
    assert len(refusal.value.detail) < 300


@pytest.mark.parametrize(("header", "behind"), [("Content-Encoding", ""), ("Transfer-Encoding", ", chunked")])
@pytest.mark.parametrize("name", ["gzip, as a photo", "gzip, as JSON", "gzip, as a form"])
def test_compressed_bodies_are_not_read(name: str, header: str, behind: str) -> None:
    body = BODY_BOMBS[name]()
    headers = {"Content-Type": body.content_type, header: body.coding + behind}
    with serving() as client:
        problem_of(client.post(CLASSIFY, content=body.content, headers=headers), 415, "content_type_unsupported")


@pytest.mark.parametrize("make", [pictures.heic, pictures.avif, pictures.webp, pictures.palette_png, pictures.jpeg])
def test_ordinary_photos_pass_all_this(make: Callable[[], bytes]) -> None:
    with serving() as client:
        assert client.post(CLASSIFY, files={"file": make()}).status_code == 200
