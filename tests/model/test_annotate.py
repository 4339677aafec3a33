"""Drawing on photos of every size."""

import numpy as np
import pytest
from PIL import Image

from hazardlens.model.annotate import HAZARD_COLOURS, annotate
from hazardlens.model.detections import Detection
from hazardlens.model.images import Photo
from hazardlens.model.taxonomy import HAZARDS, LABEL_HAZARDS, Category

WHITE = (255, 255, 255)


def photo_of(width: int, height: int, *, reduced: int = 1) -> Photo:
    pixels = np.full((-(-height // reduced), -(-width // reduced), 3), 255, np.uint8)
    return Photo(pixels, width, height, "png")


def clutter(*box: float, confidence: float = 0.87) -> Detection:
    x_min, y_min, x_max, y_max = box
    return Detection("stacked_clutter", confidence, (x_min, y_min, x_max, y_max))


def touched(picture: Image.Image) -> tuple[int, int, int, int]:
    """Edges of everything that is not white any more."""
    changed = (np.asarray(picture) != WHITE).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def colours_in(picture: Image.Image) -> set[tuple[int, ...]]:
    colours = picture.getcolors(maxcolors=256 * 256)
    assert colours is not None
    return {colour for _, colour in colours if isinstance(colour, tuple)}


@pytest.mark.parametrize(
    ("width", "height"),
    [(1, 1), (2, 3), (8, 1), (1, 500), (20000, 200), (640, 480), (4032, 3024)],
)
def test_photos_of_every_size_can_be_drawn_on(width: int, height: int) -> None:
    picture = annotate(photo_of(width, height), [clutter(0, 0, width, height), clutter(0, 0, 0, 0)])

    assert picture.size == (width, height)
    assert picture.mode == "RGB"
    assert colours_in(picture) != {WHITE}


def test_no_detections_leave_the_photo_as_it_is() -> None:
    photo = photo_of(50, 40)

    assert np.array_equal(np.asarray(annotate(photo, [])), photo.pixels)


def test_the_photo_itself_stays_clean() -> None:
    photo = photo_of(200, 100)

    annotate(photo, [clutter(20, 20, 180, 80)])

    assert (photo.pixels == 255).all()


def test_the_box_is_where_the_detection_is() -> None:
    picture = annotate(photo_of(1000, 800), [clutter(300, 400, 700, 600)])

    pixels = np.asarray(picture)
    green = HAZARD_COLOURS[Category.STACKED_CLUTTER]
    assert tuple(pixels[500, 301]) == green
    assert tuple(pixels[599, 500]) == green
    assert tuple(pixels[500, 500]) == WHITE
    left, top, right, bottom = touched(picture)
    assert (left, bottom) == (300, 600)
    assert right in range(700, 705)
    assert 300 < top < 400


def test_a_reduced_photo_is_drawn_on_at_its_own_size() -> None:
    picture = annotate(photo_of(4000, 3200, reduced=4), [clutter(1200, 1600, 2800, 2400)])

    left, _, right, bottom = touched(picture)
    assert picture.size == (1000, 800)
    assert (left, bottom) == (300, 600)
    assert right in range(700, 705)


def test_the_picture_shrinks_to_what_is_asked() -> None:
    assert annotate(photo_of(4000, 3000), [clutter(0, 0, 9, 9)], max_side_px=800).size == (800, 600)
    assert annotate(photo_of(400, 300), [clutter(0, 0, 9, 9)], max_side_px=800).size == (400, 300)


@pytest.mark.parametrize("box", [(0, 0, 60, 60), (940, 0, 1000, 60), (940, 740, 1000, 800), (0, 740, 60, 800)])
def test_labels_at_the_edges_stay_readable(box: tuple[float, float, float, float]) -> None:
    inner, edge = (np.asarray(annotate(photo_of(1000, 800), [clutter(*at)])) for at in ((500, 400, 560, 460), box))

    ink = (inner == 255).all(axis=2).sum()
    assert abs(int((edge == 255).all(axis=2).sum()) - int(ink)) < 2500, "the label's plate is cut off"


def test_each_hazard_has_its_colour() -> None:
    colours = [HAZARD_COLOURS[hazard] for hazard in (*HAZARDS, None)]

    assert len(set(colours)) == len(colours)


@pytest.mark.parametrize("label", [*LABEL_HAZARDS, "a_label_nobody_knows"])
def test_every_label_is_drawn_in_its_hazards_colour(label: str) -> None:
    picture = annotate(photo_of(400, 300), [Detection(label, 0.5, (100, 100, 300, 200))])

    expected = HAZARD_COLOURS[LABEL_HAZARDS[label]] if label in LABEL_HAZARDS else HAZARD_COLOURS[None]
    assert expected in colours_in(picture)


def test_a_models_own_labels_bring_their_hazards() -> None:
    detection = Detection("cable_low", 0.5, (100, 100, 300, 200))

    picture = annotate(photo_of(400, 300), [detection], hazards={"cable_low": Category.DANGLING_CABLE})

    assert HAZARD_COLOURS[Category.DANGLING_CABLE] in colours_in(picture)


def test_a_label_of_another_category_is_drawn_too() -> None:
    picture = annotate(
        photo_of(400, 300), [Detection("leak", 0.5, (9, 9, 99, 99))], hazards={"leak": Category.BURST_PIPE}
    )

    assert not colours_in(picture) & set(HAZARD_COLOURS.values())
    assert len(colours_in(picture)) > 2


def test_the_surest_detection_is_on_top() -> None:
    sure = Detection("manhole_open", 0.9, (100, 100, 300, 250))
    unsure = clutter(100, 100, 300, 250, confidence=0.4)

    pictures = [np.asarray(annotate(photo_of(400, 300), order)) for order in ([sure, unsure], [unsure, sure])]

    assert np.array_equal(pictures[0], pictures[1])
    assert tuple(pictures[0][200, 100]) == HAZARD_COLOURS[Category.RAISED_MANHOLE_COVER]
