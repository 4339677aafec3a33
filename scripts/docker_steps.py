"""Run the steps of the Dockerfile where there is no Docker engine, and see that what they make serves.

Each stage is a folder with a bare copy of this machine's Python as its `python`. The steps run with the environment
that the Dockerfile gives them, plus the way to the package index that this machine's pip is set to. Then the server
starts as the image would start it (as its user, where this script runs as root), answers, and stops:

    .venv/bin/python scripts/docker_steps.py

What it cannot show: the base image itself, and a file system mounted read-only; but run by root, the server runs as a
user who may write to its volume only.
"""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[1]
PASSED_ON = ("PIP_CERT", "PIP_DEFAULT_TIMEOUT", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_INDEX_URL")
IMAGE_PATH = re.compile(r"(?<![\w./*-])/(?=(?:dist|opt|src|var)\b)")  # absolute, and made by the image
VARIABLE = re.compile(r"\$(\w+)")
UNWANTED = ("cv2", "matplotlib", "pip", "torch", "torchvision", "ultralytics")
START_LIMIT_S = 60
STOP_LIMIT_S = 20

MAKE_PHOTO = """
import sys
from PIL import Image
Image.effect_noise((640, 480), 40).convert("RGB").save(sys.stdout.buffer, "JPEG")
"""
DESCRIBE = f"""
import importlib.util, json
import hazardlens.serve
unwanted = [name for name in {UNWANTED} if importlib.util.find_spec(name)]
print(json.dumps({{"unwanted": unwanted, "serve": hazardlens.serve.__file__}}))
"""


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

    def process_options(self) -> dict[str, Any]:
        """How a process of this stage starts: folder, environment and, for root alone, the user."""
        options: dict[str, Any] = {"cwd": self.folder, "env": self.environment, "stdin": subprocess.DEVNULL}
        if self.user is not None and os.geteuid() == 0:
            options |= {"user": self.user, "group": self.user, "extra_groups": []}
        return options

    def run(self, *command: str) -> bytes:
        """Run a command in the stage and return what it printed.

        Raises:
            StepError: it failed.
        """
        done = subprocess.run(command, capture_output=True, check=False, **self.process_options())
        if done.returncode:
            output = (done.stdout + done.stderr).decode(errors="replace")
            raise StepError(f"{' '.join(command)}\nexited {done.returncode}:\n{output}")
        printed: bytes = done.stdout
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


def check_content(stage: Stage) -> None:
    """See that the image holds the project itself, and none of what serving does not need."""
    found = json.loads(stage.run("python", "-c", DESCRIBE))
    if found["unwanted"]:
        raise StepError(f"the image holds {found['unwanted']}, which serving does not need")
    if not Path(found["serve"]).is_relative_to(stage.root):
        raise StepError(f"hazardlens.serve comes from {found['serve']}, which is outside the image")


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Send one request to this machine and return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "image/jpeg"} if body else {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    """Poll /readyz until it answers 200.

    Raises:
        StepError: the server ended, or took longer than the limit.
    """
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise StepError(f"the server exited {server.returncode}")
        try:
            if ask(port, "GET", "/readyz")[0] == http.client.OK:
                return
        except ConnectionError:
            pass
        time.sleep(0.1)
    raise StepError(f"not ready after {START_LIMIT_S} s")


def check_answers(stage: Stage, port: int) -> None:
    """See that health, the page and a photo get their answers, and that the image's own healthcheck agrees."""
    photo = stage.run("python", "-c", MAKE_PHOTO)
    for method, path, body in [("GET", "/healthz", None), ("GET", "/", None), ("POST", "/v1/classify", photo)]:
        status, answer = ask(port, method, path, body)
        if status != http.client.OK:
            raise StepError(f"{method} {path} answered {status}: {answer[:500].decode(errors='replace')}")
    stage.run(*json.loads(stage.says["HEALTHCHECK"].partition("CMD ")[2]))


def check_stop(server: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop, and see that it does so by itself."""
    server.send_signal(signal.SIGTERM)
    try:
        code = server.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise StepError(f"asked to stop, the server still ran after {STOP_LIMIT_S} s") from error
    if code not in {0, -signal.SIGTERM}:
        raise StepError(f"asked to stop, the server exited {code}")


def check_serving(stage: Stage, log: Path) -> None:
    """Start the server as the image does, but on a free port of the loopback interface; ask, and stop it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    stage.environment |= {"HAZARDLENS_HOST": "127.0.0.1", "HAZARDLENS_PORT": str(port)}
    with log.open("wb") as output:
        command = json.loads(stage.says["CMD"])
        server = subprocess.Popen(command, stdout=output, stderr=output, **stage.process_options())
    try:
        wait_until_ready(server, port)
        check_answers(stage, port)
        check_stop(server)
    except (StepError, OSError) as error:
        raise StepError(f"{error}\nThe server wrote:\n{log.read_text('utf-8', 'replace')}") from error
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def main() -> int:
    """Build, look inside, serve; print each step, and at the end whether all held."""
    scratch = Path(tempfile.mkdtemp(prefix="docker-steps-"))
    scratch.chmod(0o755)  # the image's user passes through
    try:
        stage = build(REPO / "Dockerfile", scratch)
        check_content(stage)
        check_serving(stage, scratch / "server.log")
    except StepError as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(scratch)
    print("The image's steps ran, and what they made serves.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
