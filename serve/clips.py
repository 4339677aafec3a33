"""What serving does with a clip: look at its head, work on it, make the small copy that people see."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from hazardlens.model.errors import MediaError, VideoError
from hazardlens.model.pipeline import Classifier, Upload
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.classifying import ClipAnswer, ClipClassifier
from hazardlens.model.video.clip import ClipInfo
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.preview import make_preview
from hazardlens.model.video.reading import open_clip
from hazardlens.serve.errors import UnavailableError
from hazardlens.serve.settings import Settings

PREVIEW_MEDIA_TYPE: Final = "video/mp4"


class ClipReader(Protocol):
    """The seam; tests script it. Called from threads."""

    def probe(self, clip: Upload, *, index: int = 0) -> ClipInfo:
        """What the clip's head says.

        Raises:
            MediaError: it cannot be used; `index` is its place in the request.
            UnavailableError: this machine cannot start a process to decode it.
        """

    def classify(
        self,
        classifier: Classifier,
        clip: Upload,
        *,
        photos: Sequence[Upload] = (),
        text: str = "",
        min_confidence: float | None = None,
        request_id: str = "",
        progress: Callable[[float], None],
        stop: Callable[[], bool],
    ) -> ClipAnswer:
        """One decision on a clip and the photos beside it; see `ClipClassifier.classify_clip`.

        Raises:
            MediaError: a file cannot be used; the clip's index is the number of photos.
            ClipStoppedError: `stop()` said so.
            InferenceError: the runtime failed.
            UnavailableError: this machine cannot start a process to decode it.
        """

    def preview(self, clip: Upload, *, stop: Callable[[], bool]) -> bytes:
        """A small MP4 without sound and metadata.

        Raises:
            MediaError: it cannot be made.
            ClipStoppedError: `stop()` said so.
            UnavailableError: this machine cannot start a process to decode it.
        """


class DecodedClips:
    """The real one: each call decodes in a child process of its own, within the settings' limits."""

    def __init__(self, settings: Settings) -> None:
        self._limits = VideoLimits(
            max_seconds=settings.max_video_s,
            max_file_bytes=settings.max_video_bytes,
            max_frame_pixels=settings.max_video_pixels,
            max_frames=settings.max_video_frames,
            max_cpu_s=settings.video_cpu_s,
            max_memory_bytes=settings.video_memory_bytes,
            max_wall_s=settings.video_wall_s,
        )

    def probe(self, clip: Upload, *, index: int = 0) -> ClipInfo:
        """See `ClipReader`."""
        with _named(clip, index), open_clip(clip.data, limits=self._limits, choice=FrameChoice()) as opened:
            return opened.info

    def classify(
        self,
        classifier: Classifier,
        clip: Upload,
        *,
        photos: Sequence[Upload] = (),
        text: str = "",
        min_confidence: float | None = None,
        request_id: str = "",
        progress: Callable[[float], None],
        stop: Callable[[], bool],
    ) -> ClipAnswer:
        """See `ClipReader`."""
        with _able():
            return ClipClassifier(classifier).classify_clip(
                clip.data,
                clip.name,
                text=text,
                photos=photos,
                limits=self._limits,
                min_confidence=min_confidence,
                request_id=request_id,
                progress=progress,
                stop=stop,
            )

    def preview(self, clip: Upload, *, stop: Callable[[], bool]) -> bytes:
        """See `ClipReader`."""
        with _named(clip, 0):
            return make_preview(clip.data, limits=self._limits, stop=stop)


@contextmanager
def _named(clip: Upload, index: int) -> Iterator[None]:
    """What is wrong with a clip is said of this one."""
    try:
        with _able():
            yield
    except VideoError as error:
        raise MediaError(index, clip.name, error) from error


@contextmanager
def _able() -> Iterator[None]:
    """A machine without memory, processes or file handles to spare is no fault of the clip: its bytes are here."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"a clip cannot be decoded just now: {error.strerror or error}") from error
