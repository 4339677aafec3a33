"""The child as its parent sees it: started, listened to for so long, and always ended."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from stat import S_ISREG
from types import TracebackType
from typing import Final, Self

from hazardlens.model.errors import VideoDecoderError, VideoFormatError, VideoLimitError, VideoTooLargeError
from hazardlens.model.video.formats import HEAD_BYTES, VideoFormat, require_video_format
from hazardlens.model.video.limits import MEBI, VideoLimits
from hazardlens.model.video.wire import Job

_MOST_WAITS: Final = 10
"""The parent waits in all for so many times as long as it does for one sign of life: a busy machine is no fault."""
_COMMAND: Final = (sys.executable, "-I", "-m", "hazardlens.model.video.child")
# One arena for all threads and one thread for arrays: address space is counted, and what is set aside counts as well.
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}


def open_source(source: bytes | Path, limits: VideoLimits) -> tuple[int, VideoFormat]:
    """A descriptor that reads the clip, for the caller to close, and the clip's container.

    Raises:
        OSError: the file is not there or may not be read.
        VideoFormatError: it is no clip.
        VideoTooLargeError: it has more bytes than the limit.
    """
    opened = _in_memory(source, limits) if isinstance(source, bytes) else _on_disk(source, limits)
    try:
        return opened, require_video_format(os.pread(opened, HEAD_BYTES, 0))
    except BaseException:
        os.close(opened)
        raise


def _in_memory(data: bytes, limits: VideoLimits) -> int:
    _check_bytes(len(data), limits)
    require_video_format(data[:HEAD_BYTES])  # before it is copied
    with os.fdopen(os.memfd_create("clip", os.MFD_CLOEXEC), "wb") as file:
        file.write(data)
        file.flush()
        return os.dup(file.fileno())


def _on_disk(path: Path, limits: VideoLimits) -> int:
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _check_file(os.fstat(opened), limits)
    except BaseException:
        os.close(opened)
        raise
    return opened


def _check_file(status: os.stat_result, limits: VideoLimits) -> None:
    if not S_ISREG(status.st_mode):
        raise VideoFormatError("it is not a file")
    _check_bytes(status.st_size, limits)


def _check_bytes(count: int, limits: VideoLimits) -> None:
    if count > limits.max_file_bytes:
        found, limit = count / MEBI, limits.max_file_bytes / MEBI
        raise VideoTooLargeError(f"the file has {found:.1f} MiB; the limit is {limit:g}")


class Child:
    """One child at work on one clip; a context that leaves nothing behind.

    Whoever starts it must be the thread that stays with it: the kernel ends the child with that thread.
    """

    def __init__(self, opened: int, job: Job) -> None:
        """Start the child on an open clip.

        Raises:
            OSError: no process can be started.
        """
        self._limits = job.limits
        self._left_s = job.limits.max_wall_s * _MOST_WAITS
        text = json.dumps(job.as_json())
        self._process = subprocess.Popen(  # noqa: S603 - our own module, in our own Python
            [*_COMMAND, text],
            stdin=opened,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            process_group=0,  # keys that stop the parent are the parent's affair; a new session would void the niceness
            bufsize=0,
        )
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self._pipe = self._process.stdout
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child, whatever it is doing."""
        try:
            self._process.kill()
        finally:
            self._process.wait()
            self._pipe.close()

    def read_into(self, target: memoryview) -> None:
        """Fill all of `target` with what comes next.

        Raises:
            VideoDecoderError: the child ended before.
            VideoLimitError: its time is over.
        """
        while target:
            self._wait()
            count = os.readv(self._pipe.fileno(), [target])
            if not count:
                raise self._verdict()
            target = target[count:]

    def read(self, count: int) -> bytes:
        """The next `count` bytes; raises as `read_into`."""
        data = bytearray(count)
        self.read_into(memoryview(data))
        return bytes(data)

    def _wait(self) -> None:
        started = time.monotonic()
        patience_s = min(self._limits.max_wall_s, self._left_s)
        ready = patience_s > 0 and self._poll.poll(patience_s * 1000)
        self._left_s -= time.monotonic() - started
        if not ready:
            raise VideoLimitError(f"the decoder gives no sign of life within {patience_s:g} s")

    def _verdict(self) -> VideoDecoderError | VideoLimitError:
        """Why the child ended without an answer."""
        code = self._process.wait()
        if code in {-signal.SIGXCPU, -signal.SIGKILL}:
            return VideoLimitError(
                f"decoding it takes more than {self._limits.max_cpu_s:g} s of processor time, or too much memory"
            )
        ended = f"signal {-code}" if code < 0 else f"code {code}"
        return VideoDecoderError(f"the decoder does not survive it ({ended})")
