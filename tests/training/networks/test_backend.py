"""The door to ultralytics undoes what importing it does to the process."""

import io

import pytest
from PIL import Image, UnidentifiedImageError

from hazardlens.training.networks import backend


def test_pillow_opens_files_as_before() -> None:
    assert backend.DetectionModel.__module__.startswith("ultralytics")
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(b"no picture"))
