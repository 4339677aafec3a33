"""A report full of what nobody else may find out, in words that can be searched for afterwards."""

import io
from typing import Any, Final

from PIL import Image
from sqlalchemy import select

from hazardlens.serve.store.columns import metadata
from hazardlens.serve.store.engine import Store
from support.intake import exif_at, photo_of

WORDS: Final = {
    "text": "王小明的电话是13800138000，井盖没了",
    "address": "梧桐弄4711号",
    "reporter": "rider-zeppelin",
    "external_id": "hotline-quux-99",
}
PLACE: Final = (31.2304161, 121.4737012)
FILE_NAME: Final = "IMG_wangxiaoming.jpg"
NOTE: Final = "Frau Sonnenschein rief an"
MARKS: Final = (
    *("王小明", "13800138000", "梧桐弄", "zeppelin", "quux", "wangxiaoming", "Sonnenschein"),
    *("31.23041", "121.47370"),
)
"""What must be found nowhere."""


def photo(seed: int = 0) -> bytes:
    """A JPEG that knows where and by whom it was taken."""
    exif = Image.Exif()
    exif.load(exif_at(*PLACE))
    exif[0x013B] = "wangxiaoming"  # Artist
    return photo_of(seed, exif=exif.tobytes(), comment=b"wangxiaoming")


def fields(**others: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Those of a report's form."""
    return {**WORDS, "latitude": PLACE[0], "longitude": PLACE[1], **others}


def rows_of(store: Store) -> str:
    """All that the database holds, as text."""
    out = io.StringIO()
    with store.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                out.write(f"{table.name} {dict(row)}\n")
    return out.getvalue()


def marks_in(text: str) -> dict[str, list[str]]:
    """The marks that a text holds, with the lines that they are in."""
    lines = text.splitlines()
    found = {mark: [line[:300] for line in lines if mark in line] for mark in MARKS}
    return {mark: where for mark, where in found.items() if where}
