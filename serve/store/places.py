"""Where photos are kept, by an operator's choice."""

from pathlib import Path

from hazardlens.serve.store.blobs import BlobStore, FolderBlobs


def open_blobs(media_url: str | None, *, folder: Path, endpoint_url: str | None) -> BlobStore:
    """The store for photos.

    Args:
        media_url: "s3://bucket/prefix"; None for the folder.
        folder: where there is no address.
        endpoint_url: of an S3-compatible store that is not Amazon's.

    Raises:
        SettingsError: an address of another kind, or obstore is not installed.
    """
    if media_url is None:
        return FolderBlobs(folder)
    from hazardlens.serve.store.s3_blobs import S3Blobs  # noqa: PLC0415 - obstore is there only where it is needed

    return S3Blobs(media_url, endpoint_url=endpoint_url)
