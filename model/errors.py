"""Every error that `hazardlens.model` raises on purpose.

HazardlensError
├── ImageError                  a photo that cannot be used
│   ├── ImageEmptyError             no bytes at all
│   ├── ImageFormatError            not one of the formats we accept, judged by content
│   ├── ImageTooLargeError          more pixels than the limit, judged before decoding
│   └── ImageBrokenError            the right format, but truncated or corrupt
├── MediaError                  one photo of a request cannot be used: which, and the ImageError that says why
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


class MediaError(HazardlensError):
    """One photo of a request cannot be used.

    Attributes:
        index: its place in the request, from 0.
        name: as the caller gave it.
        reason: what is wrong with it; `reason.code` is the code to tell the caller.
    """

    code = "media_invalid"

    def __init__(self, index: int, name: str, reason: ImageError) -> None:
        super().__init__(f"{name}: {reason}")
        self.index = index
        self.name = name
        self.reason = reason


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
