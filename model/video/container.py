"""Opening a clip with FFmpeg, in the child: one file, two demultiplexers, five decoders, and nothing else."""

import io
from dataclasses import dataclass
from typing import Final, NoReturn

import av
import av.audio.stream
import av.subtitles.codeccontext
import av.subtitles.stream  # PyAV loads these where it meets such streams, which is too late here: see `confining`
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from hazardlens.model.errors import (
    VideoBrokenError,
    VideoFormatError,
    VideoLimitError,
    VideoTooLargeError,
    VideoTooLongError,
)
from hazardlens.model.video.formats import CODECS, VideoFormat
from hazardlens.model.video.limits import DURATION_SLACK_S, VideoLimits

_DEMUXERS: Final[dict[VideoFormat, str]] = {"mp4": "mov", "mov": "mov", "webm": "matroska"}
_DECODERS: Final = {"h264": "h264", "hevc": "hevc", "vp8": "vp8", "vp9": "vp9", "av1": "libdav1d"}
_BUFFER_BYTES: Final = 256 * 1024
_MOST_PACKETS_PER_FRAME: Final = 4


@dataclass(frozen=True, slots=True)
class Packets:
    """What the packets of a clip say, before any is decoded.

    Attributes:
        count: of those that hold a frame to be shown.
        first_s: time of the first frame, by the stream's clock.
        duration_s: to the end of the last frame.
        keys_s: times of the frames that stand alone, by the stream's clock, in order.
    """

    count: int
    first_s: float
    duration_s: float
    keys_s: tuple[float, ...]


def open_container(file: io.FileIO, kind: VideoFormat, limits: VideoLimits) -> InputContainer:
    """Open a clip and read what it says of itself.

    Raises:
        VideoBrokenError: it cannot be read as a clip.
        MemoryError: it asks for more than there is.
    """
    file.seek(0)
    options = {
        "codec_whitelist": ",".join(_DECODERS.values()),
        "protocol_whitelist": "",
        "max_streams": "64",
        "max_pixels": str(limits.max_frame_pixels),
    }
    try:
        return av.open(
            file, "r", format=_DEMUXERS[kind], options=options, buffer_size=_BUFFER_BYTES, io_open=_refuse_to_open
        )
    except (FFmpegError, ValueError, UnicodeError) as error:
        raise broken(error) from error


def picture_stream(container: InputContainer, limits: VideoLimits) -> VideoStream:
    """The stream to look at: the first with moving pictures that we can decode.

    Raises:
        VideoBrokenError: there is no picture.
        VideoFormatError: its codec is none of ours.
        VideoTooLargeError: its frames are.
        VideoTooLongError: the header says so.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        raise VideoBrokenError("there is no picture in it, only sound or nothing")
    stream = next((stream for stream in streams if codec_of(stream) in _DECODERS), None)
    if stream is None:
        raise VideoFormatError(f"expected {', '.join(CODECS)} inside, found {codec_of(streams[0]) or 'another codec'}")
    check_size(stream.codec_context.width, stream.codec_context.height, limits)
    if stream.duration is not None and stream.time_base is not None:
        check_duration(float(stream.duration * stream.time_base), limits)
    elif container.duration is not None:
        check_duration(container.duration / av.time_base, limits)
    return stream


def read_packets(container: InputContainer, stream: VideoStream, limits: VideoLimits) -> Packets:
    """Go through all packets once, without decoding.

    Raises:
        VideoBrokenError: there are none.
        VideoLimitError: there are more than any clip needs.
        VideoTooLongError: they last too long.
    """
    base = float(stream.time_base or 0)
    times: list[float] = []
    keys: list[float] = []
    end = 0.0
    try:
        for number, packet in enumerate(container.demux(stream)):
            if number > limits.max_frames * _MOST_PACKETS_PER_FRAME:
                raise VideoLimitError(f"more than {limits.max_frames} frames; the limit is {limits.max_frames}")
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is None or packet.is_discard or not packet.size:
                continue
            times.append(stamp * base)
            end = max(end, (stamp + (packet.duration or 0)) * base)
            if packet.is_keyframe:
                keys.append(stamp * base)
    except FFmpegError as error:
        if not times:
            raise broken(error) from error
    if not times:
        raise VideoBrokenError("there is not one frame in it")
    first = min(times)
    duration = max(end, *times) - first
    check_duration(duration, limits)
    return Packets(len(times), first, duration, tuple(sorted(keys)))


def codec_of(stream: VideoStream) -> str:
    """Its codec's name; empty where FFmpeg has no decoder for it."""
    context: VideoCodecContext | None = getattr(stream, "codec_context", None)
    return context.codec.canonical_name if context else ""


def check_size(width: int, height: int, limits: VideoLimits) -> None:
    """Refuse frames of more pixels than the limit.

    Raises:
        VideoTooLargeError: so many.
    """
    if width * height > limits.max_frame_pixels:
        found, limit = width * height / 1e6, limits.max_frame_pixels / 1e6
        raise VideoTooLargeError(f"frames of {width}x{height} are {found:.1f} megapixels; the limit is {limit:.1f}")


def check_duration(seconds: float, limits: VideoLimits) -> None:
    """Refuse a clip that lasts longer than the limit.

    Raises:
        VideoTooLongError: so long.
    """
    if seconds > limits.max_seconds + DURATION_SLACK_S:
        raise VideoTooLongError(f"it lasts {seconds:.1f} s; the limit is {limits.max_seconds:g} s")


def broken(error: Exception) -> VideoBrokenError:
    """What to say of a clip that FFmpeg refuses."""
    if isinstance(error, MemoryError | BlockingIOError):  # the second where no thread can be started
        raise MemoryError from error  # noqa: TRY004 - it is about memory
    return VideoBrokenError(f"it is truncated or corrupt ({getattr(error, 'strerror', None) or 'cannot be read'})")


def _refuse_to_open(*_: object) -> NoReturn:
    """Clips may name other files and addresses; none is opened."""
    raise PermissionError("a clip is one file")
