"""Measures photo classification: each step, the endpoint beside a bare loop and the obvious service, and memory.

    .venv/bin/python benchmarks/classify.py [--quick] [--out FIGURES.json]

Everything runs on this machine, over 127.0.0.1, in a bounded number of requests. What is measured, and why so, is in
docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

from figures import Cell, Figures, Memory, as_markdown, ratios
from hazardlens.model.bundle import ONNX_FILE, SHIPPED_BUNDLE, read_bundle
from hazardlens.model.errors import HazardlensError
from hazardlens.serve.cores import usable_cores
from phone_photos import PHONE_WH, SMALL_WH, PhotoSet, make_mixed, make_set
from servers import Server, ServerError, hazardlens_server, obvious_server
from stages import measure_stages, percentile_95

_HERE: Final = Path(__file__).resolve().parent
_CHILD_TIMEOUT_S: Final = 600
_INTERRUPTED: Final = 130
_MEMORY_STEPS: Final = 4
_MEMORY_CLIENTS: Final = 8


def main() -> int:
    """Run it all; 0, or 2 where it cannot start, or 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that its servers end with it
    options = _options()
    try:
        read_bundle(options.bundle)
    except HazardlensError as error:
        return _give_up(f"--bundle {options.bundle}: {error}")
    if options.photos and not list(options.photos.glob("*.jpg")):
        return _give_up(f"--photos {options.photos}: no .jpg files there")
    try:
        with tempfile.TemporaryDirectory() as folder:
            figures = _Run(options, Path(folder)).measure()
    except ServerError as error:
        return _give_up(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    if options.out:
        options.out.write_text(json.dumps(asdict(figures), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(as_markdown(figures))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, proves nothing")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    parser.add_argument(
        "--bundle", type=Path, default=SHIPPED_BUNDLE, help="model bundle (default: the one that ships)"
    )
    parser.add_argument("--photos", type=Path, help="folder of .jpg files to use in place of drawn photos")
    parser.add_argument("--rounds", type=int, default=5, help="rounds in which the systems take turns (default: 5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement (default: 4)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16], help="clients at once (default: 1 4 16)")
    parser.add_argument("--uploads", type=int, default=2000, help="uploads before memory is read again (default: 2000)")
    parser.add_argument("--no-obvious", action="store_true", help="leave out the service with ultralytics")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.clients, options.uploads = 1, 0.5, [1, 2], 16
    return options


def _give_up(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


class _Run:
    """One run with its options, photos and figures."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options, self._folder = options, folder
        self._cores = usable_cores()
        settings = {name: getattr(options, name) for name in ("rounds", "seconds", "uploads")}
        self.figures = Figures(_machine(self._cores), settings)

    def measure(self) -> Figures:
        """Each part in turn; the load before and after tells whether something else was running."""
        sets = self._photo_sets()
        for photo_set in sets:
            size: dict[str, str | int] = {
                "name": photo_set.name,
                "files": len(photo_set.paths),
                "mean_bytes": photo_set.mean_bytes,
            }
            self.figures.photo_sets.append(size)
            _tell(f"steps: {photo_set.name}")
            runs = 3 if self._options.quick else 60
            self.figures.stages += measure_stages(self._options.bundle, photo_set, runs)
        with ExitStack() as stack:
            ours = stack.enter_context(hazardlens_server(self._options.bundle, self._folder / "hazardlens.log"))
            self.figures.memory.append(Memory(0, ours.rss_mib()))
            self._memory(ours)
            obvious = self._start_obvious(stack)
            for number in range(1, self._options.rounds + 1):
                self._round(number, sets, ours, obvious)
        self.figures.ratios = ratios(self.figures.cells)
        self.figures.machine["load_after"] = round(os.getloadavg()[0], 2)
        return self.figures

    def _photo_sets(self) -> list[PhotoSet]:
        if self._options.photos:
            return [PhotoSet("own photos", tuple(sorted(self._options.photos.glob("*.jpg"))))]
        _tell("drawing photos")
        count = 1 if self._options.quick else 6
        return [
            make_set(self._folder, "12 MP", PHONE_WH, count),
            make_set(self._folder, "680 px", SMALL_WH, count),
        ]

    def _start_obvious(self, stack: ExitStack) -> Server | None:
        if self._options.no_obvious:
            self.figures.obvious_skipped = "--no-obvious was given"
        elif find_spec("ultralytics") is None:
            self.figures.obvious_skipped = "ultralytics is not installed (make install-all brings it)"
        else:
            _tell("starting the obvious service")
            log = self._folder / "obvious.log"
            try:
                return stack.enter_context(obvious_server(self._options.bundle / ONNX_FILE, log))
            except ServerError as error:
                self.figures.obvious_skipped = str(error)
        return None

    def _memory(self, server: Server) -> None:
        """Send photos of mixed sizes and look at the server's memory now and then."""
        photos = make_mixed(self._folder, quick=self._options.quick)
        step = max(1, self._options.uploads // _MEMORY_STEPS)
        for number in range(1, _MEMORY_STEPS + 1):
            _tell(f"memory: upload {number * step} of {step * _MEMORY_STEPS}")
            outcome = self._load(server, photos, "multipart", _MEMORY_CLIENTS, requests=step)
            self.figures.refused_uploads += _refused(outcome)
            self.figures.memory.append(Memory(number * step, server.rss_mib()))
        self.figures.peak_mib = server.peak_mib()

    def _round(self, number: int, sets: Sequence[PhotoSet], ours: Server, obvious: Server | None) -> None:
        for photo_set in sets:
            for clients in self._options.clients:
                _tell(f"round {number} of {self._options.rounds}: {photo_set.name}, {clients} clients")
                self._bare(number, photo_set, clients)
                for form in ("raw", "multipart"):
                    self._endpoint(number, ours, photo_set, form, clients)
                if obvious is not None:
                    self._endpoint(number, obvious, photo_set, "multipart", clients)

    def _bare(self, number: int, photo_set: PhotoSet, clients: int) -> None:
        loops = min(clients, self._cores)
        spec = {
            "bundle": str(self._options.bundle),
            "photos": [str(path) for path in photo_set.paths],
            "loops": loops,
            "window_s": self._options.seconds,
        }
        done = _child("bare_loop.py", spec)
        per_s = round(done["photos"] / done["window_s"], 2)
        self.figures.cells.append(Cell(number, "bare loop", photo_set.name, "", clients, per_s))

    def _endpoint(self, number: int, server: Server, photo_set: PhotoSet, form: str, clients: int) -> None:
        outcome = self._load(server, photo_set.paths, form, clients)
        latencies = outcome["latencies_ms"]
        cell = Cell(
            number,
            server.name,
            photo_set.name,
            form,
            clients,
            per_s=round(len(latencies) / outcome["window_s"], 2),
            p50_ms=round(median(latencies), 1) if latencies else None,
            p95_ms=round(percentile_95(latencies), 1) if latencies else None,
            refused=_refused(outcome),
        )
        self.figures.cells.append(cell)

    def _load(
        self, server: Server, photos: Sequence[Path], form: str, clients: int, requests: int | None = None
    ) -> dict[str, Any]:
        spec = {
            "port": server.port,
            "path": server.path,
            "form": form,
            "photos": [str(path) for path in photos],
            "clients": clients,
            "window_s": self._options.seconds,
            "requests": requests,
        }
        outcome = _child("load_clients.py", spec)
        if outcome["example"]:
            _tell(f"{server.name} answered: {outcome['example']}")
        return outcome


def _refused(outcome: dict[str, Any]) -> int:
    return sum(count for status, count in outcome["answered"].items() if status != "200")


def _child(script: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Run one of the scripts beside this one and read the object that it prints."""
    command = [sys.executable, str(_HERE / script), json.dumps(spec)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_CHILD_TIMEOUT_S, check=False)
    if done.returncode:
        raise ServerError(f"{script}: {done.stderr.strip().rpartition(chr(10))[2]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _machine(cores: int) -> dict[str, str | float | int]:
    models = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "cores": cores,
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "pillow": version("pillow"),
        "uvicorn": version("uvicorn"),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
