"""What the child gives up before it looks at a stranger's file: it cannot open, write, grow or outlive its parent.

Only standard library: it is the first thing that the child runs.
"""

import ctypes
import math
import os
import resource
import signal
import sys
from typing import Final

from hazardlens.model.video.limits import VideoLimits

_SET_PARENT_DEATH_SIGNAL: Final = 1
_SET_NO_NEW_PRIVILEGES: Final = 38
_NICENESS: Final = 5
"""Photos are answered first: a clip takes what they leave."""


def hold_to(limits: VideoLimits, parent: int) -> int:
    """Limit this process, and tie it to its parent.

    Returns:
        The only descriptor to write to, a copy of standard output; whatever a library prints goes nowhere.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL), (_SET_NO_NEW_PRIVILEGES, 1)):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), f"prctl {option} is refused")
    if os.getppid() != parent:
        sys.exit(1)  # it ended before it could be watched
    os.nice(_NICENESS)
    cpu_s = math.ceil(limits.max_cpu_s)
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),
        (resource.RLIMIT_AS, limits.max_memory_bytes, limits.max_memory_bytes),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (_at_most(kind, soft), _at_most(kind, hard)))
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return answer


def open_nothing_more(last: int) -> None:
    """No file, socket or pipe can be opened from here on: all that is needed is loaded and open, up to `last`."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (last + 1, last + 1))


def _at_most(kind: int, wanted: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
