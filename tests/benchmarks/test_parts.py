"""The parts of the benchmark that could make its figures wrong without anybody noticing."""

import http.server
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from figures import Cell, Figures, Memory, as_markdown, ratios
from load_clients import Clients, Load
from phone_photos import SMALL_WH, make_mixed, make_set, phone_jpeg
from stages import STAGES, StageTime, percentile_95
from support.command_line import write_photo


def _cell(number: int, system: str, per_s: float, form: str = "") -> Cell:
    return Cell(number, system, "680 px", form, 4, per_s)


def test_a_ratio_compares_within_a_round() -> None:
    cells = [
        _cell(1, "bare loop", 10),
        _cell(1, "hazardlens", 9, "raw"),
        _cell(2, "bare loop", 20),
        _cell(2, "hazardlens", 16, "raw"),
        _cell(3, "bare loop", 5),
        _cell(3, "hazardlens", 5, "raw"),
    ]
    (ratio,) = ratios(cells)
    assert (ratio.beside, ratio.lowest, ratio.middle, ratio.highest) == ("bare loop", 0.8, 0.9, 1.0)


def test_each_way_to_send_is_beside_both_others() -> None:
    cells = [
        _cell(1, "bare loop", 10),
        _cell(1, "hazardlens", 9, "raw"),
        _cell(1, "hazardlens", 8, "multipart"),
        _cell(1, "obvious", 2, "multipart"),
    ]
    assert [(r.form, r.beside, r.middle) for r in ratios(cells)] == [
        ("raw", "bare loop", 0.9),
        ("raw", "obvious", 4.5),
        ("multipart", "bare loop", 0.8),
        ("multipart", "obvious", 4.0),
    ]


def test_a_system_that_answered_nothing_makes_no_ratio() -> None:
    assert ratios([_cell(1, "bare loop", 0), _cell(1, "hazardlens", 9, "raw")]) == []


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (20, 19), (100, 95), (101, 96)])
def test_the_95th_percentile_is_the_nearest_rank(count: int, expected: int) -> None:
    assert percentile_95([float(value) for value in range(count, 0, -1)]) == expected


def test_the_report_shows_every_part() -> None:
    figures = Figures({"cpu": "abacus"}, {"rounds": 1})
    figures.stages = [StageTime("680 px", stage, 3, 1.5, 2.5) for stage in STAGES]
    figures.cells = [_cell(1, "bare loop", 10), Cell(1, "hazardlens", "680 px", "raw", 4, 9, 50.0, 70.0, refused=3)]
    figures.ratios = ratios(figures.cells)
    figures.memory = [Memory(0, 100.0), Memory(10, None)]
    figures.obvious_skipped = "not today"
    text = as_markdown(figures)
    for part in (
        "abacus",
        "| inference | 1.5 / 2.5 |",
        "| 680 px | 4 | hazardlens | raw | 9.0 - 9.0 - 9.0 | 50 / 70 | 3 |",
    ):
        assert part in text
    for part in (
        "| 680 px | raw | 4 | bare loop | 0.90 - 0.90 - 0.90 |",
        "| 0 | 100 |",
        "| 10 | unknown |",
        "not today",
    ):
        assert part in text


def test_drawn_photos_are_the_same_each_time_and_differ_by_seed() -> None:
    assert phone_jpeg(SMALL_WH, seed=1) == phone_jpeg(SMALL_WH, seed=1)
    assert phone_jpeg(SMALL_WH, seed=1) != phone_jpeg(SMALL_WH, seed=2)


def test_drawn_photos_are_as_dense_as_a_phones(tmp_path: Path) -> None:
    """3 to 5 MB at 12 megapixels is 2 to 3.5 bits a pixel; drawn at 3 megapixels to save a second."""
    photo = phone_jpeg((2016, 1512), seed=0, orientation=6)
    assert 2.0 <= len(photo) * 8 / (2016 * 1512) <= 3.5
    with Image.open(BytesIO(photo)) as image:
        assert image.getexif()[0x0112] == 6


def test_sets_and_mixes_are_files_that_open(tmp_path: Path) -> None:
    paths = [*make_set(tmp_path, "small", SMALL_WH, 2).paths, *make_mixed(tmp_path, quick=True)]
    assert len(paths) == 7
    for path in paths:
        with Image.open(path) as image:
            image.verify()


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers 200, and 503 to every third photo; keeps what came."""

    protocol_version = "HTTP/1.1"
    bodies: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.bodies.append((self.headers["content-type"], body))
        self.send_response(503 if len(self.bodies) % 3 == 0 else 200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"full")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def port() -> Iterator[int]:
    _Answers.bodies.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("form", ["raw", "multipart"])
def test_clients_send_whole_photos_and_count_answers_by_status(port: int, tmp_path: Path, form: str) -> None:
    photo = write_photo(tmp_path / "a.jpg")
    outcome = Clients(Load(port, "/", form, (str(photo),), clients=3, requests=12)).run()
    assert outcome.answered == {"200": 8, "503": 4}
    assert len(outcome.latencies_ms) == 8
    assert outcome.example == "full"
    for kind, body in _Answers.bodies:
        assert photo.read_bytes() in body
        assert kind.startswith("image/jpeg" if form == "raw" else "multipart/form-data; boundary=")


def test_clients_stop_when_the_window_is_over(port: int, tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "a.jpg")
    load = Load(port, "/", "raw", (str(photo),), clients=2, warm_up_s=0.01, window_s=0.1)
    assert sum(Clients(load).run().answered.values()) <= len(_Answers.bodies)
    assert _Answers.bodies


def test_a_server_that_is_not_there_is_counted_as_failed(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "a.jpg")
    outcome = Clients(Load(1, "/", "raw", (str(photo),), clients=2, requests=4)).run()
    assert outcome.answered == {"failed": 2}
    assert "refused" in outcome.example
