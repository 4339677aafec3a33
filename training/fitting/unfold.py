"""Start a training from a bundle, whose graph has its batch norms folded into the convolutions.

A network without batch norms trains badly: nothing keeps the layers' outputs in range. So each convolution gets one
back. Its running mean and variance are measured on photos, and its weight and bias undo just that, so that in
evaluation mode the network answers as the bundle does, and in training mode nearly so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from hazardlens.model.bundle import Bundle, float_graph, read_bundle
from hazardlens.model.images import decode_photo
from hazardlens.model.preprocess import letterbox
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import ExportError, WeightsError
from hazardlens.training.networks.graph import to_network
from hazardlens.training.networks.network import Network, NetworkInfo, Transfer, class_tensors

SAMPLE_PHOTOS: Final = 48
_BATCH: Final = 8
_COUNTER: Final = "num_batches_tracked"


@dataclass(frozen=True, slots=True)
class BundleStart:
    """A bundle to start from.

    Attributes:
        bundle: as read and checked.
        network: made from its graph; batch norms folded.
    """

    bundle: Bundle
    network: Network

    @property
    def name(self) -> str:
        """Model and version, as run folders and manifests state where weights came from."""
        return f"{self.bundle.manifest.name} {self.bundle.manifest.version}"


def read_start(path: Path) -> BundleStart:
    """Read the bundle at `path` and make its network.

    Raises:
        BundleError: it must not be loaded.
        WeightsError: its graph was not made by this program, so that no network can be made from it.
    """
    bundle = read_bundle(path)
    try:
        return BundleStart(bundle, to_network(float_graph(bundle)))
    except ExportError as error:
        raise WeightsError(f"{path}: {error}: training cannot start from it") from error


def start_from_bundle(
    module: nn.Module,
    info: NetworkInfo,
    start: BundleStart,
    inherit: Mapping[str, str],
    photos: Sequence[PhotoRecord],
) -> Transfer:
    """Fill a network with the weights of a bundle.

    Args:
        module: from `build_network(info)`; in evaluation mode it will answer as the bundle does.
        info: of the network. A label that the bundle has too keeps its class rows; the others stay as they were drawn.
        start: the bundle.
        inherit: label -> label of the bundle whose class rows are a better start than chance, for labels that are new.
        photos: training photos, of which a sample is looked at.

    Raises:
        WeightsError: the bundle holds another architecture, or has no class to inherit from.
        ImageError: a photo cannot be decoded.
    """
    folded, theirs = start.network.module.state_dict(), start.network.info
    if (theirs.arch, theirs.base_classes) != (info.arch, info.base_classes):
        raise WeightsError(f"{start.bundle.path}: holds {theirs.arch}, the configuration asks for {info.arch}")
    pairs = dict(_normalised(module))
    own = module.state_dict()
    missing = sorted(name for name in own if name not in folded and not _is_norm(name, pairs))
    if missing:
        raise WeightsError(f"{start.bundle.path}: its graph keeps too little to train {info.arch}: no {missing[0]}")
    rows = _rows(start, info.labels, inherit)
    classes = class_tensors(module)
    for name in set(own) & set(folded):
        own[name] = _with_rows(own[name], folded[name], rows) if name in classes else folded[name]
    statistics = _measure(start.network, list(pairs), _sample(photos))
    for name, norm in pairs.items():
        own.update(_unfolded(f"{name}.bn", norm, folded[f"{name}.conv.bias"], statistics[name]))
    module.load_state_dict(own)
    kept = {label: source for label, source in inherit.items() if label in info.labels and label not in theirs.labels}
    return Transfer(len(own) - len(classes), len(own), kept)


def _normalised(module: nn.Module) -> Iterator[tuple[str, nn.BatchNorm2d]]:
    """Every block with a convolution `conv` and the batch norm `bn` behind it."""
    for name, part in module.named_modules():
        norm = getattr(part, "bn", None)
        if isinstance(norm, nn.BatchNorm2d) and isinstance(getattr(part, "conv", None), nn.Conv2d):
            yield name, norm


def _is_norm(name: str, pairs: Mapping[str, nn.BatchNorm2d]) -> bool:
    block, _, rest = name.rpartition(".bn.")
    return bool(rest) and block in pairs


def _rows(start: BundleStart, labels: Sequence[str], inherit: Mapping[str, str]) -> dict[int, int]:
    """Row of a label -> row of the bundle's label that it starts as."""
    theirs = start.network.labels
    strangers = sorted({source for label, source in inherit.items() if label not in theirs} - set(theirs))
    if strangers:
        raise WeightsError(f"{start.bundle.path}: has no class {', '.join(strangers)} to inherit from")
    sources = {label: label if label in theirs else inherit.get(label) for label in labels}
    return {labels.index(label): theirs.index(source) for label, source in sources.items() if source is not None}


