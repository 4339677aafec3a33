"""A model is tried in a process of its own before it may enter this one.

A graph that passed every check can still ask for all memory, compute without end, or find a fault in the runtime. In
a process of its own it harms that one alone, which has limits, nothing of the environment's secrets, and no children.
"""

import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hazardlens.model.bundle import SHIPPED_BUNDLE
from hazardlens.model.errors import BundleInvalidError
from hazardlens.serve.registry import trial_process
from hazardlens.serve.settings import Settings, inherited

_MOST_CHARS: Final = 300
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG")
"""What Python needs to find itself; keys of the database and of the object store stay here."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How long a model may take to load and run once, and with how much memory."""

    seconds: float
    memory_bytes: int

    def __call__(self, path: Path) -> None:
        """Try the bundle at `path`.

        Raises:
            BundleInvalidError: it must not be used, or did not come through.
        """
        cpu_s = math.ceil(self.seconds)
        command = [sys.executable, "-P", "-m", trial_process.__name__, str(path.absolute()), str(cpu_s)]
        try:
            done = subprocess.run(  # noqa: S603 - our own module, in our own Python
                [*command, str(self.memory_bytes)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=inherited(_KEPT) | _ONE_THREAD,
                cwd="/",
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BundleInvalidError(f"the trial fails: not done within {self.seconds:g} s") from error
        except OSError as error:
            raise BundleInvalidError(f"the trial fails: cannot be begun: {error.strerror}") from error
        if done.returncode != 0:
            raise BundleInvalidError(f"the trial fails: {_why(done)}")


def trial_of(settings: Settings) -> Trial | None:
    """What the settings want; None: no trial."""
    return Trial(settings.model_trial_s, settings.model_trial_bytes) if settings.model_trial_s else None


def needs_trial(path: Path) -> bool:
    """Whether a bundle came from elsewhere than this package."""
    return path.absolute() != SHIPPED_BUNDLE


def _why(done: "subprocess.CompletedProcess[bytes]") -> str:
    if done.returncode != trial_process.REFUSED:
        ended = f"signal {-done.returncode}" if done.returncode < 0 else f"code {done.returncode}"
        return f"the runtime does not survive it ({ended}), or it takes too much time or memory"
    last = done.stdout.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return last[:_MOST_CHARS] or "it says nothing"
