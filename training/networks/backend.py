"""The only door to ultralytics: its names are imported here and nowhere else.

Ultralytics reads its environment when it is imported, writes a settings file into the user's home, and may install
packages or phone home. Here it gets a folder of its own, may do none of that, and finds a torchvision that imports.
"""

import os
import tempfile
from typing import Any, Final

from PIL import Image

from hazardlens.training.networks.torchvision_ops import make_importable

ENVIRONMENT: Final = {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"}

os.environ.update(ENVIRONMENT)
if "YOLO_CONFIG_DIR" not in os.environ:
    os.environ["YOLO_CONFIG_DIR"] = tempfile.mkdtemp(prefix="hazardlens-ultralytics-")
make_importable()
_open_image = Image.open

# ruff: noqa: E402 - the lines above must come first, that is what this module is for
from ultralytics.data.augment import BaseTransform, Compose, Format, Mosaic, RandomFlip, RandomHSV, RandomPerspective
from ultralytics.data.dataset import YOLODataset
from ultralytics.engine.trainer import BaseTrainer
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import SETTINGS
from ultralytics.utils.instance import Instances
from ultralytics.utils.loss import E2ELoss, v8DetectionLoss
from ultralytics.utils.torch_utils import unwrap_model

DetectionLoss: Any = v8DetectionLoss

SETTINGS.update({"sync": False})
# On import ultralytics replaces this for the whole process, to install a plugin at the first file that is no picture.
Image.open = _open_image

__all__ = [
    "ENVIRONMENT",
    "BaseTrainer",
    "BaseTransform",
    "Compose",
    "DetectionLoss",
    "DetectionModel",
    "DetectionTrainer",
    "E2ELoss",
    "Format",
    "Instances",
    "Mosaic",
    "RandomFlip",
    "RandomHSV",
    "RandomPerspective",
    "YOLODataset",
    "unwrap_model",
]
