"""The image holds what serving needs, and runs as nobody in particular."""

import os
import re
import subprocess
import sys

import pytest

from support.project import PACKAGE_FOLDERS, REPO

DOCKERFILE = (REPO / "Dockerfile").read_text("utf-8")


def _last_stage() -> str:
    return DOCKERFILE.rpartition("\nFROM ")[2]


def test_the_image_runs_as_a_user_with_a_fixed_number_and_no_rights() -> None:
    assert re.findall(r"(?m)^USER (.+)$", _last_stage()) == ["10001:10001"]


def test_the_image_checks_its_health_without_further_tools() -> None:
    assert re.search(r"(?m)^HEALTHCHECK .*\\\n\s+CMD \[\"python\", ", _last_stage())
    assert "apt-get" not in DOCKERFILE


def test_the_image_is_made_in_stages_and_takes_the_environment_only() -> None:
    assert DOCKERFILE.count("\nFROM ") == 2
    assert re.findall(r"(?m)^COPY (.+)$", _last_stage()) == ["--from=build /opt/hazardlens /opt/hazardlens"]


def test_all_that_is_copied_may_travel_to_the_engine_and_no_more() -> None:
    first = DOCKERFILE.partition("\nFROM python:3.11-slim\n")[0]
    copied = {name for line in re.findall(r"(?m)^COPY (.+)$", first) for name in line.split()[:-1]}
    ignored = (REPO / ".dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert set(PACKAGE_FOLDERS) <= copied


@pytest.mark.slow
def test_the_steps_run_and_what_they_make_serves() -> None:
    """45 s: builds the wheel, installs what serving needs, and starts the server as the image would."""
    if not (REPO / "model" / "shipped").is_dir():
        pytest.skip("no bundle ships yet, so the server has nothing to serve")
    command = [sys.executable, str(REPO / "scripts" / "docker_steps.py")]
    # The image's user must get through to its folders, and those of a test are closed to others.
    environment = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "The image's steps ran, and what they made serves."
