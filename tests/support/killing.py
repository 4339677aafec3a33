"""Commands that are killed in the middle of their work."""

import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from support.command_line import command
from support.plug import WAIT_S, Plug


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended that was to be killed: code, and what it had written."""

    was_killed: bool
    err: str


def run_and_kill(plug: Plug, *args: str, begun: Callable[[], bool], within_s: float, dice: random.Random) -> Ended:
    """Run `hazardlens ARGS` on a server's data and kill it at some moment after its work has begun.

    Args:
        plug: whose data.
        args: of the command.
        begun: whether it has begun with what it must not be killed in.
        within_s: longest time from then to the kill.
        dice: chooses the moment.
    """
    with subprocess.Popen(
        command(*args), env=plug.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + WAIT_S
        while process.poll() is None and not begun():
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(dice.uniform(0, within_s))
        process.kill()
        _, err = process.communicate()
        return Ended(process.returncode < 0, err)


def run(plug: Plug, *args: str) -> str:
    """Run `hazardlens ARGS` on a server's data to its end; what it said. Fails with that where it fails."""
    done = subprocess.run(command(*args), env=plug.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr
