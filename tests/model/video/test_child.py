"""A child that dies, hangs or lies is an error about its file; one that lives can do nothing but decode."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hazardlens.model.errors import VideoBrokenError, VideoDecoderError, VideoLimitError
from hazardlens.model.video.reading import open_clip
from support.children import nothing_left
from support.video_files import Recipe, make_clip


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


INFO = "dict(format='mp4',codec='h264',width=4,height=2,duration_s=1.0,frame_rate=1.0,rotation_deg=0)"
SAY = f"""
import json, os, struct, sys
def say(kind, data, length=None):
    os.write(1, struct.pack("!cI", kind, len(data) if length is None else length) + data)
def info(**changes):
    say(b"I", json.dumps({INFO} | changes).encode())
def frame(width, height, data, length=None):
    say(b"F", struct.pack("!dHHBId", 0.0, width, height, 0, 0, 1.0) + data, length)
"""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("os.kill(os.getpid(), 11)", r"does not survive it \(signal 11\)"),
        ("os.abort()", r"does not survive it \(signal 6\)"),
        ("sys.exit(3)", r"does not survive it \(code 3\)"),
        ("os.write(1, b'F')", r"does not survive it \(code 0\)"),
        ("info(); os.kill(os.getpid(), 11)", "signal 11"),
        ("os.write(1, b'what is this? nobody knows')", "what nobody asked for"),
        ("say(b'I', b'{', 2**31)", "what nobody asked for"),
        ("say(b'I', b'not json')", "what nobody asked for"),
        ("say(b'I', b'[1, 2]')", "what nobody asked for"),
        ("info(surprise=1)", "what nobody asked for"),
        ("info(width='wide')", "what nobody asked for"),
        ("info(duration_s=-1.0)", "what nobody asked for"),
        ('say(b\'E\', b\'{"code": "bundle_invalid", "message": "x"}\')', "what nobody asked for"),
        ("say(b'Z', bytes(12))", "what nobody asked for"),
        ("info(); frame(4, 2, bytes(23))", "what nobody asked for"),
        ("info(); frame(4, 2, bytes(24), 2**32 - 1)", "what nobody asked for"),
        ("info(); frame(60000, 60000, b'', 29 + 60000 * 60000 * 3 & 0xffffffff)", "what nobody asked for"),
        ("info(); frame(0, 0, b'')", "what nobody asked for"),
        ("info(); say(b'P', bytes(3))", "what nobody asked for"),
        ("info(); info()", "what nobody asked for"),
        ("info(); say(b'M', bytes(3))", "what nobody asked for"),
    ],
)
def test_a_child_that_dies_or_lies(code: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hazardlens.model.video.process._COMMAND", (sys.executable, "-I", "-S", "-c", SAY + code))
    with pytest.raises(VideoDecoderError, match=message), open_clip(make_clip(Recipe(count=1))) as clip:
        list(clip)


def test_a_child_that_is_killed_is_one_that_took_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kernel, when memory is short."""
    code = SAY + "os.kill(os.getpid(), 9)"
    monkeypatch.setattr("hazardlens.model.video.process._COMMAND", (sys.executable, "-I", "-S", "-c", code))
    with pytest.raises(VideoLimitError, match="too much memory"), open_clip(make_clip(Recipe(count=1))):
        pytest.fail("opened")


def test_a_message_of_a_child_is_one_short_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"code": "video_broken", "message": "bad\x1b[31m\n" + "x" * 1000})
    code = SAY + f"say(b'E', {text.encode()!r})"
    monkeypatch.setattr("hazardlens.model.video.process._COMMAND", (sys.executable, "-I", "-S", "-c", code))
    with pytest.raises(VideoBrokenError, match=r"^bad\[31mx{293}$"), open_clip(make_clip(Recipe(count=1))):
        pytest.fail("opened")


TRY = """
import json, os, socket, subprocess, sys
from hazardlens.model.video.confining import hold_to, open_nothing_more
from hazardlens.model.video.limits import VideoLimits
answer = hold_to(VideoLimits(), os.getppid())
open_nothing_more(answer)
def outcome(what):
    try:
        what()
    except OSError as error:
        return error.strerror
    except BaseException as error:
        return type(error).__name__
    return "done"
tried = {
    "read a file": lambda: open("/etc/passwd", "rb"),
    "write a file": lambda: open("/tmp/x", "wb"),
    "write the clip": lambda: os.write(0, b"x"),
    "connect": lambda: socket.socket(),
    "a pipe": os.pipe,
    "run a program": lambda: subprocess.run(["/bin/true"]),
    "copy a descriptor": lambda: os.dup(0),
    "take memory": lambda: bytearray(2 << 30),
}
print("this goes nowhere")
os.write(answer, json.dumps({name: outcome(what) for name, what in tried.items()}).encode())
"""


def test_a_child_can_open_and_write_nothing(tmp_path: Path) -> None:
    (tmp_path / "clip").write_bytes(b"")
    with (tmp_path / "clip").open("r+b") as clip:
        done = subprocess.run(
            [sys.executable, "-I", "-c", TRY], stdin=clip, capture_output=True, env={"LC_ALL": "C"}, check=True
        )
    found = json.loads(done.stdout)
    assert found.pop("write the clip") == "File too large"
    assert found.pop("take memory") == "MemoryError"
    assert set(found.values()) == {"Too many open files"}
    assert done.stderr == b""


def test_a_child_does_not_get_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_DATABASE_URL", "postgresql://secret")
    code = SAY + "say(b'E', json.dumps({'code': 'video_broken', 'message': ' '.join(sorted(os.environ))}).encode())"
    monkeypatch.setattr("hazardlens.model.video.process._COMMAND", (sys.executable, "-I", "-S", "-c", code))
    only = "^LC_ALL MALLOC_ARENA_MAX OPENBLAS_NUM_THREADS$"
    with pytest.raises(VideoBrokenError, match=only), open_clip(make_clip(Recipe(count=1))):
        pytest.fail("opened")


def test_a_child_has_the_clip_and_a_pipe_and_no_other_file(monkeypatch: pytest.MonkeyPatch) -> None:
    code = SAY + "say(b'E', json.dumps({'code': 'video_broken', 'message': str(os.listdir('/proc/self/fd'))}).encode())"
    monkeypatch.setattr("hazardlens.model.video.process._COMMAND", (sys.executable, "-I", "-S", "-c", code))
    only = r"^\['0', '1', '2', '3'\]$"  # 3: the listing itself
    with socket.socket(), pytest.raises(VideoBrokenError, match=only), open_clip(make_clip(Recipe(count=1))):
        pytest.fail("opened")


HOLD = """
import sys
from pathlib import Path
from hazardlens.model.video.reading import open_clip
with open_clip(Path(sys.argv[1])) as clip:
    print(clip._child._child._process.pid, flush=True)
    sys.stdin.read()
"""


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(make_clip(Recipe(count=240)))  # more than the pipe and the queue hold
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    for _ in range(600):
        if not is_running(child):
            break
        time.sleep(0.05)
    assert not is_running(child)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
