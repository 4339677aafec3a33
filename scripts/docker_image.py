"""Builds an image's steps into folders, where there is no Docker engine.

Each stage is a folder with a bare copy of this machine's Python as its `python`. The steps run with the environment
that the Dockerfile gives them, plus the way to the package index that this machine's pip is set to.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
PASSED_ON = (
    "PIP_CERT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
)
IMAGE_PATH = re.compile(r"(?<![\w./*-])/(?=(?:dist|opt|src|var)\b)")  # absolute, and made by the image
VARIABLE = re.compile(r"\$(\w+)")


class StepError(Exception):
    """A step failed, or what the steps made does not do what it should; the message says which."""


@dataclass
class Stage:
    """What one FROM of the Dockerfile starts: a root folder, and what its instructions said."""

    root: Path
    environment: dict[str, str]
    folder: Path
    user: int | None = None
    says: dict[str, str] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """Rewrite the absolute paths that the image makes to where they are on this machine."""
        return IMAGE_PATH.sub(f"{self.root}/", text)

    def start(self, command: Sequence[str], stdout: int, stderr: int) -> subprocess.Popen[bytes]:
        """Start a process of this stage: in its folder, with its environment and, run by root, as its user."""
        user = self.user if os.geteuid() == 0 else None
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )

    def run(self, *command: str) -> bytes:
        """Run a command in the stage and return what it printed.

        Raises:
            StepError: it failed.
        """
        process = self.start(command, subprocess.PIPE, subprocess.PIPE)
        printed, complaints = process.communicate()
        if process.returncode:
            output = (printed + complaints).decode(errors="replace")
            raise StepError(f"{' '.join(command)}\nexited {process.returncode}:\n{output}")
        return printed


def read_steps(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the instructions in order, as (name, the rest with continued lines joined)."""
    lines = [line for line in dockerfile.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def start_stage(root: Path) -> Stage:
    """Make a root folder that holds a bare Python, as the base image does: the standard library and pip."""
    home, version = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    local = root / "usr/local"
    (local / "bin").mkdir(parents=True)
    shutil.copy2(home / "bin" / version, local / "bin/python")
    unneeded = shutil.ignore_patterns("site-packages", "dist-packages", "test", "__pycache__", "config-*")
    shutil.copytree(home / "lib" / version, local / "lib" / version, ignore=unneeded)
    for library in (home / "lib").glob("libpython*.so*"):
        shutil.copy2(library, local / "lib")
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {
        "HOME": str(root),
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": str(local / "lib"),
        "PATH": f"{local / 'bin'}:/usr/bin:/bin",
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache/pip")),
    }
    stage = Stage(root, environment, root)
    stage.run("python", "-m", "ensurepip", "--default-pip")
    return stage


def take_folder(stage: Stage, rest: str) -> None:
    """WORKDIR: make the folder if need be, and work there from here on."""
    stage.folder = Path(stage.here(rest))
    stage.folder.mkdir(parents=True, exist_ok=True)


def take_environment(stage: Stage, rest: str) -> None:
    """ENV: set variables, which may name those set before."""
    known = stage.environment
    for assignment in shlex.split(rest):
        name, _, value = assignment.partition("=")
        known[name] = VARIABLE.sub(lambda match: known.get(match[1], ""), stage.here(value))


def copy_in(stage: Stage, rest: str) -> None:
    """COPY: from the repository, or from an earlier stage; a folder's content goes into the target."""
    *sources, target_name = shlex.split(rest)
    origin = REPO
    if sources[0].startswith("--from="):
        origin = stage.root.with_name(sources.pop(0).removeprefix("--from="))
    target = stage.folder / stage.here(target_name)
    for source in (origin / name.lstrip("/") for name in sources):
        if source.is_dir():
            shutil.copytree(
                source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy2(source, target)


def run_shell(stage: Stage, rest: str) -> None:
    """RUN: through a shell; giving files to another user is left out where this script may not."""
    if os.geteuid() != 0 and "chown" in rest:
        return
    stage.run("/bin/sh", "-c", stage.here(rest))


def take_user(stage: Stage, rest: str) -> None:
    """USER: by number, as no name is made for it."""
    stage.user = int(rest.partition(":")[0])


ACTIONS: dict[str, Callable[[Stage, str], None]] = {
    "COPY": copy_in,
    "ENV": take_environment,
    "RUN": run_shell,
    "USER": take_user,
    "WORKDIR": take_folder,
}
SAYINGS = frozenset({"CMD", "EXPOSE", "HEALTHCHECK", "LABEL", "VOLUME"})


def build(dockerfile: Path, scratch: Path) -> Stage:
    """Run every step and return the last stage. Each stage is built at the same path, then moves out of the way.

    Raises:
        StepError: a step failed, or is of a kind that this script does not know.
    """
    root = scratch / "image"
    stage, name = None, ""
    for instruction, rest in read_steps(dockerfile):
        print(instruction, rest, flush=True)
        if instruction == "FROM":
            if stage:
                root.rename(scratch / name)
            stage, name = start_stage(root), rest.partition(" AS ")[2]
        elif stage and instruction in ACTIONS:
            ACTIONS[instruction](stage, rest)
        elif stage and instruction in SAYINGS:
            stage.says[instruction] = rest
        else:
            raise StepError(f"{instruction} {rest}: this script does not know how")
    if stage is None:
        raise StepError(f"no FROM in {dockerfile}")
    return stage
