"""All fuzz targets, by name."""

from collections.abc import Mapping
from typing import Final

from fuzz.contract import Target
from fuzz.targets.clips import CLIPS
from fuzz.targets.files import FILES
from fuzz.targets.photos import PHOTOS
from fuzz.targets.requests import REQUESTS

TARGETS: Final[Mapping[str, Target]] = {target.name: target for target in (*PHOTOS, *CLIPS, *REQUESTS, *FILES)}
