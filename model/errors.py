"""Every error that `hazardlens.model` raises on purpose.

HazardlensError
├── ImageError                  a photo that cannot be used
│   ├── ImageEmptyError             no bytes at all
│   ├── ImageFormatError            not one of the formats we accept, judged by content
│   ├── ImageTooLargeError          more pixels than the limit, judged before decoding
│   └── ImageBrokenError            the right format, but truncated or corrupt
├── VideoError                  a clip that cannot be used
│   ├── VideoFormatError            not one of the containers or codecs we accept, judged by content
│   ├── VideoBrokenError            truncated or corrupt, or without a picture
│   ├── VideoTooLongError           lasts longer than the limit
│   ├── VideoTooLargeError          more pixels in a frame, or more bytes, than the limit
│   ├── VideoLimitError             costs more time, memory or frames than the limits
│   └── VideoDecoderError           the decoder did not survive it
├── MediaError                  one photo or clip of a request cannot be used: which, and the error that says why
├── ClipStoppedError            somebody called off the work on a clip
├── BundleError                 a model bundle that must not be loaded
│   ├── BundleMissingError          a file of the bundle is not there
│   ├── BundleChecksumError         a file differs from the manifest's sha256
│   └── BundleInvalidError          the manifest or the graph breaks the format
├── ExportError                 a reviewed export that must not be read
│   ├── ExportMissingError          it, or a file of it, is not there
│   └── ExportInvalidError          a file differs from its sha256 or breaks the format
├── PolicyError                 a triage policy that breaks its schema
└── InferenceError              the runtime failed on a valid tensor

`code` is stable: it reaches API clients and the command line's JSON, so renaming one is a breaking change.
"""

from typing import ClassVar


class HazardlensError(Exception):
    """Base of all errors raised on purpose; `str(error)` is one line that a person can act on."""

    code: ClassVar[str] = "hazardlens_error"


class ImageError(HazardlensError):
    """A photo that cannot be used."""

    code = "image_invalid"


class ImageEmptyError(ImageError):
    """The photo has no bytes."""

    code = "image_empty"


class ImageFormatError(ImageError):
    """The content is not in an accepted format, whatever its name says."""

    code = "image_format_unsupported"


class ImageTooLargeError(ImageError):
    """The header announces more pixels than the limit; nothing was decoded."""

    code = "image_too_large"


class ImageBrokenError(ImageError):
    """The content starts like an accepted format but is truncated or corrupt."""

    code = "image_broken"


class VideoError(HazardlensError):
    """A clip that cannot be used."""

    code = "video_invalid"


class VideoFormatError(VideoError):
    """The container or the codec is not an accepted one, whatever the file's name says."""

    code = "video_format_unsupported"


class VideoBrokenError(VideoError):
    """The content starts like a clip but is truncated or corrupt, or has no picture that can be decoded."""

    code = "video_broken"


class VideoTooLongError(VideoError):
    """The clip lasts longer than the limit."""

    code = "video_too_long"


class VideoTooLargeError(VideoError):
    """A frame has more pixels than the limit, or the file more bytes."""

    code = "video_too_large"


class VideoLimitError(VideoError):
    """Decoding costs more processor time, memory, waiting or frames than the limits allow."""

    code = "video_limits_exceeded"


class VideoDecoderError(VideoError):
    """The process that decodes ended without an answer: this file breaks the decoder."""

    code = "video_decoder_failed"


class MediaError(HazardlensError):
    """One photo or clip of a request cannot be used.

    Attributes:
        index: its place in the request, from 0.
        name: as the caller gave it.
        reason: what is wrong with it; `reason.code` is the code to tell the caller.
    """

    code = "media_invalid"

    def __init__(self, index: int, name: str, reason: ImageError | VideoError) -> None:
        super().__init__(f"{name}: {reason}")
        self.index = index
        self.name = name
        self.reason = reason


class ClipStoppedError(HazardlensError):
    """Whoever asked for a clip to be looked at wants it no longer."""

    code = "clip_stopped"


class BundleError(HazardlensError):
    """A model bundle that must not be loaded."""

    code = "bundle_invalid"


class BundleMissingError(BundleError):
    """A file that the bundle needs is not there."""

    code = "bundle_missing"


class BundleChecksumError(BundleError):
    """A file of the bundle differs from the sha256 in its manifest."""

    code = "bundle_checksum_mismatch"


class BundleInvalidError(BundleError):
    """The manifest or the graph breaks the bundle format."""


class ExportError(HazardlensError):
    """A reviewed export that must not be read."""

    code = "export_invalid"


class ExportMissingError(ExportError):
    """The export, or a file of it, is not there."""

    code = "export_missing"


class ExportInvalidError(ExportError):
    """A file of the export differs from its sha256, or breaks the format."""


class PolicyError(HazardlensError):
    """A triage policy that breaks its schema."""

    code = "policy_invalid"


class InferenceError(HazardlensError):
    """The runtime failed on a tensor that met the model's contract."""

    code = "inference_failed"
