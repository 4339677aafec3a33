"""What keeps rows and photos from being read or written.

RequestError
└── BlobMissingError            404
UnavailableError
├── StoreUnavailableError       503
└── BlobStoreError              503
"""

from hazardlens.serve.errors import RequestError, UnavailableError


class BlobMissingError(RequestError):
    """No photo of this number, or it is no longer kept."""

    code = "media_missing"
    status = 404
    title = "No such photo"


class StoreUnavailableError(UnavailableError):
    """The database cannot be reached."""

    code = "store_unavailable"
    title = "The database is not available"


class BlobStoreError(UnavailableError):
    """The place where photos are kept cannot be reached, is full, or lost one."""

    code = "media_store_unavailable"
    title = "The store for photos is not available"
