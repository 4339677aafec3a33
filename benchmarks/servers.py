"""Starts a server on this machine, waits until it is ready, looks at its memory, and ends it by its process id."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
_HERE: Final = Path(__file__).resolve().parent
_READY_WITHIN_S: Final = 120
_STOPS_WITHIN_S: Final = 30


class ServerError(Exception):
    """A server that does not start; the message ends with the last line it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        name: what the report calls it.
        port: on this machine.
        path: where it takes photos.
        pid: of its process.
    """

    name: str
    port: int
    path: str
    pid: int

    def rss_mib(self) -> float | None:
        """Resident memory of its process; None where the system does not say."""
        return memory_mib(self.pid, "VmRSS")

    def peak_mib(self) -> float | None:
        """The most it was."""
        return memory_mib(self.pid, "VmHWM")


@contextlib.contextmanager
def hazardlens_server(bundle: Path, log: Path, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Ours, by its own command and with its default settings, apart from those in `environ`."""
    port = free_port()
    options = ["--host", HOST, "--port", str(port), "--bundle", str(bundle)]
    command = [sys.executable, "-m", "hazardlens.cli.main", "serve", *options]
    with _running("hazardlens", command, port, "/v1/classify", log, environ or {}) as server:
        yield server


@contextlib.contextmanager
def obvious_server(onnx: Path, log: Path) -> Iterator[Server]:
    """FastAPI and ultralytics, with a folder of its own for the settings that ultralytics writes."""
    port = free_port()
    command = [sys.executable, str(_HERE / "obvious_service.py"), str(onnx), str(port)]
    with tempfile.TemporaryDirectory() as folder:
        environ = {"YOLO_CONFIG_DIR": folder, "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"}
        with _running("obvious", command, port, "/predict", log, environ) as server:
            yield server


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def memory_mib(pid: int, field: str) -> float | None:
    """A field of /proc/PID/status in MiB; None on systems without one."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith(f"{field}:")), None)
    return round(int(kib) / 1024, 1) if kib else None


def clean_environ() -> dict[str, str]:
    """The environment without the caller's settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("HAZARDLENS_")}


@contextlib.contextmanager
def _running(
    name: str, command: list[str], port: int, path: str, log: Path, environ: Mapping[str, str]
) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**clean_environ(), **environ})
    try:
        _wait_until_ready(process, port, log)
        yield Server(name, port, path, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < give_up:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    raise ServerError(lines[-1] if lines else "it wrote nothing")
