#!/usr/bin/env python3
"""Decode clips that were damaged or made to hurt, each in its own child as in service; `make fuzz-video COUNT=2000`.

Every answer must be frames or one of the errors that are documented; nothing may be left of a child; this process must
not grow. What breaks that is written to var/fuzz/video.
"""

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_TESTS))

from hazardlens.model.errors import VideoDecoderError, VideoError  # noqa: E402 - found only from here on
from hazardlens.model.video.limits import VideoLimits  # noqa: E402
from hazardlens.model.video.preview import make_preview  # noqa: E402
from hazardlens.model.video.reading import open_clip  # noqa: E402
from support.children import children, open_files  # noqa: E402
from support.hostile import crafted, seeds  # noqa: E402
from support.video_mutants import mutants  # noqa: E402

_FOLDER: Final = _TESTS.parent / "var" / "fuzz" / "video"
_LIMITS: Final = VideoLimits(max_cpu_s=20)
_EVERY_PREVIEW: Final = 10
_BATCH: Final = 50


@dataclass
class Tally:
    """What came out so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


def main() -> int:
    """Try so many; the exit code tells whether a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="default: 2000")
    parser.add_argument("--seed", type=int, default=1, help="the same gives the same clips; default: 1")
    parser.add_argument("--workers", type=int, default=4, help="children at a time; default: 4")
    asked = parser.parse_args()
    tally = Tally()
    files = [*crafted(), *mutants(seeds(), asked.count, asked.seed)]
    grown: list[int] = []
    with ThreadPoolExecutor(asked.workers) as pool:
        for start in range(0, len(files), _BATCH):
            list(pool.map(lambda numbered: _try(tally, *numbered), enumerate(files[start : start + _BATCH], start)))
            gc.collect()
            grown.append(_resident_bytes())
            left = f"{len(children())} children, {open_files()} files open"
            print(f"{start + _BATCH:6} {dict(tally.outcomes)}; {grown[-1] >> 20} MiB, {left}", flush=True)
    return _report(tally, grown, asked.workers)


def _try(tally: Tally, number: int, file: tuple[str, bytes]) -> None:
    name, data = file
    begun = time.monotonic()
    try:
        outcome = _decode(data, with_preview=number % _EVERY_PREVIEW == 0)
    except VideoError as error:
        outcome = error.code
        if isinstance(error, VideoDecoderError):
            tally.ends[f"{str(error)[:80]}: {name.split(' ', 1)[-1]}"] += 1
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
        outcome = "PROMISE BROKEN"
        tally.broken.append(f"{name}: {error!r}")
        _FOLDER.mkdir(parents=True, exist_ok=True)
        (_FOLDER / f"{number}.bin").write_bytes(data)
    tally.outcomes[outcome] += 1
    tally.slowest_s = max(tally.slowest_s, time.monotonic() - begun)


def _decode(data: bytes, *, with_preview: bool) -> str:
    with open_clip(data, limits=_LIMITS) as clip:
        count = sum(1 for _ in clip)
    if with_preview:
        make_preview(data, limits=_LIMITS)
    return "frames" if count else "no frames"


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


def _report(tally: Tally, grown: list[int], workers: int) -> int:
    settled = grown[min(len(grown) - 1, 3) :]
    left = sorted(children())
    print(f"outcomes: {dict(tally.outcomes.most_common())}; slowest {tally.slowest_s:.1f} s, {workers} at a time")
    print(f"memory of this process: {settled[0] >> 20} MiB, then {settled[-1] >> 20} MiB; children left: {len(left)}")
    for line in (*_lines(tally.ends), *tally.broken):
        print(line)
    return 1 if tally.broken or left or tally.outcomes["no frames"] else 0


def _lines(ends: Counter[str]) -> Iterable[str]:
    return (f"{count} x {what}" for what, count in ends.most_common())


if __name__ == "__main__":
    sys.exit(main())
