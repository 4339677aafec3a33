"""Photos in an S3-compatible store: for many servers that share one database."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hazardlens.serve.errors import SettingsError
from hazardlens.serve.store.blobs import NAME
from hazardlens.serve.store.errors import BlobMissingError, BlobStoreError

try:
    import obstore
    from obstore.exceptions import BaseError, PermissionDeniedError
    from obstore.store import S3Store
except ModuleNotFoundError as error:
    raise SettingsError("HAZARDLENS_MEDIA_URL: s3:// needs hazardlens[s3], which is not installed") from error

if TYPE_CHECKING:
    from obstore.store import S3Config  # for type checkers only: obstore has it in its stubs, not in its modules

_TIMEOUT: Final = timedelta(seconds=15)
_CONNECT_TIMEOUT: Final = timedelta(seconds=5)
_RETRIES: Final = 2
_NOWHERE: Final = "ping"


class S3Blobs:
    """Objects below a prefix, `ab/abcdef…`. What S3 has answered for is durable, and it never shows half an object.

    The credentials need GetObject, PutObject and DeleteObject on the prefix, and ListBucket on the bucket: without the
    last one, S3 calls what is missing forbidden.
    """

    def __init__(self, url: str, *, endpoint_url: str | None = None) -> None:
        """Take the place; nothing is asked yet. Credentials and region are those of the usual AWS_... variables.

        Args:
            url: "s3://bucket/prefix".
            endpoint_url: of a store that is not Amazon's; http:// only for one in the same machine or network.

        Raises:
            SettingsError: the address names no bucket, or something in it or in AWS_... is not understood.
        """
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise SettingsError("HAZARDLENS_MEDIA_URL: expected s3://bucket/prefix")
        # Plain DELETE requests, because not every compatible store knows the bulk ones.
        config: S3Config = {"disable_bulk_delete": True}
        if endpoint_url:
            config["endpoint"] = endpoint_url
        try:
            self._store = S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                config=config,
                client_options={
                    "allow_http": (endpoint_url or "").startswith("http://"),
                    "connect_timeout": _CONNECT_TIMEOUT,
                    "timeout": _TIMEOUT,
                },
                retry_config={"max_retries": _RETRIES, "retry_timeout": _TIMEOUT},
            )
        except (BaseError, ValueError) as error:
            raise SettingsError(f"HAZARDLENS_MEDIA_URL: the store cannot be set up: {type(error).__name__}") from error

    def put(self, content: bytes) -> str:
        """See `BlobStore`."""
        name = hashlib.sha256(content).hexdigest()
        with _translated("stored"):
            # In one request: parts would be several, and could be left lying about.
            obstore.put(self._store, _key(name), content, use_multipart=False)
        return name

    def get(self, sha256: str) -> bytes:
        """See `BlobStore`."""
        try:
            with _translated("read"):
                content = obstore.get(self._store, _key(sha256)).bytes().to_bytes()
        except FileNotFoundError as error:
            raise BlobMissingError(f"no photo {sha256[:12]}… is stored here") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobStoreError(f"photo {sha256[:12]}… has changed in its store", of_one=True)
        return content

    def delete(self, sha256: str) -> None:
        """See `BlobStore`."""
        with _translated("deleted"):
            obstore.delete(self._store, _key(sha256))

    def written_before(self, moment: datetime) -> Iterator[str]:
        """See `BlobStore`."""
        with _translated("listed"):
            for page in obstore.list(self._store):
                for one in page:
                    name = one["path"].rpartition("/")[2]
                    if one["last_modified"] < moment and NAME.fullmatch(name):
                        yield name

    def tidy(self, before: datetime) -> int:  # noqa: ARG002 - what S3 has not taken whole it does not have
        """See `BlobStore`."""
        return 0

    def ping(self) -> None:
        """See `BlobStore`."""
        try:
            with _translated("reached"):
                obstore.head(self._store, _NOWHERE)
        except FileNotFoundError:
            return  # an answer, and the one expected

    def probe(self) -> None:
        """See `BlobStore`: nothing is written, because each write is paid for."""
        self.ping()


@contextmanager
def _translated(done: str) -> Iterator[None]:
    """Anything but "not found" is an outage.

    obstore's "not found" is a FileNotFoundError; its other errors are its own, except a few of Python's.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError, ValueError) as error:
        of_one = isinstance(error, PermissionDeniedError)
        raise BlobStoreError(f"a photo could not be {done}: {type(error).__name__}", of_one=of_one) from error


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
