"""Every error that `hazardlens.serve` raises on purpose.

HazardlensError
├── SettingsError               the environment or an argument sets something wrongly
├── AddressInUseError           another process listens on the port
└── ProblemError                an answer that is not 2xx; carries status, code and detail
    ├── RequestError                4xx: the caller can do something about it
    │   ├── MultipartInvalidError       400
    │   ├── JsonInvalidError            400
    │   ├── TextNotUtf8Error            400
    │   ├── BodyTimeoutError            408
    │   ├── BodyTooLargeError           413
    │   ├── FileTooLargeError           413
    │   ├── TooManyFilesError           413
    │   ├── TextTooLongError            413
    │   ├── ContentTypeError            415
    │   ├── NoFileError                 422
    │   ├── FieldUnknownError           422
    │   ├── FieldInvalidError           422
    │   ├── Base64InvalidError          422
    │   └── ModelRefusedError           422, with the code of the error that makes the bundle unusable
    └── UnavailableError            503 with Retry-After: try again
        ├── OverloadedError
        ├── ModelLoadingError
        └── ModelUnusableError          answered with the code of the error that stopped the loading

Below RequestError and UnavailableError each package adds its own: `access`, `reports`, `store` and others have an
`errors.py` too.

`code` is stable: clients branch on it. docs/api.md lists them all, and a test compares that list with this tree.
"""

from typing import ClassVar

from hazardlens.model.errors import HazardlensError


class SettingsError(HazardlensError):
    """A setting that is unknown, or a value that it cannot have; one line names both."""

    code = "settings_invalid"


class AddressInUseError(HazardlensError):
    """The server cannot listen on its address."""

    code = "address_in_use"


class ProblemError(HazardlensError):
    """An answer in the shape of RFC 9457.

    Attributes:
        status: HTTP status.
        title: what kind of problem this is; the same words each time.
        detail: what is wrong with this request, in one sentence.
        retry_after_s: whole seconds after which a second try makes sense.
        media_index: which photo of the request, counted from 0.
        media_name: its name, cleaned.
    """

    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str, *, media_index: int | None = None, media_name: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.media_index = media_index
        self.media_name = media_name
        self.retry_after_s: int | None = None


class RequestError(ProblemError):
    """The caller can do something about it."""

    code = "bad_request"
    status = 400
    title = "Bad request"


class MultipartInvalidError(RequestError):
    """The form breaks RFC 7578, or stops before its closing boundary."""

    code = "multipart_invalid"
    title = "The multipart body is malformed"


class JsonInvalidError(RequestError):
    """The body is announced as JSON and is not."""

    code = "json_invalid"
    title = "The JSON body is malformed"


class TextNotUtf8Error(RequestError):
    """Bytes that should be text are not UTF-8."""

    code = "text_not_utf8"
    title = "Text is not UTF-8"


class BodyTimeoutError(RequestError):
    """The rest of the body did not come."""

    code = "body_timeout"
    status = 408
    title = "The body stopped arriving"


class BodyTooLargeError(RequestError):
    """More bytes than one request may have, announced or counted."""

    code = "body_too_large"
    status = 413
    title = "The request body is too large"


class FileTooLargeError(RequestError):
    """More bytes than one file may have."""

    code = "file_too_large"
    status = 413
    title = "A file is too large"


class TooManyFilesError(RequestError):
    """More files than one request may have."""

    code = "too_many_files"
    status = 413
    title = "Too many files"


class TextTooLongError(RequestError):
    """More characters than a report's words may have."""

    code = "text_too_long"
    status = 413
    title = "The text is too long"


class ContentTypeError(RequestError):
    """A body that is neither a form, nor JSON, nor a picture."""

    code = "content_type_unsupported"
    status = 415
    title = "Unsupported content type"


class NoFileError(RequestError):
    """A well-formed request without a photo."""

    code = "no_file"
    status = 422
    title = "No photo in the request"


class FieldUnknownError(RequestError):
    """A field or query parameter that this endpoint does not have; refused, because a typo must not pass in silence."""

    code = "field_unknown"
    status = 422
    title = "Unknown field or parameter"


class FieldInvalidError(RequestError):
    """A field or query parameter with a value it cannot have."""

    code = "field_invalid"
    status = 422
    title = "Invalid field or parameter"


class Base64InvalidError(RequestError):
    """A photo in JSON that is not base64."""

    code = "base64_invalid"
    status = 422
    title = "A photo is not valid base64"


class ModelRefusedError(RequestError):
    """A bundle that must not enter service; the model in service stays. The answer carries the code of `reason`."""

    code = "model_refused"
    status = 422
    title = "The model was refused"

    def __init__(self, detail: str, reason: HazardlensError) -> None:
        super().__init__(detail)
        self.reason = reason


class UnavailableError(ProblemError):
    """Nothing is wrong with the request: the same one may pass later."""

    code = "unavailable"
    status = 503
    title = "Unavailable"

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class OverloadedError(UnavailableError):
    """As much work waits as may wait."""

    code = "overloaded"
    title = "The server is busy"


class ModelLoadingError(UnavailableError):
    """The model is still being loaded and warmed."""

    code = "model_loading"
    title = "The model is not ready yet"


class ModelUnusableError(UnavailableError):
    """The model or the policy could not be loaded; the answer carries the code of `reason`."""

    code = "model_unusable"
    title = "The model could not be loaded"

    def __init__(self, reason: HazardlensError) -> None:
        super().__init__("the model cannot be used; /readyz says why")
        self.reason = reason
