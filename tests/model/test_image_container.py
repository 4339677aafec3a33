"""What a HEIF or AVIF says of its size and of what it is made of, whatever it says elsewhere."""

import struct
from collections.abc import Callable, Sequence

import pytest

from bomb_containers import circle, doubling_overlays, grid_of_grids, itself, long_chain, many_turns, small_ispe
from bomb_iso import Codec, Item, av1, box, grid, hevc, iso_file, ispe, resized
from hazardlens.model.errors import ImageBrokenError, ImageTooLargeError
from hazardlens.model.image_container import read_container
from hazardlens.model.image_formats import PhotoFormat
from hazardlens.model.images import WORK_FACTOR, decode_photo
from support import pictures

CODECS: Sequence[Callable[[], Codec]] = (hevc, av1)


def kind_of(codec: Codec) -> PhotoFormat:
    return PhotoFormat.HEIF if codec.brand == b"heic" else PhotoFormat.AVIF


@pytest.mark.parametrize("codec", CODECS)
def test_an_ordinary_file_has_its_size(codec: Callable[[], Codec]) -> None:
    found = read_container(iso_file(codec().brand, [codec().item()]), kind_of(codec()))
    assert max(found.sizes_wh) == (64, 64)
    assert found.work_pixels == 64 * 64


def test_the_size_in_a_hevc_stream_counts_whatever_the_container_says() -> None:
    lying = small_ispe(resized(hevc(), 4000, 3000))
    assert (4000, 3000) in read_container(lying, PhotoFormat.HEIF).sizes_wh
    with pytest.raises(ImageTooLargeError):
        decode_photo(lying, max_pixels=1_000_000)


def test_a_sequence_set_among_the_pixels_counts_too() -> None:
    large = resized(hevc(), 4000, 3000)
    start = large.config.index(b"\x42\x01")
    unit = large.config[start : start + int.from_bytes(large.config[start - 2 : start], "big")]
    codec = hevc()
    item = Item(codec.kind, struct.pack(">I", len(unit)) + unit + codec.data, (ispe(64, 64), codec.config))
    assert (4000, 3000) in read_container(iso_file(b"heic", [item]), PhotoFormat.HEIF).sizes_wh


def test_the_padding_of_a_hevc_stream_is_not_held_against_a_photo() -> None:
    assert decode_photo(pictures.heic(100, 60), max_pixels=100 * 60).width == 100


def test_a_grid_counts_with_its_tiles() -> None:
    tiles = iso_file(b"heic", [grid(2, 3, (192, 128), [1] * 6, (192, 128)), hevc().item()])
    assert read_container(tiles, PhotoFormat.HEIF).work_pixels == 192 * 128 + 6 * 64 * 64
    assert decode_photo(tiles, max_pixels=192 * 128).width == 192


def test_a_small_picture_of_many_tiles_is_too_much_work() -> None:
    tiles = iso_file(b"heic", [grid(30, 30, (64, 64), [1] * 900, (64, 64)), hevc().item()])
    with pytest.raises(ImageTooLargeError, match="tiles and layers"):
        decode_photo(tiles, max_pixels=900 * 64 * 64 // WORK_FACTOR)


def test_the_content_of_a_grid_counts_whatever_its_size_box_says() -> None:
    lying = iso_file(b"heic", [grid(1, 1, (9000, 8000), [1], (64, 64)), hevc().item()])
    with pytest.raises(ImageTooLargeError, match="9000x8000"):
        decode_photo(lying)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("make", [circle, itself, grid_of_grids, doubling_overlays, long_chain])
def test_pictures_of_pictures_have_an_end(make: Callable[[Codec], bytes], codec: Callable[[], Codec]) -> None:
    with pytest.raises(ImageBrokenError, match="more than 4 deep"):
        read_container(make(codec()), kind_of(codec()))


def test_a_chain_is_too_deep_in_any_order() -> None:
    links = [Item(b"iden", b"", (ispe(64, 64),), [number - 1]) for number in range(1, 20)]
    with pytest.raises(ImageBrokenError, match="more than 4 deep"):
        read_container(iso_file(b"heic", [hevc().item(), *links], primary=19), PhotoFormat.HEIF)


@pytest.mark.parametrize("codec", CODECS)
def test_one_turn_of_a_kind_is_enough(codec: Callable[[], Codec]) -> None:
    both = iso_file(codec().brand, [codec().item(None, box(b"irot", b"\x01"), box(b"imir", b"\x00"))])
    assert decode_photo(both).width == 64
    with pytest.raises(ImageBrokenError, match="more than once"):
        decode_photo(many_turns(codec()))
