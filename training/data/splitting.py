"""From photos and a configuration file to what `make_split` needs, and from a manifest back to the photos."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image
from pydantic import ValidationError

from hazardlens.training.data.duplicates import near_pairs, picture_hash
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.data.splits import SPLITS, SplitConfig, SplitManifest
from hazardlens.training.errors import DatasetInvalidError, SplitError


def read_split_config(path: Path) -> SplitConfig:
    """Read how a split is to be made.

    Raises:
        SplitError: there is no such file, it is no TOML, or a key is wrong.
    """
    try:
        return SplitConfig.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SplitError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SplitError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise SplitError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def find_twins(
    records: Sequence[PhotoRecord], advance: Callable[[int, int], None] | None = None
) -> list[tuple[str, str]]:
    """Pairs of photo names that show the same picture.

    Raises:
        DatasetInvalidError: a picture cannot be decoded.
    """
    hashes = []
    for done, record in enumerate(records, start=1):
        try:
            with Image.open(record.path) as picture:
                hashes.append(picture_hash(picture))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise DatasetInvalidError(f"{record.path}: cannot be decoded: {error}") from error
        if advance is not None:
            advance(done, len(records))
    return [(records[pair.first].photo, records[pair.second].photo) for pair in near_pairs(hashes)]


def sides(manifest: SplitManifest, records: Sequence[PhotoRecord]) -> dict[str, str]:
    """Which split each photo of `records` belongs to.

    Raises:
        SplitError: the manifest was made for other photos.
    """
    return {record.photo: split for split in SPLITS for record in manifest.select(records, split)}
