"""An 8-bit graph from a float32 one: static, per channel, calibrated on training photos, the head left as it is.

Convolutions and what lies between them compute with 8-bit integers; weights are symmetric per channel, activations are
unsigned. That is what VNNI multiplies fastest. The head, which turns features into boxes and scores, stays in float32:
there an error of one step moves a corner by pixels.

The graph says all this with QuantizeLinear and DequantizeLinear around each node, which are standard operators: the
runtime fuses them where it can, and one that cannot still gets the right answer.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from hazardlens.training.errors import ExportError
from hazardlens.training.networks.graph import INPUT_NAME, STANDARD_DOMAINS, check_graph

QUANTISED_OPERATORS: Final = ("Conv", "Sigmoid", "Mul", "Add", "Concat", "MaxPool", "Resize", "Split")

_LAYER: Final = re.compile(r"^/model\.(\d+)/")
_PREPARED: Final = ("onnx.quant.pre_process", "onnxruntime.quant")
"""The runtime's mark on a graph that went through its own simplifier; ours went through another, at export."""

Tensor = npt.NDArray[np.float32]


def quantised(content: bytes, tensors: Iterable[Tensor]) -> bytes:
    """The 8-bit graph.

    Args:
        content: a graph by `to_onnx`.
        tensors: (3, S, S) photos as the graph takes them, from whose activations the ranges are taken; one at a time.

    Raises:
        ExportError: the graph's head is not to be found, there is no photo, or what comes out breaks the rules.
    """
    graph = onnx.load_from_string(content)
    told = {entry.key: entry.value for entry in graph.metadata_props}
    head = head_nodes(graph)
    onnx.helper.set_model_props(graph, told | dict([_PREPARED]))
    reader = _Reader(tensors)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        try:
            quantize_static(
                graph,
                str(path),
                reader,
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(QUANTISED_OPERATORS),
                nodes_to_exclude=head,
                per_channel=True,
                # Seven bits of weights: two products then fit into 16 bits, so that processors without VNNI do not
                # overflow and every machine gives the same boxes.
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
        except ValueError as error:
            if not reader.count:
                raise ExportError("there is no training photo to take the ranges of the 8-bit graph from") from error
            raise ExportError(f"the graph cannot be made 8-bit: {' '.join(str(error).split())[:300]}") from error
        small = onnx.load(path)
    onnx.helper.set_model_props(small, told)
    _drop_unused_domains(small)
    small.producer_name = graph.producer_name
    result = bytes(small.SerializeToString())
    check_graph(result)
    return result


def head_nodes(graph: onnx.ModelProto) -> list[str]:
    """Names of the nodes of the network's last layer, and of all nodes behind them.

    Raises:
        ExportError: no node is named by its layer.
    """
    layers = {node.name: int(found[1]) for node in graph.graph.node if (found := _LAYER.match(node.name))}
    if not layers:
        raise ExportError("no node of the graph is named by its layer, so that the head cannot be left as it is")
    last = max(layers.values())
    reached: set[str] = set()
    head = []
    for node in graph.graph.node:  # in the order in which they run
        if layers.get(node.name) == last or reached.intersection(node.input):
            head.append(node.name)
            reached.update(node.output)
    return head


class _Reader:
    """Hands photos to the calibration one by one, as the runtime asks for them."""

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._left: Iterator[Tensor] = iter(tensors)
        self.count = 0

    def get_next(self) -> dict[str, Tensor] | None:
        tensor = next(self._left, None)
        if tensor is None:
            return None
        self.count += 1
        return {INPUT_NAME: tensor[None]}


def _drop_unused_domains(graph: onnx.ModelProto) -> None:
    """The quantiser declares the runtime's own operators even where it uses none of them."""
    kept = [opset for opset in graph.opset_import if opset.domain in STANDARD_DOMAINS]
    del graph.opset_import[:]
    graph.opset_import.extend(kept)
