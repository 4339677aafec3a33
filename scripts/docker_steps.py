"""Run the steps of the Dockerfile where there is no Docker engine, and see that what they make serves.

The server starts as the image would start it (as its user, where this script runs as root), answers, and stops:

    .venv/bin/python scripts/docker_steps.py

What it cannot show: the base image itself, and a file system mounted read-only; but run by root, the server runs as a
user who may write to its volume only.
"""

import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from docker_image import REPO, Stage, StepError, build

UNWANTED = ("cv2", "matplotlib", "pip", "torch", "torchvision", "ultralytics")
START_LIMIT_S = 180
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
        server = stage.start(json.loads(stage.says["CMD"]), output.fileno(), output.fileno())
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
