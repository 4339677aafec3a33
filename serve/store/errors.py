"""What keeps rows and photos from being read or written.

RequestError
└── BlobMissingError            404
UnavailableError
└── StorageError                503 with Retry-After
    ├── StoreUnavailableError
    └── BlobStoreError
"""

from hazardlens.serve.errors import RequestError, UnavailableError
from hazardlens.serve.refusing import RETRY_AFTER_S


class BlobMissingError(RequestError):
    """No photo of this number, or it is no longer kept."""

    code = "media_missing"
    status = 404
    title = "No such photo"


class StorageError(UnavailableError):
    """Something is kept elsewhere, and that place fails."""

    def __init__(self, detail: str, *, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)


class StoreUnavailableError(StorageError):
    """The database cannot be reached."""

    code = "store_unavailable"
    title = "The database is not available"


class BlobStoreError(StorageError):
    """The place where photos are kept cannot be reached, is full, or lost one."""

    code = "media_store_unavailable"
    title = "The store for photos is not available"

    def __init__(self, detail: str, *, of_one: bool = False, retry_after_s: int = RETRY_AFTER_S) -> None:
        """Say what failed; `of_one` where it may be that one photo, for ever, while the store does well."""
        super().__init__(detail, retry_after_s=retry_after_s)
        self.of_one = of_one
