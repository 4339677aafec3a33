"""The canvas: where a photo lies on it, and boxes there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hazardlens.model.images import Photo, decode_photo
from hazardlens.model.preprocess import PAD_VALUE, letterbox, place
from support import pictures

SIDES = st.integers(1, 30_000)
GREY = np.float32(PAD_VALUE / 255)


def plain(width: int, height: int, *, reduced: int = 1, value: int = 255) -> Photo:
    pixels = np.full((-(-height // reduced), -(-width // reduced), 3), value, np.uint8)
    return Photo(pixels, width, height, "png")


@pytest.mark.parametrize(
    ("width", "height", "inside_xyxy"),
    [
        pytest.param(640, 640, (0, 0, 640, 640), id="as large as the canvas"),
        pytest.param(4032, 3024, (0, 80, 640, 560), id="wide"),
        pytest.param(3024, 4032, (80, 0, 560, 640), id="tall"),
        pytest.param(320, 160, (0, 160, 640, 480), id="small ones grow"),
        pytest.param(1, 1, (0, 0, 640, 640), id="one pixel"),
        pytest.param(20000, 200, (0, 317, 640, 323), id="panorama"),
        pytest.param(30000, 1, (0, 319, 640, 320), id="a line keeps a row"),
        pytest.param(1, 30000, (319, 0, 320, 640), id="a column"),
        pytest.param(640, 639, (0, 0, 640, 639), id="an odd pixel of padding goes below"),
    ],
)
def test_photos_of_every_shape_are_centred_on_grey(
    width: int,
    height: int,
    inside_xyxy: tuple[int, int, int, int],
) -> None:
    canvas, placement = letterbox(plain(width, height), 640)

    left, top, right, bottom = inside_xyxy
    expected = np.full((3, 640, 640), GREY, np.float32)
    expected[:, top:bottom, left:right] = 1
    assert canvas.dtype == np.float32
    assert np.array_equal(canvas, expected)
    whole = np.asarray([[0, 0, width, height]], np.float64)
    assert placement.to_canvas(whole)[0] == pytest.approx(inside_xyxy)


def test_channels_are_rgb_in_0_to_1() -> None:
    pixels = np.empty((8, 8, 3), np.uint8)
    pixels[:] = (255, 51, 0)

    canvas, _ = letterbox(Photo(pixels, 8, 8, "png"), 8)

    assert canvas[:, 3, 3].tolist() == pytest.approx([1.0, 0.2, 0.0])


def test_a_reduced_photo_lies_where_the_full_one_does() -> None:
    data = pictures.phone_jpeg(1600, 1200)
    full, reduced = decode_photo(data), decode_photo(data, min_side_px=320)

    canvas_full, placement_full = letterbox(full, 320)
    canvas_reduced, placement_reduced = letterbox(reduced, 320)

    assert reduced.pixels.shape[1] == 400
    assert placement_full == placement_reduced
    assert np.abs(canvas_full - canvas_reduced).mean() < 3 / 255


def test_shrinking_averages_so_that_thin_lines_stay() -> None:
    pixels = np.zeros((2000, 2000, 3), np.uint8)
    pixels[:, ::20] = 255

    canvas, _ = letterbox(Photo(pixels, 2000, 2000, "png"), 200)

    assert canvas.mean() == pytest.approx(0.05, abs=0.005)


def test_the_photo_is_not_changed() -> None:
    photo = decode_photo(pictures.jpeg())
    before = photo.pixels.copy()

    canvas, _ = letterbox(photo, 96)
    canvas[:] = 0

    assert np.array_equal(photo.pixels, before)


def test_the_same_as_pillow_does_by_itself() -> None:
    photo = decode_photo(pictures.phone_jpeg(700, 500))

    canvas, _ = letterbox(photo, 350)

    expected = np.asarray(Image.fromarray(photo.pixels).resize((350, 250), Image.Resampling.BILINEAR)) / 255
    assert np.abs(canvas[:, 50:300].transpose(1, 2, 0) - expected).max() < 2 / 255


@st.composite
def photo_and_boxes(draw: st.DrawFn) -> tuple[int, int, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    width, height = draw(SIDES), draw(SIDES)
    shares = draw(st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=4))
    boxes = np.asarray(shares, np.float64).reshape(-1, 4) * [width, height, width, height]
    return (
        width,
        height,
        np.concatenate([np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], 1),
    )


@given(photo_and_boxes(), st.sampled_from([32, 320, 640, 1280]))
def test_boxes_come_back_from_the_canvas(
    case: tuple[int, int, np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
    size_px: int,
) -> None:
    width, height, boxes = case
    placement, (fit_w, fit_h) = place(width, height, size_px)

    on_canvas = placement.to_canvas(boxes)
    back = placement.to_original(on_canvas)

    assert back == pytest.approx(boxes, abs=1e-6 * max(width, height))
    assert (on_canvas >= -1e-6).all()
    assert (on_canvas <= size_px + 1e-6).all()
    assert max(fit_w, fit_h) == size_px
    assert min(fit_w, fit_h) >= 1


@given(SIDES, SIDES, st.sampled_from([32, 640]))
def test_the_aspect_is_kept_to_half_a_pixel(width: int, height: int, size_px: int) -> None:
    _, (fit_w, fit_h) = place(width, height, size_px)

    scale = size_px / max(width, height)
    assert abs(fit_w - width * scale) <= max(0.5, 1 - width * scale)
    assert abs(fit_h - height * scale) <= max(0.5, 1 - height * scale)


def test_boxes_in_the_padding_are_cut_to_the_photo() -> None:
    placement, _ = place(200, 100, 100)
    boxes = np.asarray([[-50, -50, 500, 500], [0, 0, 100, 10]], np.float32)

    assert placement.to_original(boxes).tolist() == [[0, 0, 200, 100], [0, 0, 200, 0]]
    assert placement.to_original(boxes).dtype == np.float32


def test_no_boxes_stay_no_boxes() -> None:
    placement, _ = place(200, 100, 100)

    assert placement.to_original(np.zeros((0, 4), np.float32)).shape == (0, 4)
    assert placement.to_canvas(np.zeros((0, 4), np.float32)).shape == (0, 4)
