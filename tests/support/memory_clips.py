"""Clips that were never files: frames made in memory, chosen as the decoding child would choose them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo
from hazardlens.model.video.choosing import Chosen, FrameChoice, FrameChooser
from hazardlens.model.video.clip import ClipInfo, Frame
from hazardlens.model.video.limits import VideoLimits

Pixels = npt.NDArray[np.uint8]


@dataclass
class MemoryClip:
    info: ClipInfo
    chosen: Sequence[Chosen[Pixels]]
    progress: float = 0.0

    def __iter__(self) -> Iterator[Frame]:
        for one in self.chosen:
            self.progress = one.time_s / self.info.duration_s
            yield Frame(one.time_s, one.frame, one.spare, one.shot)


def choose(frames: Sequence[tuple[float, Pixels]], choice: FrameChoice) -> list[Chosen[Pixels]]:
    chooser: FrameChooser[Pixels] = FrameChooser(choice)
    chosen = [one for time_s, pixels in frames for one in chooser.offer(time_s, pixels[:, :, 1], pixels)]
    return chosen + chooser.finish()


class MemoryOpener:
    """Opens the same frames, whatever it is asked for."""

    def __init__(self, frames: Sequence[tuple[float, Pixels]], *, scale: int = 1) -> None:
        self._frames, self._scale = frames, scale

    @contextmanager
    def __call__(self, source: bytes | Path, *, limits: VideoLimits, choice: FrameChoice) -> Iterator[MemoryClip]:
        height, width = self._frames[0][1].shape[:2]
        duration_s = self._frames[-1][0] + 0.1
        info = ClipInfo("mp4", "h264", width * self._scale, height * self._scale, duration_s, 10.0, 0)
        yield MemoryClip(info, choose(self._frames, choice))


def texture(seed: int, *, width: int = 160, height: int = 96) -> Pixels:
    """Blocks within blocks of random brightness, a world of its own for each seed."""
    rng = np.random.default_rng(seed)
    grey = np.full((height, width), rng.uniform(90, 160), np.float32)
    for side, depth in ((64, 60), (32, 40), (16, 25), (4, 12)):
        blocks = rng.uniform(-depth, depth, (height // side + 1, width // side + 1))
        grey += np.kron(blocks, np.ones((side, side)))[:height, :width]
    return np.repeat(np.clip(grey, 5, 250).astype(np.uint8)[:, :, None], 3, axis=2)


def blurred(pixels: Pixels) -> Pixels:
    soft = pixels.astype(np.float32)
    for axis in (0, 1):
        soft = np.mean([np.roll(soft, step, axis) for step in range(-5, 6)], axis=0)
    return soft.astype(np.uint8)


def panned(seed: int, seconds: float, *, rate: float = 10.0, start_s: float = 0.0) -> list[tuple[float, Pixels]]:
    """A camera that goes evenly over one world."""
    count = round(seconds * rate)
    world = texture(seed, width=160 + 2 * count)
    return [(start_s + n / rate, world[:, 2 * n : 2 * n + 160]) for n in range(count)]


def with_patch(pixels: Pixels, box: tuple[int, int, int, int], score: float) -> Pixels:
    """A red patch that `patch_detector` takes for a hazard of this score."""
    painted = pixels.copy()
    painted[box[1] : box[3], box[0] : box[2]] = (250, 20, round(score * 200))
    return painted


def find_patch(photo: Photo, labels: tuple[str, ...], label: str) -> Detections:
    """The red patch of a frame, in pixels of the upright clip."""
    pixels = photo.pixels.astype(np.int16)
    rows, columns = np.nonzero(pixels[:, :, 0] - pixels[:, :, 1] > 150)
    if not len(rows):
        return Detections.empty(labels)
    score = float(np.median(pixels[rows, columns, 2])) / 200
    scale = photo.width / pixels.shape[1]
    box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32) * np.float32(scale)
    return Detections(box, np.array([score], np.float32), np.array([labels.index(label)], np.int64), labels)