def _with_rows(drawn: torch.Tensor, tensor: torch.Tensor, rows: Mapping[int, int]) -> torch.Tensor:
    filled = drawn.clone()
    for ours, theirs in rows.items():
        filled[ours] = tensor[theirs]
    return filled


def _sample(photos: Sequence[PhotoRecord]) -> list[PhotoRecord]:
    """Photos evenly spread over all of them, so that every source has its share."""
    if not photos:
        raise WeightsError("there is no training photo to measure the batch norms on")
    chosen = np.linspace(0, len(photos) - 1, min(SAMPLE_PHOTOS, len(photos))).round().astype(int)
    return [photos[index] for index in chosen]


class _Moments:
    """Mean and variance of a convolution's output per channel, bias included, over everything that went through."""

    def __init__(self) -> None:
        self.count = 0
        self.total: torch.Tensor | float = 0.0
        self.squares: torch.Tensor | float = 0.0

    def add(self, output: torch.Tensor) -> None:
        """Take in (B, C, H, W) outputs."""
        values = output.double()
        self.count += values.numel() // values.shape[1]
        self.total = self.total + values.sum((0, 2, 3))
        self.squares = self.squares + values.square().sum((0, 2, 3))

    def mean_and_variance(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(C,) float32 each."""
        mean = torch.as_tensor(self.total) / self.count
        variance = torch.as_tensor(self.squares) / self.count - mean.square()
        return mean.float(), variance.clamp(min=0).float()


@torch.no_grad()
def _measure(network: Network, names: Sequence[str], photos: Sequence[PhotoRecord]) -> dict[str, _Moments]:
    """What the folded convolutions give on `photos`, in one pass."""
    moments = {name: _Moments() for name in names}

    def look(name: str, _module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        moments[name].add(output)

    blocks = dict(network.module.named_modules())
    hooks = [blocks[f"{name}.conv"].register_forward_hook(partial(look, name)) for name in names]
    try:
        for first in range(0, len(photos), _BATCH):
            network.module(_tensor(photos[first : first + _BATCH], network.size_px))
    finally:
        for hook in hooks:
            hook.remove()
    return moments


def _tensor(photos: Sequence[PhotoRecord], size_px: int) -> torch.Tensor:
    """(B, 3, S, S) float32, as serving would prepare them."""
    decoded = [decode_photo(record.path.read_bytes(), min_side_px=size_px) for record in photos]
    return torch.from_numpy(np.stack([letterbox(photo, size_px)[0] for photo in decoded]))


def _unfolded(
    prefix: str, norm: nn.BatchNorm2d, folded_bias: torch.Tensor, moments: _Moments
) -> dict[str, torch.Tensor]:
    """The batch norm's tensors: it takes the bare convolution, and adds the folded bias in evaluation mode."""
    mean, variance = moments.mean_and_variance()
    bare_mean = mean - folded_bias
    return {
        f"{prefix}.running_mean": bare_mean,
        f"{prefix}.running_var": variance,
        f"{prefix}.weight": (variance + norm.eps).sqrt(),
        f"{prefix}.bias": mean,
        f"{prefix}.{_COUNTER}": torch.zeros((), dtype=torch.long),
    }
