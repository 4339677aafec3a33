"""What the machine can do, and which versions ran."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import torch

_BF16_FLAGS: Final = frozenset({"avx512_bf16", "amx_bf16"})
_MOST_WORKERS: Final = 12
_PACKAGES: Final = ("hazardlens", "torch", "torchvision", "ultralytics", "numpy", "safetensors")


def computes_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether bfloat16 is fast here: on a GPU or processor with instructions for it. Emulated, float32 is faster."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        lines = cpuinfo.read_text("utf-8").splitlines()
    except OSError:  # not Linux
        return False
    return any(line.startswith("flags") and not _BF16_FLAGS.isdisjoint(line.split()) for line in lines)


def data_workers(wanted: int | None) -> int:
    """How many processes prepare pictures: as wanted, or none on a CPU and one per core, up to 12, beside a GPU."""
    if wanted is not None:
        return wanted
    return min(_MOST_WORKERS, os.cpu_count() or 1) if torch.cuda.is_available() else 0


def versions() -> dict[str, str]:
    """Python and the packages that shape a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
