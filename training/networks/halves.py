"""Weights that lie in float16 and compute in float32: half the file, widened once, when a runtime loads it.

A weight keeps eleven bits, a relative error of at most 2^-11, where a trained network's scores change in the third
decimal. The graph says so with a Cast behind each, a standard operator that runtimes fold away before the first photo.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import onnx
from onnx import numpy_helper

from hazardlens.training.errors import ExportError

LEAST_ELEMENTS: Final = 1024
"""Smaller tensors stay as they are: biases, scales and shapes, which weigh nothing."""
_MARK: Final = ".half"
"""Behind the name of a weight that lies in float16; the widened one keeps the name."""

Edit = Callable[[onnx.GraphProto], None]


def halved(content: bytes) -> bytes:
    """The same graph with its large float32 tensors in float16.

    Raises:
        ExportError: a weight is too large for float16.
    """
    return _edited(content, _halve)


def widened(content: bytes) -> bytes:
    """The graph that `halved` was given, its weights rounded; one that was never halved stays as it is."""
    return _edited(content, _widen)


def _edited(content: bytes, edit: Edit) -> bytes:
    model = onnx.load_from_string(content)
    edit(model.graph)
    return bytes(model.SerializeToString())


def _halve(graph: onnx.GraphProto) -> None:
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims, dtype=int) < LEAST_ELEMENTS:
            continue
        values = numpy_helper.to_array(tensor)
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ExportError(f"{tensor.name} has weights that float16 cannot hold")
        small = tensor.name + _MARK
        casts.append(onnx.helper.make_node("Cast", [small], [tensor.name], name=small, to=onnx.TensorProto.FLOAT))
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), small))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _widen(graph: onnx.GraphProto) -> None:
    stored = {tensor.name: tensor for tensor in graph.initializer if tensor.name.endswith(_MARK)}
    casts = [node for node in graph.node if node.op_type == "Cast" and node.input[0] in stored]
    for node in casts:
        tensor = stored[node.input[0]]
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), node.output[0]))
        graph.node.remove(node)
