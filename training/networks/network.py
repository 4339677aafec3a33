"""Builds the network, fills it from weights without pickles, and keeps a finished run's weights in the same form.

A finished run holds `weights.safetensors` (float32 tensors) and `model.json` (what they are); `load_network` makes a
network of them, without knowing how it was trained.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from hazardlens.training.errors import WeightsError
from hazardlens.training.networks.loss import PartialDetectionModel

WEIGHTS_FILE: Final = "weights.safetensors"
MODEL_FILE: Final = "model.json"
_CLASS_BRANCHES: Final = ("cv3", "one2one_cv3")


class NetworkInfo(BaseModel):
    """What `weights.safetensors` holds.

    Attributes:
        arch: the architecture, as ultralytics calls it.
        labels: of the model, in the order of its classes.
        size_px: side of the square picture that it was finished at.
        base_classes: classes that the architecture was built for before its class layers were replaced; sets their
            width.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    arch: str = Field(pattern=r"^[a-z0-9-]+\.yaml$")
    labels: tuple[str, ...] = Field(min_length=1)
    size_px: int = Field(gt=0, multiple_of=32)
    base_classes: int = Field(default=80, gt=0)


@dataclass(frozen=True, slots=True)
class Network:
    """A network ready to look at photos: float32, in evaluation mode, layers not fused."""

    module: nn.Module
    info: NetworkInfo

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the model, in the order of its classes."""
        return self.info.labels

    @property
    def size_px(self) -> int:
        """Side of the square picture that it expects."""
        return self.info.size_px


@dataclass(frozen=True, slots=True)
class Transfer:
    """How much of the start weights arrived.

    Attributes:
        copied: tensors taken over as they are.
        total: tensors of the network.
        inherited: label -> class of the start weights whose class rows it took over.
    """

    copied: int
    total: int
    inherited: dict[str, str]


def build_network(info: NetworkInfo) -> PartialDetectionModel:
    """A network with fresh weights.

    It is built for the classes of the start weights first, because the width of the class branch depends on their
    number, and then gets class layers for our labels.
    """
    module = PartialDetectionModel(info.arch, nc=info.base_classes, verbose=False)
    head = module.model[-1]
    for layers in _class_layers(module):
        old = layers[-1]
        layers[-1] = nn.Conv2d(old.in_channels, len(info.labels), 1)
    head.nc = len(info.labels)
    head.no = head.nc + 4 * head.reg_max
    head.bias_init()
    module.nc = head.nc
    module.yaml["nc"] = head.nc
    module.names = dict(enumerate(info.labels))
    return module


def start_from(module: nn.Module, info: NetworkInfo, weights: Path, inherit: Mapping[str, str]) -> Transfer:
    """Fill a network from weights that were trained on other classes.

    Args:
        module: from `build_network(info)`.
        info: of the network.
        weights: a safetensors file, float16 or float32; a .json beside it names its classes.
        inherit: label -> class of the weights whose class rows are a better start than chance.

    Raises:
        WeightsError: the file cannot be read, or belongs to another architecture.
    """
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in _read(weights).items()
    }
    own = module.state_dict()
    fitting = {name: tensor for name, tensor in tensors.items() if name in own and own[name].shape == tensor.shape}
    class_names = class_tensors(module)
    missing = sorted(set(own) - set(fitting) - class_names)
    if missing or set(tensors) - set(own):
        raise WeightsError(
            f"{weights}: expected the tensors of {info.arch}, but {len(missing)} of {len(own)} are missing or differ"
        )
    rows = _class_rows(weights, info.labels, inherit)
    for name in class_names - set(fitting):
        tensor = own[name].clone()
        for ours, theirs in rows.items():
            tensor[ours] = tensors[name][theirs]
        fitting[name] = tensor
    module.load_state_dict(fitting)
    copied = sum(name not in class_names for name in fitting)
    return Transfer(copied, len(own), {label: source for label, source in inherit.items() if label in info.labels})


def save_network(folder: Path, module: nn.Module, info: NetworkInfo) -> None:
    """Write a finished network's weights and what they are into `folder`."""
    tensors = {
        name: (tensor.float() if tensor.is_floating_point() else tensor).detach().cpu().contiguous().clone()
        for name, tensor in module.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS_FILE)
    (folder / MODEL_FILE).write_text(info.model_dump_json(indent=1) + "\n", "utf-8")


def load_network(folder: Path) -> Network:
    """The network of a finished run.

    Args:
        folder: a run folder, or any folder with `weights.safetensors` and `model.json`.

    Raises:
        WeightsError: one of the files is missing, broken, or they do not fit together.
    """
    path = folder / MODEL_FILE
    try:
        info = NetworkInfo.model_validate_json(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror}; has the run finished?") from error
    except ValidationError as error:
        raise WeightsError(f"{path}: {error.errors()[0]['msg']}") from error
    module = build_network(info)
    try:
        module.load_state_dict(_read(folder / WEIGHTS_FILE))
    except RuntimeError as error:
        raise WeightsError(f"{folder / WEIGHTS_FILE}: the tensors do not fit {info.arch}") from error
    return Network(module.float().eval(), info)


def class_tensors(module: nn.Module) -> set[str]:
    """Names of the tensors with a row per class."""
    wanted = {id(parameter) for layers in _class_layers(module) for parameter in layers[-1].parameters()}
    return {name for name, parameter in module.named_parameters() if id(parameter) in wanted}


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: cannot be read as safetensors ({error})") from error


def _class_layers(module: nn.Module) -> list[Any]:
    """The class branch of each level, for each branch of the head."""
    head: Any = module.model[-1]  # type: ignore[index] # an nn.Sequential, typed as any module
    branches = [getattr(head, name, None) for name in _CLASS_BRANCHES]
    return [layers for branch in branches if branch is not None for layers in branch]


def _class_rows(weights: Path, labels: Sequence[str], inherit: Mapping[str, str]) -> dict[int, int]:
    """Row of a label -> row of the class that it inherits from."""
    if not inherit:
        return {}
    path = weights.with_suffix(".json")
    try:
        names = {str(name): int(row) for row, name in json.loads(path.read_bytes())["names"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise WeightsError(f"{path}: expected the names of the weights' classes, to inherit from") from error
    strangers = sorted(set(inherit.values()) - set(names))
    if strangers:
        raise WeightsError(f"{path}: has no class {', '.join(strangers)} to inherit from")
    return {labels.index(label): names[source] for label, source in inherit.items() if label in labels}
