"""A real server keeps no memory of what it was sent; benchmarks/memory.py shows it with thousands of uploads."""

from pathlib import Path
from typing import Final

import pytest

from hazardlens.model.bundle import SHIPPED_BUNDLE
from memory import draw_files, encode_uploads, send
from servers import hazardlens_server

MOST_APART: Final = 0.25
"""With so few uploads the allocator has not seen all sizes by the first look; a leak of one photo in ten is 60 %."""


@pytest.mark.slow
def test_the_resident_size_settles(tmp_path: Path) -> None:
    """About half a minute: 150 uploads to the model that ships."""
    files = draw_files(tmp_path, quick=True)
    with hazardlens_server(SHIPPED_BUNDLE, tmp_path / "log", {"HAZARDLENS_DATA_PATH": str(tmp_path / "var")}) as server:
        figures = send(server, encode_uploads(files, server.port), 150, step=50)
    assert figures.unexpected == 0
    assert figures.apart <= MOST_APART, figures.rss_mib
