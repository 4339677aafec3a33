"""Seconds of clip per second of work: hazardlens beside each frame, and beside `ultralytics` with `vid_stride`.

    python benchmarks/video.py [CLIP] [--server]

Without CLIP it makes one: a minute of 1080p, H.264, a key frame each second, from rendered scenes under a shaking
camera. Each way runs in a process of its own, one after the other. The processor's seconds are of the process and its
children; they tell more than the clock where others use the cores too. `--server` also sends ten clips to a server at
once, watches its memory while they wait, and counts the photos that it answers before and meanwhile.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import psutil

from clip_moments import DATA, photos, sight
from clip_scenes import film
from hazardlens.model.bundle import ONNX_FILE, SHIPPED_BUNDLE, read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import Photo
from hazardlens.model.pipeline import Classifier, ClipResult
from hazardlens.model.triage.policy import load_policy
from hazardlens.model.video.classifying import ClipClassifier
from servers import Server, hazardlens_server, memory_mib

SIZE_WH: Final = (1920, 1080)
RATE: Final = 30
_FILMED_S: Final = 6
_WAITING: Final = 10
_WINDOW_S: Final = 10
SAMPLES: Final = Path(__file__).resolve().parents[1] / "datasets/samples"
_STATES_OF_WORK: Final = frozenset({"waiting", "running"})


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of looking cost.

    Attributes:
        clip_s: seconds of clip that it went through.
        wall_s: by the clock, from opening the file to the last frame; the model was loaded before.
        cpu_s: of the processor, all cores together.
        frames: that went through the network.
        peak_mib: resident memory of the process at its peak, children not counted.
    """

    clip_s: float
    wall_s: float
    cpu_s: float
    frames: int
    peak_mib: float


def ours(clip: Path, seconds: float) -> Callable[[], int]:  # noqa: ARG001 - it always goes through all of the clip
    """What the command line and the server do, on the whole clip, their child included."""
    clips = ClipClassifier(Classifier(OnnxDetector(read_bundle(SHIPPED_BUNDLE)), load_policy()))

    def work() -> int:
        entry = clips.classify_clip(clip, clip.name).classification.media[-1]
        return entry.frames if isinstance(entry, ClipResult) else 0

    return work


def each_frame(clip: Path, seconds: float) -> Callable[[], int]:
    """The same network on each frame of the first seconds, decoded in this process by PyAV."""
    detector = OnnxDetector(read_bundle(SHIPPED_BUNDLE))

    def work() -> int:
        count = 0
        with av.open(str(clip)) as container:
            for frame in islice(container.decode(video=0), round(seconds * RATE)):
                pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                detector.detect([Photo(pixels, frame.width, frame.height, "video")])
                count += 1
        return count

    return work


def stride(clip: Path, seconds: float) -> Callable[[], int]:  # noqa: ARG001 - it always goes through all of the clip
    """`ultralytics` on one frame a second, as its documentation says: it decodes each frame by OpenCV."""
    from hazardlens.training.networks.torchvision_ops import make_importable  # noqa: PLC0415 - torch is heavy

    make_importable()
    from ultralytics import YOLO  # noqa: PLC0415 - the same

    model = YOLO(str(SHIPPED_BUNDLE / ONNX_FILE), task="detect")
    side = read_bundle(SHIPPED_BUNDLE).manifest.input.size_px
    arguments: dict[str, Any] = {"imgsz": side, "vid_stride": RATE, "stream": True, "verbose": False}
    model(np.zeros((side, side, 3), np.uint8), imgsz=side, verbose=False)
    return lambda: sum(1 for _ in model(str(clip), **arguments))


WAYS: Final[dict[str, Callable[[Path, float], Callable[[], int]]]] = {
    "hazardlens": ours,
    "each frame": each_frame,
    "ultralytics, vid_stride 30": stride,
}


def _cpu_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def measure_here(way: str, clip: Path, clip_s: float, seconds: float) -> Cost:
    """Go through a clip in this process; loading the model counts neither as time nor as work."""
    work = WAYS[way](clip, seconds)
    cpu_s, started = _cpu_s(), time.perf_counter()
    frames = work()
    wall_s, cpu_s = time.perf_counter() - started, _cpu_s() - cpu_s
    peak_mib = memory_mib(os.getpid(), "VmHWM") or 0.0
    covered_s = min(seconds, clip_s) if way == "each frame" else clip_s
    return Cost(covered_s, round(wall_s, 2), round(cpu_s, 2), frames, round(peak_mib, 1))


def measure(way: str, clip: Path, clip_s: float, seconds: float) -> Cost:
    """The same in a process of its own."""
    command = [sys.executable, __file__, str(clip), "--way", way, "--clip-seconds", str(clip_s), "--each", str(seconds)]
    with tempfile.TemporaryDirectory() as settings:  # that ultralytics writes
        environ = {**os.environ, "YOLO_CONFIG_DIR": settings, "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        sys.exit(f"{way}: {done.stderr.strip().splitlines()[-1]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def make_clip(path: Path, seconds: float, data: Path) -> None:
    """A few seconds of film, over and over: what is in view costs nothing, what is decoded does."""
    hazards, harmless = photos(data)
    row = [sight(record, _FILMED_S / 3) for record in (harmless[0], hazards[0], harmless[1])]
    filmed = [frame.pixels for frame in film([row], size_wh=(960, 540), rate=RATE, seed=1)]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "g": str(RATE)})
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(filmed[number % len(filmed)], format="rgb24")
            scaled = frame.reformat(*SIZE_WH, format="yuv420p")
            scaled.pts = number
            container.mux(stream.encode(scaled))
        container.mux(stream.encode(None))


