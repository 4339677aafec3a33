"""The inside of a trial: load a bundle and run it once, in a process that may neither take much nor leave anything.

`python -m hazardlens.serve.registry.trial_process FOLDER SECONDS MEMORY_BYTES`, started by `trial`. Exit code 0: it
runs; 3: it must not be used, and the last line of standard output says why.
"""

import resource
import sys
from pathlib import Path
from typing import Final

from hazardlens.model.bundle import read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.errors import HazardlensError, InferenceError

REFUSED: Final = 3
_MOST_HANDLES: Final = 64


def main(path: str, cpu_s: int, memory_bytes: int) -> int:
    """Try a bundle.

    Args:
        path: its folder.
        cpu_s: seconds of computing, all threads together.
        memory_bytes: beyond what this process has when it begins.

    Returns:
        The exit code.
    """
    _limit(cpu_s, memory_bytes)
    try:
        OnnxDetector(read_bundle(Path(path))).warm_up()
    except InferenceError as error:
        print(f"the graph does not run: {error}")  # noqa: T201 - to whoever started this
        return REFUSED
    except HazardlensError as error:
        print(str(error))  # noqa: T201 - as above
        return REFUSED
    except MemoryError:
        print("it asks for more memory than a trial has")  # noqa: T201 - as above
        return REFUSED
    return 0


def _limit(cpu_s: int, memory_bytes: int) -> None:
    # The runtime reserves far more addresses than it ever uses, so what counts is what is asked for on top of that.
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * resource.getpagesize() + memory_bytes
    for kind, limit in (
        (resource.RLIMIT_AS, most),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MOST_HANDLES),
    ):
        resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
