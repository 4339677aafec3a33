"""Photos as people and attackers send them: what comes out, and what is refused by which code."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from hazardlens.model.errors import ImageBrokenError, ImageEmptyError, ImageError, ImageFormatError, ImageTooLargeError
from hazardlens.model.images import Photo, decode_photo
from support import broken_pictures, huge_pictures, pictures

ANNOUNCED_IN_SUFFIX = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "AVIF": "avif"}


def assert_marked(photo: Photo, tolerance: int = 12) -> None:
    found = np.asarray(pictures.corners_of(photo.pixels))
    assert np.abs(found - np.asarray(pictures.CORNERS)).max() <= tolerance, found.tolist()


@pytest.mark.parametrize("make", pictures.MARKED.values(), ids=pictures.MARKED.keys())
def test_awkward_photos_decode_to_the_picture_they_show(make: Callable[[], bytes]) -> None:
    photo = decode_photo(make())

    assert (photo.width, photo.height) == (96, 64)
    assert photo.pixels.shape == (64, 96, 3)
    assert photo.pixels.flags.c_contiguous
    assert_marked(photo)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ANNOUNCED_IN_SUFFIX)
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    photo = decode_photo(pictures.oriented(orientation, kind))

    assert (photo.width, photo.height, photo.format) == (96, 64, ANNOUNCED_IN_SUFFIX[kind])
    assert_marked(photo)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_is_turned_once_although_it_says_so_twice(orientation: int) -> None:
    photo = decode_photo(pictures.oriented_heic(orientation))

    assert (photo.width, photo.height, photo.format) == (96, 64, "heif")
    assert_marked(photo)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_photo_keeps_the_size_of_the_upright_original(orientation: int) -> None:
    exif = Image.Exif()
    exif[pictures.ORIENTATION_TAG] = orientation
    data = pictures.jpeg(1601, 403, exif=exif.tobytes())

    photo = decode_photo(data, min_side_px=400)

    sideways = orientation >= 5
    assert (photo.width, photo.height) == ((403, 1601) if sideways else (1601, 403))
    assert photo.pixels.shape == ((401, 101, 3) if sideways else (101, 401, 3))


@pytest.mark.parametrize(
    ("long_side", "min_side_px", "reduced"),
    [
        pytest.param(640, None, 640, id="no wish"),
        pytest.param(639, 640, 639, id="smaller than wished"),
        pytest.param(1279, 640, 1279, id="half would be too small"),
        pytest.param(1280, 640, 640, id="half is just enough"),
        pytest.param(1281, 640, 641, id="halves round up"),
        pytest.param(2560, 640, 640, id="a quarter"),
        pytest.param(5121, 640, 641, id="an eighth"),
        pytest.param(11000, 640, 1375, id="never less than an eighth"),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpegs_decode_at_the_smallest_size_that_is_enough(
    mode: str,
    long_side: int,
    min_side_px: int | None,
    reduced: int,
) -> None:
    data = pictures.saved(Image.new(mode, (30, long_side)), "JPEG")

    photo = decode_photo(data, min_side_px=min_side_px)

    assert (photo.width, photo.height) == (30, long_side)
    assert photo.pixels.shape[0] == reduced


def test_reduced_decoding_shows_the_same_picture() -> None:
    data = pictures.phone_jpeg(1600, 1200)
    full = decode_photo(data)
    reduced = decode_photo(data, min_side_px=400)

    averaged = full.pixels.reshape(300, 4, 400, 4, 3).mean(axis=(1, 3))
    assert reduced.pixels.shape == (300, 400, 3)
    assert np.abs(averaged - reduced.pixels).mean() < 3


def test_the_two_jpeg_decoders_agree_to_the_pixel() -> None:
    strict, odd = (decode_photo(make()) for make in (pictures.jpeg, pictures.jpeg_with_odd_marker_bytes))

    assert np.array_equal(strict.pixels, odd.pixels)


def test_grey_16_bit_keeps_its_shades() -> None:
    pixels = decode_photo(pictures.grey_16_bit_png()).pixels

    expected = np.linspace(60000, 2000, 96).astype(np.uint16) >> 8
    assert np.array_equal(pixels[0], np.repeat(expected[:, None], 3, axis=1))


@pytest.mark.parametrize("make", [pictures.grey_jpeg, pictures.grey_transparent_png, pictures.one_bit_png])
def test_grey_photos_have_three_equal_channels(make: Callable[[], bytes]) -> None:
    pixels = decode_photo(make()).pixels

    assert pixels.shape == (64, 96, 3)
    assert np.array_equal(pixels[:, :, 0], pixels[:, :, 1])
    assert np.array_equal(pixels[:, :, 0], pixels[:, :, 2])
    assert pixels.std() > 10


@pytest.mark.parametrize("make", [pictures.transparent_png, pictures.palette_png])
def test_transparent_ground_becomes_white(make: Callable[[], bytes]) -> None:
    assert decode_photo(make()).pixels[32, 48].tolist() == [255, 255, 255]


def test_one_pixel_and_a_panorama_work() -> None:
    pixel, panorama = (decode_photo(make(), min_side_px=640) for make in (pictures.one_pixel, pictures.panorama))

    assert pixel.pixels.tolist() == [[[10, 200, 30]]]
    assert (panorama.width, panorama.height) == (20000, 200)
    assert panorama.pixels.shape == (25, 2500, 3)


@pytest.mark.parametrize("make", broken_pictures.BROKEN.values(), ids=broken_pictures.BROKEN.keys())
@pytest.mark.parametrize("min_side_px", [None, 32])
def test_damaged_photos_are_refused_whole(make: Callable[[], bytes], min_side_px: int | None) -> None:
    with pytest.raises(ImageBrokenError) as caught:
        decode_photo(make(), min_side_px=min_side_px)

    assert caught.value.code == "image_broken"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_cut_anywhere_is_refused_and_not_half_grey(share: float, progressive: bool) -> None:
    # Drawn from a seed: a progressive file that happens to be cut between two scans is whole, only coarser.
    noise = np.random.default_rng(1).integers(0, 256, (240, 320), np.uint8)
    whole = pictures.saved(Image.fromarray(noise), "JPEG", progressive=progressive)

    with pytest.raises(ImageBrokenError):
        decode_photo(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("make", broken_pictures.UNSUPPORTED.values(), ids=broken_pictures.UNSUPPORTED.keys())
def test_other_formats_are_refused_by_content(make: Callable[[], bytes]) -> None:
    with pytest.raises(ImageFormatError, match="expected JPEG, PNG, WebP, HEIC/HEIF or AVIF, found") as caught:
        decode_photo(make())

    assert caught.value.code == "image_format_unsupported"


def test_no_bytes_are_an_error_of_their_own() -> None:
    with pytest.raises(ImageEmptyError) as caught:
        decode_photo(b"")

    assert caught.value.code == "image_empty"


@pytest.mark.parametrize("make", huge_pictures.TOO_LARGE.values(), ids=huge_pictures.TOO_LARGE.keys())
def test_bombs_are_refused_before_their_pixels_take_memory(make: Callable[[], bytes]) -> None:
    data = make()
    tracemalloc.start()
    try:
        with pytest.raises(ImageTooLargeError, match=r"megapixels; the limit is 50$") as caught:
            decode_photo(data)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert caught.value.code == "image_too_large"
    assert peak_bytes < 4 * len(data) + 1_000_000


def test_the_limit_is_the_callers_and_not_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)

    assert decode_photo(pictures.transparent_png(), max_pixels=96 * 64).width == 96
    with pytest.raises(ImageTooLargeError):
        decode_photo(pictures.transparent_png(), max_pixels=96 * 64 - 1)


def test_a_true_bomb_decodes_where_the_limit_allows_it() -> None:
    photo = decode_photo(huge_pictures.huge_jpeg(), min_side_px=640, max_pixels=100_000_000)

    assert (photo.width, photo.height) == (9643, 10328)
    assert photo.pixels.shape == (1291, 1206, 3)
    assert photo.pixels.std() < 1


def test_scans_without_end_are_refused() -> None:
    whole = pictures.progressive_jpeg()
    last = whole.rindex(b"\xff\xda")
    scan = whole[last:-2]

    assert decode_photo(whole[:last] + scan + b"\xff\xd9").width == 96
    with pytest.raises(ImageBrokenError, match="more than 40 scans"):
        decode_photo(whole[:last] + scan * 40 + b"\xff\xd9")


def test_nothing_is_registered_with_pillow() -> None:
    decode_photo(pictures.heic())

    assert "HEIF" not in Image.OPEN


@pytest.mark.parametrize(
    ("pixels", "width", "height", "message"),
    [
        pytest.param(
            np.zeros((4, 5), np.uint8), 5, 4, r"expected \(H, W, 3\) of uint8, found \(4, 5\)", id="no channels"
        ),
        pytest.param(np.zeros((4, 5, 4), np.uint8), 5, 4, r"found \(4, 5, 4\)", id="four channels"),
        pytest.param(np.zeros((4, 5, 3), np.float32), 5, 4, "of float32", id="wrong type"),
        pytest.param(np.zeros((0, 5, 3), np.uint8), 5, 4, r"found \(0, 5, 3\)", id="no rows"),
        pytest.param(np.zeros((4, 5, 3), np.uint8), 0, 4, "at least 1x1, found 0x4", id="no width"),
    ],
)
def test_a_photo_checks_itself(pixels: np.ndarray[tuple[int, ...]], width: int, height: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Photo(pixels, width, height, "png")


def test_every_image_error_has_a_code_of_its_own() -> None:
    kinds = [ImageEmptyError, ImageFormatError, ImageTooLargeError, ImageBrokenError, ImageError]

    assert len({kind.code for kind in kinds}) == len(kinds)
