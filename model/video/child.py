"""The process that decodes one clip: the file at standard input, what is found at standard output, and then it ends.

It runs as a module with a job in its only argument; `hazardlens.model.video.wire` says how it answers.
"""

import io
import json
import os
import queue
import sys
import threading
from collections.abc import Iterable
from typing import Final

import av.logging
import numpy.ma  # noqa: F401 - median() loads it where it is first called, which is too late here: see `confining`

from hazardlens.model.errors import HazardlensError, VideoLimitError
from hazardlens.model.video import wire
from hazardlens.model.video.choosing import Chosen, FrameChooser
from hazardlens.model.video.confining import hold_to, open_nothing_more
from hazardlens.model.video.decoding import Decoding, Timed
from hazardlens.model.video.picture import Painter, luma_of
from hazardlens.model.video.previewing import Draw, encode_preview
from hazardlens.model.video.wire import Job

_WAITING_MESSAGES: Final = 8
"""Decoding goes on while so many frames wait for the parent."""
_FRAMES_PER_STEP: Final = 50


class Sender:
    """Writes messages in a thread of its own, so that the decoder need not wait for the parent at once."""

    def __init__(self, descriptor: int) -> None:
        """Begin to send."""
        self._descriptor = descriptor
        self._waiting: queue.Queue[list[bytes | memoryview] | None] = queue.Queue(_WAITING_MESSAGES)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def send(self, kind: bytes, *parts: bytes | memoryview) -> None:
        """Queue one message; waits while too many wait."""
        self._waiting.put([wire.HEADER.pack(kind, sum(len(part) for part in parts)), *parts])

    def finish(self) -> None:
        """Wait until all is sent."""
        self._waiting.put(None)
        self._thread.join()

    def _send(self) -> None:
        try:
            while (parts := self._waiting.get()) is not None:
                for part in parts:
                    rest = memoryview(part)
                    while rest:
                        rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os._exit(1)  # nobody listens any more


class Steps:
    """Tells the parent how far it is, now and then."""

    def __init__(self, decoding: Decoding, sender: Sender) -> None:
        """Begin at nothing."""
        self._decoding, self._sender = decoding, sender
        self._told = 0

    def __call__(self, time_s: float) -> None:
        """A frame at this time is done."""
        decoded = self._decoding.decoded
        if decoded - self._told >= _FRAMES_PER_STEP:
            self._told = decoded
            done = time_s / max(self._decoding.packets.duration_s, time_s, 1e-6)
            self._sender.send(wire.STEP, wire.PROGRESS.pack(decoded, done))


def main() -> None:
    """Do the job, and answer."""
    job = Job.from_json(json.loads(sys.argv[1]))
    answer = hold_to(job.limits, job.parent)
    sender = Sender(answer)
    draw = _drawing_of(job)
    open_nothing_more(answer)
    av.logging.set_level(None)
    try:
        _work(job, sender, draw)
    except HazardlensError as error:
        _tell(sender, error)
    except MemoryError:
        _tell(sender, VideoLimitError("decoding it needs more memory than the limit"))
    sender.finish()
    os._exit(0)  # the parent has its answer: nothing is left to tidy up


def _drawing_of(job: Job) -> Draw | None:
    """What draws the job's marks; loaded where there are some, and while files can still be opened."""
    if not job.marks:
        return None
    from hazardlens.model.video.marking import draw_marks  # noqa: PLC0415 - most children draw nothing

    return lambda pixels, time_s, size_wh: draw_marks(pixels, job.marks, time_s, size_wh)


def _work(job: Job, sender: Sender, draw: Draw | None) -> None:
    with io.FileIO(0, closefd=False) as file:
        decoding = Decoding(file, job.format, job.limits, job.choice.max_gap_s if job.kind == "frames" else None)
        info = {
            "format": job.format,
            "codec": decoding.codec,
            "width": decoding.pose.width,
            "height": decoding.pose.height,
            "duration_s": decoding.packets.duration_s,
            "frame_rate": decoding.frame_rate,
            "rotation_deg": decoding.pose.turns * 90,
        }
        sender.send(wire.INFO, json.dumps(info).encode())
        if job.kind == "preview":
            step = Steps(decoding, sender)
            sender.send(wire.MADE, encode_preview(decoding, job.max_side_px, step, draw))
        else:
            _send_frames(job, decoding, sender)
            sender.send(wire.DONE, wire.PROGRESS.pack(decoding.decoded, 1.0))


def _send_frames(job: Job, decoding: Decoding, sender: Sender) -> None:
    painter = Painter(decoding.pose.scaled(job.max_side_px))
    chooser = FrameChooser[Timed](job.choice)
    step = Steps(decoding, sender)
    for timed in decoding:
        if chooser.wants(timed.time_s):
            _send_chosen(chooser.offer(timed.time_s, luma_of(timed.frame), timed), painter, sender)
        step(timed.time_s)
    _send_chosen(chooser.finish(), painter, sender)


def _send_chosen(chosen: Iterable[Chosen[Timed]], painter: Painter, sender: Sender) -> None:
    for one in chosen:
        pixels = painter.paint(one.frame.frame)
        height, width = pixels.shape[:2]
        head = wire.FRAME.pack(one.time_s, width, height, one.spare, one.shot)
        sender.send(wire.PICTURE, head, pixels.data.cast("B"))


def _tell(sender: Sender, error: HazardlensError) -> None:
    text = json.dumps({"code": error.code, "message": str(error)}).encode()
    sender.send(wire.PROBLEM, text[: wire.MAX_TEXT_BYTES])


if __name__ == "__main__":
    main()
