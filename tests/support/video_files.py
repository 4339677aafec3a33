"""Small clips made in code: any codec, turned, of uneven time, with sound, with what cameras write beside it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorTrc
from av.video.stream import VideoStream

Pixels = npt.NDArray[np.uint8]

CLOCK: Final = Fraction(1, 90_000)
_ENCODERS: Final = {
    "h264": ("libx264", {"preset": "ultrafast"}),
    "hevc": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"}),
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "lp=1"}),
    "mpeg4": ("mpeg4", {}),
}
_MUXERS: Final = {"mp4": "mp4", "mov": "mov", "webm": "webm", "mkv": "matroska"}


@dataclass(frozen=True)
class Recipe:
    """How a clip is made; `count` frames of a pattern that moves, unless `pictures` says which."""

    codec: str = "h264"
    container: str = "mp4"
    size_wh: tuple[int, int] = (160, 96)
    count: int = 30
    fps: int = 30
    key_gap: int = 12
    pix_fmt: str = "yuv420p"
    rotation: int = 0  # what a player does, clockwise
    mirrored: bool = False
    pixel_aspect: Fraction | None = None
    times_s: Sequence[float] | None = None
    pictures: Sequence[Pixels] | None = None
    sound: bool = False
    encoder: dict[str, str] = field(default_factory=dict)
    muxer: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    hdr: bool = False


def make_clip(recipe: Recipe) -> bytes:
    made = io.BytesIO()
    with av.open(made, "w", format=_MUXERS[recipe.container], container_options=recipe.muxer) as file:
        file.metadata.update(recipe.tags)
        streams = [_picture_stream(file, recipe)] if recipe.count else []
        sound = file.add_stream("aac", rate=48_000) if recipe.sound else None
        for stream in streams:
            for number in range(recipe.count):
                file.mux(stream.encode(_frame(recipe, number)))
            file.mux(stream.encode(None))
        if sound is not None:
            file.mux([*sound.encode(_silence()), *sound.encode(None)])
    return made.getvalue()


def _picture_stream(file: OutputContainer, recipe: Recipe) -> VideoStream:
    encoder, options = _ENCODERS[recipe.codec]
    stream = cast("VideoStream", file.add_stream(encoder, rate=recipe.fps, options={**options, **recipe.encoder}))
    stream.width, stream.height = recipe.size_wh
    stream.pix_fmt = recipe.pix_fmt
    context = stream.codec_context
    context.gop_size = recipe.key_gap
    context.time_base = _clock(recipe)
    if recipe.pixel_aspect:
        context.sample_aspect_ratio = recipe.pixel_aspect
    if recipe.hdr:
        context.color_trc, context.color_primaries, context.colorspace = ColorTrc.SMPTE2084, ColorPrimaries.BT2020, 9
    if recipe.rotation or recipe.mirrored:
        stream.set_display_rotation(-recipe.rotation, hflip=recipe.mirrored)
    return stream


def _clock(recipe: Recipe) -> Fraction:
    """MPEG-4's own clock is coarse; the others take that of MPEG."""
    return Fraction(1, recipe.fps) if recipe.codec == "mpeg4" else CLOCK


def _silence() -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    frame.sample_rate = 48_000
    return frame


def _frame(recipe: Recipe, number: int) -> VideoFrame:
    pixels = recipe.pictures[number % len(recipe.pictures)] if recipe.pictures else pattern(recipe.size_wh, number)
    frame = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=recipe.pix_fmt)
    time_s = recipe.times_s[number] if recipe.times_s else number / recipe.fps
    frame.pts, frame.time_base = round(time_s / _clock(recipe)), _clock(recipe)
    return frame


def pattern(size_wh: tuple[int, int], number: int) -> Pixels:
    """Stripes that wander, so that no frame is like the one before."""
    width, height = size_wh
    across, down = np.arange(width)[None], np.arange(height)[:, None]
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = (across * 3 + number * 7) % 256, (down * 2 + number * 5) % 256
    pixels[..., 2] = (across % 256).astype(np.uint8) + ((down + number * 11) % 256).astype(np.uint8)  # modulo 256
    return pixels


def corner_marked(size_wh: tuple[int, int]) -> Pixels:
    """Grey, with the top left quarter red, the top right green, and the bottom left blue."""
    width, height = size_wh
    pixels = np.full((height, width, 3), 128, np.uint8)
    pixels[: height // 2, : width // 2] = (220, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 200, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 220)
    return pixels
