"""How many cores this process may really use."""

import math
import os
from pathlib import Path
from typing import Final

CGROUP_CPU_MAX: Final = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(cgroup_cpu_max: Path = CGROUP_CPU_MAX) -> int:
    """Cores by affinity, and no more than a container's CPU quota: `os.cpu_count` is the host's and knows neither."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = cgroup_cpu_max.read_text(encoding="ascii").split()
        return max(1, min(cores, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no cgroup v2, or the quota is "max"
        return cores
