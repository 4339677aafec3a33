"""What a backup's folder looks like, and its manifest.

manifest.json           last to be written: a folder without it is no backup
tables/NAME.jsonl.gz    a row on each line
media/ab/abcdef...      photos and previews by the sha256 of their content
bundles/...             the model registry, as it was
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from hazardlens.serve.backup.errors import BackupDamagedError

MANIFEST: Final = "manifest.json"
TABLES: Final = "tables"
MEDIA: Final = "media"
BUNDLES: Final = "bundles"
_CHUNK_BYTES: Final = 1 << 20

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
TableName = Annotated[str, Field(pattern=r"^[a-z_]+$")]
InsidePath = Annotated[str, Field(pattern=r"^[^./\\][^/\\]*(/[^./\\][^/\\]*)*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableEntry(_Part):
    """One table: its rows, and the sha256 of its file."""

    rows: Annotated[int, Field(ge=0)]
    sha256: Sha256


class PhotosEntry(_Part):
    """The photos and previews that rows name.

    Attributes:
        count: files that are here.
        size_bytes: of all of them.
        missing: what rows name and the store could not give, and no erasure took away since.
    """

    count: Annotated[int, Field(ge=0)]
    size_bytes: Annotated[int, Field(ge=0)]
    missing: tuple[Sha256, ...] = ()


class BackupManifest(_Part):
    """What a backup holds.

    Attributes:
        taken_at: the moment of the rows.
        program: version that made it.
        revision: of the tables, as Alembic counts.
        database: the kind it came from; it can go back to either.
        tables: by name.
        bundles: path below `bundles/` -> sha256.
    """

    format: Literal[1] = 1
    taken_at: AwareDatetime
    program: str
    revision: str
    database: Literal["sqlite", "postgresql"]
    tables: dict[TableName, TableEntry]
    photos: PhotosEntry
    bundles: dict[InsidePath, Sha256]


def read_manifest(folder: Path) -> BackupManifest:
    """The manifest of a backup.

    Raises:
        BackupDamagedError: there is none, or it cannot be read.
    """
    try:
        return BackupManifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise BackupDamagedError(f"{folder}: no {MANIFEST}, so this is no finished backup") from error
    except OSError as error:
        raise BackupDamagedError(f"{folder}: {MANIFEST} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BackupDamagedError(f"{folder}: {MANIFEST}: {where}: {first['msg']}") from error


def manifest_text(manifest: BackupManifest) -> str:
    """As it is written."""
    return json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n"


def table_file(folder: Path, name: str) -> Path:
    """Where a table's rows are."""
    return folder / TABLES / f"{name}.jsonl.gz"


def media_file(folder: Path, sha256: str) -> Path:
    """Where a photo is."""
    return folder / MEDIA / sha256[:2] / sha256


def sha256_of(path: Path) -> str:
    """Of a file's content, read in pieces.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