def length_s(clip: Path) -> float:
    """How long a clip is."""
    with av.open(str(clip)) as container:
        return float(container.duration or 0) / av.time_base


def watch_server(clip: Path, folder: Path) -> dict[str, float]:
    """A server before ten clips come, while they wait, and after them.

    Returns:
        Memory of the server and its children in MiB: `before`, at the `most`, and `after`. `seconds` until the last
        clip was done. `photos_per_s` of four clients `alone` and `beside` the clips.
    """
    environ = {
        "HAZARDLENS_DATA_PATH": str(folder / "data"),
        "HAZARDLENS_RATE_LIMIT_ANONYMOUS_PER_MINUTE": "0",
    }
    with hazardlens_server(SHIPPED_BUNDLE, folder / "server.log", environ) as server:
        alone = _photos_per_s(_send_photos(server))
        before = _memory_mib(server)
        sent = [_report(server, clip) for _ in range(_WAITING)]
        most, started = before, time.monotonic()
        photos = _send_photos(server)
        while any(_is_at_work(server, *one) for one in sent):
            most = max(most, _memory_mib(server))
            time.sleep(0.5)
        return {
            "before": before,
            "most": most,
            "after": _memory_mib(server),
            "seconds": round(time.monotonic() - started, 1),
            "photos_per_s alone": alone,
            "photos_per_s beside": _photos_per_s(photos),
        }


def _send_photos(server: Server) -> "subprocess.Popen[str]":
    load = {
        "port": server.port,
        "path": server.path,
        "form": "raw",
        "photos": [str(photo) for photo in sorted(SAMPLES.glob("*.jpg"))],
        "clients": 4,
        "warm_up_s": 2,
        "window_s": _WINDOW_S,
    }
    command = [sys.executable, str(Path(__file__).with_name("load_clients.py")), json.dumps(load)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _photos_per_s(clients: "subprocess.Popen[str]") -> float:
    answer, _ = clients.communicate(timeout=120)
    outcome = json.loads(answer)
    if set(outcome["answered"]) != {"200"}:
        sys.exit(f"the server answered photos with {outcome['answered']}")
    return float(round(outcome["answered"]["200"] / outcome["window_s"], 1))


def _memory_mib(server: Server) -> float:
    process = psutil.Process(server.pid)
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return round(total / 1024**2, 1)


def _report(server: Server, clip: Path) -> tuple[str, str]:
    """Send a clip; the report's id, and the key under which whoever sent it may ask how far it is."""
    key, edge = uuid.uuid4().hex, uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{key}.mp4"\r\n\r\n'
    body = head.encode() + clip.read_bytes() + f"\r\n--{edge}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Idempotency-Key": key}
    status, answer = _ask(server, "POST", "/v1/reports", body, headers)
    if status != 201:
        sys.exit(f"the server answered {status}: {answer}")
    return str(answer["id"]), key


def _is_at_work(server: Server, report_id: str, key: str) -> bool:
    status, answer = _ask(server, "GET", f"/v1/reports/{report_id}/work", None, {"Idempotency-Key": key})
    if status != 200:
        sys.exit(f"the server answered {status}: {answer}")
    return bool(answer["work"]) and answer["work"]["state"] in _STATES_OF_WORK


def _ask(server: Server, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def rows(costs: dict[str, Cost]) -> Iterator[str]:
    """A table in Markdown."""
    yield "| way | clip, s | frames | clock, s | processor, s | s of clip per s of processor | memory, MiB |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for way, cost in costs.items():
        speed = cost.clip_s / max(cost.cpu_s, 1e-9)
        time_s = f"{cost.wall_s} | {cost.cpu_s}"
        yield f"| {way} | {cost.clip_s:g} | {cost.frames} | {time_s} | {speed:.1f} | {cost.peak_mib:.0f} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=60, help="how long the clip is that is made")
    parser.add_argument("--each", type=float, default=5, help="how many seconds are gone through frame by frame")
    parser.add_argument("--data", type=Path, default=DATA, help="labelled photos to film")
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--way", choices=sorted(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--clip-seconds", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(asdict(measure_here(options.way, options.clip, options.clip_seconds, options.each))))
        return
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or Path(folder) / "minute.mp4"
        if options.clip is None:
            make_clip(clip, options.seconds, options.data)
        clip_s = length_s(clip)
        print("\n".join(rows({way: measure(way, clip, clip_s, options.each) for way in WAYS})))
        if options.server:
            print(json.dumps(watch_server(clip, Path(folder))))


if __name__ == "__main__":
    main()
