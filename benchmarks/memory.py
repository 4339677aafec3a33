"""Whether the service keeps memory: its resident size after 500 uploads beside that after the last one.

    python benchmarks/memory.py --count 10000

Starts a server with the bundle that ships and sends photos from 320 x 240 to 50 megapixels in four formats, raw and as
forms, to be classified or reported, with broken ones and bombs among them. Prints a line every 500 uploads, and a table
in the end.
Exit code 1: the last size is more than 20 % from the first, or an answer was not the expected one.
"""

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from bomb_photos import BOMBS
from hazardlens.model.bundle import SHIPPED_BUNDLE
from load_clients import Connection, Load, encode_request
from phone_photos import phone_jpeg, scene
from servers import Server, hazardlens_server

MOST_APART: Final = 0.2
_STEP: Final = 500
_CLIENTS: Final = 3
_LOOKS: Final = 5
_AGAIN_S: Final = 0.5
_REST_S: Final = 1.0
_SIZES: Final[Sequence[tuple[int, int, int]]] = (
    (320, 240, 30),
    (680, 510, 60),
    (1280, 960, 60),
    (2048, 1536, 30),
    (4032, 3024, 12),
    (6000, 4000, 3),
    (8160, 6120, 2),
)
"""Width, height, and how many of two hundred uploads are JPEGs of this size; the largest has 49.9 megapixels."""
_BOMBS: Final = ("PNG 60000 x 60000", "JPEG sequential scans", "HEIC grid of grids", "WebP 16383 x 16383")


@dataclass(frozen=True, slots=True)
class Upload:
    """A request, encoded, and the statuses that may answer it."""

    request: bytes
    expected: frozenset[int]


@dataclass(slots=True)
class Figures:
    """What was seen.

    Attributes:
        rss_mib: uploads so far and resident size, in order.
        answered: answers by status.
        unexpected: answers of another status than expected.
        photos_s: uploads a second.
    """

    rss_mib: list[tuple[int, float]] = field(default_factory=list)
    answered: Counter[int] = field(default_factory=Counter)
    unexpected: int = 0
    photos_s: float = 0.0

    @property
    def apart(self) -> float:
        """How far the last size is from the first, as a share of the first."""
        (_, first), (_, last) = self.rss_mib[0], self.rss_mib[-1]
        return abs(last - first) / first


def draw_files(folder: Path, *, quick: bool) -> dict[Path, int]:
    """Photos and what is none, with how many of about two hundred uploads each is."""
    files: dict[Path, int] = {}
    for index, (width, height, weight) in enumerate(_SIZES[:4] if quick else _SIZES):
        path = folder / f"{width}x{height}.jpg"
        path.write_bytes(phone_jpeg((width, height), seed=index, orientation=(1, 6, 8)[index % 3]))
        files[path] = weight
    picture = Image.fromarray(scene((1600, 1200), seed=99))
    for suffix in ("png", "webp", "avif"):
        path = folder / f"other.{suffix}"
        picture.save(path)
        files[path] = 3
    for index, name in enumerate(_BOMBS):
        path = folder / f"bomb-{index}.jpg"
        path.write_bytes(BOMBS[name]())
        files[path] = 1
    cut = folder / "cut.jpg"
    cut.write_bytes(next(iter(files)).read_bytes()[:2000])
    files[cut] = 2
    return files


def encode_uploads(files: dict[Path, int], port: int) -> list[Upload]:
    """Two hundred requests and some, in an order that is always the same."""
    uploads = []
    for path, weight in files.items():
        good = not path.stem.startswith(("bomb", "cut"))
        for number in range(weight):
            report = number % 10 == 9  # a report costs the disk two files, and the same photo only once
            where = "/v1/reports" if report else "/v1/classify"
            load = Load(port, where, "multipart" if number % 2 else "raw", (), _CLIENTS)
            statuses = ({201} if report else {200}) if good else {413, 415, 422}
            uploads.append(Upload(encode_request(load, path), frozenset(statuses)))
    random.Random(5).shuffle(uploads)  # noqa: S311 - the same order on every run
    return uploads


def send(server: Server, uploads: Sequence[Upload], count: int, step: int = _STEP) -> Figures:
    """Send in turn over a few connections, and look at the server's memory every `step` uploads, and at the end."""
    figures = Figures()
    started = time.perf_counter()
    for first in range(0, count, step):
        todo = iter([uploads[number % len(uploads)] for number in range(first, min(count, first + step))])
        lock = threading.Lock()
        threads = [threading.Thread(target=_work, args=(server.port, todo, lock, figures)) for _ in range(_CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done = min(count, first + step)
        figures.rss_mib.append((done, _resident_mib(server)))
        print(f"{done} uploads: {figures.rss_mib[-1][1]:.0f} MiB", file=sys.stderr, flush=True)
    figures.photos_s = count / (time.perf_counter() - started)
    return figures


def _work(port: int, todo: Iterator[Upload], lock: threading.Lock, figures: Figures) -> None:
    with closing(Connection(port)) as connection:
        while True:
            with lock:
                upload = next(todo, None)
            if upload is None:
                return
            status, body = connection.exchange(upload.request)
            while status == 503:  # on a busy machine: come again, as it asks
                with lock:
                    figures.answered[status] += 1
                time.sleep(_AGAIN_S)
                status, body = connection.exchange(upload.request)
            with lock:
                figures.answered[status] += 1
                if status not in upload.expected:
                    figures.unexpected += 1
                    print(f"{status}: {body[:200].decode('utf-8', 'replace')}", file=sys.stderr)


def _resident_mib(server: Server) -> float:
    """The middle of a few looks, as the service works a little on its own too."""
    looks = []
    for _ in range(_LOOKS):
        time.sleep(_REST_S)
        looks.append(server.rss_mib() or 0.0)
    return statistics.median(looks)


def report(figures: Figures, peak_mib: float | None) -> str:
    """A table in Markdown, and a sentence."""
    rows = [f"| {count} | {mib:.0f} |" for count, mib in figures.rss_mib]
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(figures.answered.items()))
    return "\n".join(
        [
            "| uploads | resident, MiB |",
            "| --- | --- |",
            *rows,
            "",
            f"{100 * figures.apart:.1f} % apart; peak {peak_mib or 0:.0f} MiB; {statuses}; {figures.photos_s:.1f} a s.",
        ]
    )


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="uploads (default: 10000)")
    parser.add_argument("--quick", action="store_true", help="no photo of more than 3 megapixels")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = draw_files(folder, quick=options.quick)
        environ = {"HAZARDLENS_DATA_PATH": str(folder / "var")}
        with hazardlens_server(SHIPPED_BUNDLE, folder / "server.log", environ) as server:
            figures = send(server, encode_uploads(files, server.port), options.count)
            print(report(figures, server.peak_mib()))
    return 0 if figures.apart <= MOST_APART and not figures.unexpected else 1


if __name__ == "__main__":
    sys.exit(main())
