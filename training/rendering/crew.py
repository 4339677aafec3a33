"""Several studios at work: processes in Blender's environment that take orders and answer."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Any, Final

from hazardlens.training.errors import RenderError
from hazardlens.training.rendering.orders import Order

_BOOT: Final = """
import runpy, sys, types
package = types.ModuleType("hazardlens")
package.__path__ = [sys.argv.pop(1)]
sys.modules["hazardlens"] = package
runpy.run_module("hazardlens.training.rendering.studio", run_name="__main__", alter_sys=True)
"""
"""Lets the studio be imported in an environment where hazardlens, and what it needs, is not installed."""

_CHECK: Final = "import bpy; print(bpy.app.version_string)"
_PATIENCE_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Studio:
    """How to start a studio.

    Attributes:
        python: interpreter of an environment with bpy.
        out: folder for the pictures.
        assets: folder of models and textures, or None to do without.
        long_side_px: of the pictures.
        threads: of one studio.
    """

    python: Path
    out: Path
    assets: Path | None
    long_side_px: int
    threads: int = 1

    def version(self) -> str:
        """Blender's version.

        Raises:
            RenderError: the interpreter is not there, or has no bpy.
        """
        try:
            found = subprocess.run([self.python, "-c", _CHECK], capture_output=True, text=True, check=True, timeout=120)  # noqa: S603 - the interpreter that the user names
        except OSError as error:
            raise RenderError(
                f"{self.python}: cannot be started: {error.strerror}; `make blender` makes one"
            ) from error
        except subprocess.SubprocessError as error:
            raise RenderError(
                f"{self.python}: has no working bpy; `make blender` makes an environment with it"
            ) from error
        return found.stdout.strip().splitlines()[-1]

    def command(self) -> list[str]:
        """The command line of one worker."""
        parent = Path(__file__).resolve().parents[2]
        assets = [] if self.assets is None else ["--assets", str(self.assets.resolve())]
        size = ["--size", str(self.long_side_px), "--threads", str(self.threads)]
        return [str(self.python), "-c", _BOOT, str(parent), "--out", str(self.out.resolve()), *size, *assets]


class Worker:
    """One studio process; it is started when it is needed, and again after it died."""

    def __init__(self, studio: Studio, log: Path) -> None:
        self._studio = studio
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def render(self, order: Order) -> dict[str, Any]:
        """The answer to an order: `frames` and `seconds`, or `error`; a studio that died is an error too."""
        process = self._started()
        timer = Timer(_PATIENCE_S, process.kill)
        timer.start()
        try:
            line = _ask(process, json.dumps(asdict(order)))
        finally:
            timer.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.stop()
        return {"name": order.name, "error": f"the studio ended with status {process.returncode}", "final": False}

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = _popen(self._studio.command(), self._log)
        return self._process


def _popen(command: list[str], log: Path) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with log.open("ab") as errors:
        return subprocess.Popen(  # noqa: S603 - our own program in the interpreter that the user names
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )


def _ask(process: subprocess.Popen[str], line: str) -> str:
    stdin, stdout = _pipes(process)
    try:
        stdin.write(line + "\n")
        stdin.flush()
        return stdout.readline()
    except OSError:  # it died before it could read
        return ""


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise RenderError("a studio was started without pipes")
    return process.stdin, process.stdout


def default_python() -> Path:
    """Where `make blender` puts the interpreter with bpy: beside the environment that runs this."""
    return Path(sys.prefix).with_name(".venv-blender") / "bin" / "python"


@contextmanager
def ended_together(crew: Sequence[Worker]) -> Iterator[None]:
    """Inside, a polite request to end (SIGTERM) ends the workers too; they would finish their scenes otherwise."""

    def end(_signal: int, _frame: object) -> None:
        for worker in crew:
            worker.stop()
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def hire(studio: Studio, count: int, log: Path) -> list[Worker]:
    """So many workers; their processes start with their first orders."""
    return [Worker(studio, log) for _ in range(count)]
