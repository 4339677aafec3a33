from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from hazardlens.model.images import decode_photo
from hazardlens.serve.reports.likeness import bands_of, bits_apart, look_of
from support.intake import as_jpeg, scene

looks = st.integers(0, 2**64 - 1).map(lambda value: f"{value:016x}")


def look(data: bytes) -> str:
    found = look_of(decode_photo(data).pixels)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("change", "most_bits"),
    [
        pytest.param(lambda picture: picture, 3, id="compressed more"),
        pytest.param(lambda picture: picture.resize((160, 120)), 3, id="half the size"),
        pytest.param(lambda picture: picture.convert("L").convert("RGB"), 3, id="without colour"),
        pytest.param(lambda picture: ImageEnhance.Brightness(picture).enhance(0.8), 3, id="darker"),
        pytest.param(lambda picture: picture.crop((4, 3, 316, 237)), 10, id="cut at the edges"),
    ],
)
def test_a_changed_copy_looks_the_same(change: Callable[[Image.Image], Image.Image], most_bits: int) -> None:
    for seed in range(8):
        assert bits_apart(look(as_jpeg(scene(seed))), look(as_jpeg(change(scene(seed)), quality=60))) <= most_bits


def test_other_pictures_look_different() -> None:
    hashes = [look(as_jpeg(scene(seed))) for seed in range(30)]
    assert min(bits_apart(one, two) for n, one in enumerate(hashes) for two in hashes[:n]) > 10


def test_a_picture_of_one_tone_has_no_look() -> None:
    assert look_of(np.full((60, 80, 3), 128, np.uint8)) is None


def test_one_pixel_has_no_look() -> None:
    assert look_of(np.zeros((1, 1, 3), np.uint8)) is None


@given(looks, st.sets(st.integers(0, 63), max_size=3))
def test_hashes_less_than_four_bits_apart_share_a_band(one: str, flipped: set[int]) -> None:
    two = f"{int(one, 16) ^ sum(1 << place for place in flipped):016x}"
    assert bits_apart(one, two) == len(flipped)
    assert set(bands_of(one)) & set(bands_of(two))
