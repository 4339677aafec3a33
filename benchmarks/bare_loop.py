"""The most that these cores could do: decode, letterbox and run the network in a loop, without a service around it.

    python bare_loop.py '{"bundle": "...", "photos": ["..."], "loops": 2}'

Prints one JSON object. One thread a loop and one thread inside the runtime: that is the fastest use of several cores
for photos that come singly (docs/benchmarks.md has the other ways).
"""

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from hazardlens.model.bundle import read_bundle
from hazardlens.model.images import decode_photo
from hazardlens.model.preprocess import letterbox


@dataclass(frozen=True, slots=True)
class Task:
    """What to do.

    Attributes:
        bundle: folder of the model.
        photos: files, read before the clock starts.
        loops: threads.
        warm_up_s: done but not counted.
        window_s: photos that end within it are counted.
    """

    bundle: str
    photos: tuple[str, ...]
    loops: int
    warm_up_s: float = 0.5
    window_s: float = 3.0


@dataclass(slots=True)
class Done:
    """How many photos ended within the window."""

    window_s: float
    photos: int = 0


def run(task: Task) -> Done:
    """Loop until the window is over."""
    bundle = read_bundle(Path(task.bundle))
    size_px = bundle.manifest.input.size_px
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(bundle.onnx_bytes, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    photos = [Path(photo).read_bytes() for photo in task.photos]
    session.run(None, {name: np.zeros((1, 3, size_px, size_px), np.float32)})
    done, lock = Done(task.window_s), threading.Lock()
    first_s = time.perf_counter() + task.warm_up_s
    last_s = first_s + task.window_s

    def work(index: int) -> None:
        while time.perf_counter() < last_s:
            tensor, _ = letterbox(decode_photo(photos[index % len(photos)], min_side_px=size_px), size_px)
            session.run(None, {name: tensor[None]})
            index += task.loops
            with lock:
                done.photos += first_s <= time.perf_counter() <= last_s

    threads = [threading.Thread(target=work, args=(index,)) for index in range(task.loops)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def main() -> None:
    """Read the task from the command line, do it, print the count."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    print(json.dumps(asdict(run(Task(**{**spec, "photos": tuple(spec["photos"])})))))


if __name__ == "__main__":
    main()
