"""Mutated photos: whatever a decoder makes of them, the caller sees a photo or an ImageError."""

import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazardlens.model.errors import ImageBrokenError, ImageError
from hazardlens.model.images import decode_photo
from support import huge_pictures, pictures

MUTANTS = 300
EXTREMES = (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01")
SEEDS: Mapping[str, Callable[[], bytes]] = {
    **pictures.MARKED,
    "grey JPEG": pictures.grey_jpeg,
    "grey PNG with transparency": pictures.grey_transparent_png,
    "16-bit grey PNG": pictures.grey_16_bit_png,
    "turned HEIC": lambda: pictures.oriented_heic(6),
}


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to sixteen small damages, half of them among the headers."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(out) if rng.random() < 0.5 else min(len(out), 400))
        match rng.randrange(6):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                out[at] ^= 1 << rng.randrange(8)
            case 2:
                del out[at + 1 : at + rng.randrange(2, 40)]
            case 3:
                out[at:at] = rng.randbytes(rng.randrange(1, 40))
            case 4:
                out[at : at + 4] = rng.choice(EXTREMES)
            case _:
                del out[at + 1 :]
    return bytes(out)


def with_good_checksums(png: bytes) -> bytes:
    """A damaged PNG whose chunks' checksums fit again, so that the damage gets further than the first check."""
    out, at = bytearray(png), 8
    while at + 12 <= len(out):
        end = at + 8 + int.from_bytes(out[at : at + 4], "big")
        if end + 4 > len(out):
            break
        out[end : end + 4] = zlib.crc32(out[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(out)


def decode_or_refuse(data: bytes, min_side_px: int | None) -> bool:
    """Whether it decoded; anything but a photo or an ImageError escapes and fails the test."""
    try:
        photo = decode_photo(data, min_side_px=min_side_px, max_pixels=1_000_000)
    except ImageError as refusal:
        message = str(refusal)
        if not message or "\n" in message:
            pytest.fail(f"not one line for a person: {message!r}")
        return False
    assert photo.width * photo.height <= 1_000_000
    return True


@pytest.mark.filterwarnings("ignore:Invalid APNG")
@pytest.mark.parametrize("name", SEEDS)
def test_mutants_of_every_format_decode_or_are_refused(name: str) -> None:
    seed = SEEDS[name]()
    rng = random.Random(name)  # noqa: S311 - the same mutants on every run
    decoded = 0
    for _ in range(MUTANTS):
        mutant = mutate(seed, rng)
        if name.endswith("PNG") and rng.random() < 0.7:
            mutant = with_good_checksums(mutant)
        decoded += decode_or_refuse(mutant, rng.choice((None, 32)))

    assert 0 < decoded < MUTANTS


@given(head=st.sampled_from([make()[:length] for make in SEEDS.values() for length in (3, 12, 24)]), tail=st.binary())
@settings(max_examples=300)
def test_noise_behind_a_good_start_is_refused(head: bytes, tail: bytes) -> None:
    assert not decode_or_refuse(head + tail, None)


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.heic, pictures.avif, pictures.webp, pictures.one_bit_png])
def test_every_cut_of_a_photo_is_refused_or_loses_nothing(make: Callable[[], bytes]) -> None:
    whole = make()
    expected = decode_photo(whole).pixels.tobytes()
    for length in range(0, len(whole), 7):
        try:
            photo = decode_photo(whole[:length])
        except ImageError:
            continue
        assert photo.pixels.tobytes() == expected, length


@pytest.mark.parametrize("make", [pictures.heic, pictures.avif])
def test_a_size_that_is_none_of_the_picture_says_nothing_of_a_broken_file(make: Callable[[], bytes]) -> None:
    whole, stray = make(), b"ispe" + struct.pack(">III", 0, 30_000, 30_000)
    at = whole.rindex(b"mdat") + 4
    broken = whole[:at] + bytes(len(whole) - at)
    with pytest.raises(ImageBrokenError):
        decode_photo(broken + struct.pack(">I4s", 8 + len(stray), b"free") + stray)


CHILD = """
import resource, sys
from pathlib import Path
from hazardlens.model.errors import ImageTooLargeError
from hazardlens.model.images import decode_photo

decode_photo(Path(sys.argv[1]).read_bytes())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[2:]:
    try:
        decode_photo(Path(path).read_bytes())
        sys.exit(f"{path} was accepted")
    except ImageTooLargeError:
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_bombs_take_less_than_100_megabytes_of_the_process(tmp_path: Path) -> None:
    names = []
    for index, make in enumerate((pictures.jpeg, *huge_pictures.TOO_LARGE.values())):
        names.append(str(tmp_path / str(index)))
        Path(names[-1]).write_bytes(make())

    done = subprocess.run([sys.executable, "-c", CHILD, *names], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100 * 1024, f"{done.stdout} KiB more than before"
