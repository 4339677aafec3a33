"""From a torch network to an ONNX graph that any runtime can read, and back.

The graph is static: one photo, one square size. It ends with the decoded boxes; suppression stays outside, in
`hazardlens.model.postprocess`. Batch norms are folded into the convolutions first, so that every weight keeps its name
and the network can be made again from the graph alone, which is how the shipped bundle is compared with torch.
"""

import copy
import json
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import onnx
import onnxslim
import torch
from onnx import numpy_helper
from torch import nn

from hazardlens.training.errors import ExportError
from hazardlens.training.networks.halves import LEAST_ELEMENTS, widened
from hazardlens.training.networks.network import Network, NetworkInfo, build_network

OPSET: Final = 17
INPUT_NAME: Final = "photo"
OUTPUT_NAME: Final = "boxes"
NETWORK_KEY: Final = "network"
"""The graph's metadata keep what is needed to build the network again under this key."""

STANDARD_DOMAINS: Final = frozenset({"", "ai.onnx"})
UNWANTED_OPERATORS: Final = frozenset({"NonMaxSuppression", "If", "Loop", "Scan"})
_EXTERNAL: Final = onnx.TensorProto.EXTERNAL


def to_onnx(network: Network, metadata: Mapping[str, str]) -> bytes:
    """The network as a checked graph.

    Args:
        network: as loaded; it is not changed.
        metadata: words for the graph's own metadata; what the network is built from is added.

    Raises:
        ExportError: the graph breaks the rules of `check_graph`.
    """
    module = fused(network.module)
    head: Any = module.model[-1]
    head.export, head.format = True, "onnx"
    example = torch.zeros(1, 3, network.size_px, network.size_px)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        path = Path(folder) / "graph.onnx"
        # The exporter that needs no further packages warns that it is the old one, and of every shape that it fixes.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example,),
            path,
            opset_version=OPSET,
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamo=False,
        )
        # Equal weights stay two, because each is looked up by its name.
        graph = onnxslim.slim(onnx.load(path), skip_optimizations=["weight_tying"])
    onnx.helper.set_model_props(graph, {**metadata, NETWORK_KEY: network.info.model_dump_json()})
    graph.producer_name = "hazardlens"
    content = bytes(graph.SerializeToString())
    check_graph(content)
    return content


def storable(network: Network) -> Network:
    """The network, batch norms folded and large weights as float16 keeps them: `halved` costs its graph nothing."""
    module = fused(network.module)
    with torch.no_grad():
        for weight in module.parameters():
            if weight.numel() >= LEAST_ELEMENTS:
                weight.copy_(weight.half())
    return Network(module, network.info)


def check_graph(content: bytes) -> None:
    """Refuse a graph that is not valid, or that another runtime could not run.

    Raises:
        ExportError: it breaks the ONNX rules, uses operators of a private domain or ones that suppress or branch, has
            dynamic shapes, or keeps weights in another file.
    """
    try:
        graph = onnx.load_from_string(content)
        onnx.checker.check_model(graph, full_check=True)
    except Exception as error:  # protobuf, the checker and shape inference share no base class
        raise ExportError(f"the graph is not valid ONNX: {' '.join(str(error).split())[:300]}") from error
    private = {node.domain for node in graph.graph.node} - STANDARD_DOMAINS
    private |= {opset.domain for opset in graph.opset_import} - STANDARD_DOMAINS
    if private:
        raise ExportError(f"the graph uses operators of {', '.join(sorted(private))}: standard ones only")
    unwanted = {node.op_type for node in graph.graph.node} & UNWANTED_OPERATORS
    if unwanted:
        raise ExportError(f"the graph suppresses or branches by itself: {', '.join(sorted(unwanted))}")
    if any(tensor.data_location == _EXTERNAL for tensor in graph.graph.initializer):
        raise ExportError("the graph keeps weights in another file")
    for end in (*graph.graph.input, *graph.graph.output):
        if not all(axis.dim_value > 0 for axis in end.type.tensor_type.shape.dim):
            raise ExportError(f"the graph's {end.name} has no fixed shape")


def graph_metadata(content: bytes) -> dict[str, str]:
    """What the graph says about itself."""
    return {entry.key: entry.value for entry in onnx.load_from_string(content).metadata_props}


def to_network(content: bytes) -> Network:
    """The torch network that a graph of ours was made from, batch norms folded, with the graph's own weights.

    Raises:
        ExportError: the graph was not made by `to_onnx`.
    """
    graph = onnx.load_from_string(widened(content))
    try:
        info = NetworkInfo.model_validate(json.loads(graph_metadata(content)[NETWORK_KEY]))
    except (KeyError, ValueError) as error:
        raise ExportError("the graph does not say which network it was made from") from error
    module = fused(build_network(info).eval())
    tensors = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in graph.graph.initializer}
    own = module.state_dict()
    missing = sorted(set(own) - set(tensors))
    if missing:
        raise ExportError(f"the graph lacks {len(missing)} of {len(own)} weights, among them {missing[0]}")
    module.load_state_dict({name: torch.from_numpy(tensors[name]) for name in own})
    return Network(module, info)


def fused(module: nn.Module) -> Any:
    """A copy with batch norms folded into the convolutions before them, in evaluation mode."""
    copied: Any = copy.deepcopy(module).float().eval()
    return copied.fuse(verbose=False)
