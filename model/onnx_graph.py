"""What can be learnt of an ONNX file without running it and without the onnx package, which serving does not install.

An ONNX file is one protobuf message. A walk over its outer fields is enough to say which operators it uses, which
shapes and sizes it names, and whether all of its weights are inside. `onnx_rules` says which of that is acceptable.
"""

import struct
from dataclasses import dataclass
from typing import Final

from hazardlens.model.onnx_wire import Kind, Value, Wire, message, number, text

STANDARD_DOMAINS: Final = frozenset({"", "ai.onnx"})
MOST_PARTS: Final = 1_000_000
"""Fields of a file; a graph of a thousand nodes has thirty thousand."""

# Field numbers of onnx.proto, which are fixed for good. What is missing here has no place in a detector's graph.
_MODEL: Final = Kind("model", frozenset({1, 2, 3, 4, 5, 6, 7}), frozenset({8, 14, 25}))
_OPSET: Final = Kind("opset", frozenset({1, 2}))
_FUNCTION: Final = Kind("function", frozenset({1, 8, 10, 13}), frozenset({4, 5, 6, 7, 9, 11, 12, 14}))
_GRAPH: Final = Kind("graph", frozenset({2, 10}), frozenset({1, 5, 11, 12, 13, 15, 16}))
_NODE: Final = Kind("node", frozenset({3, 4, 6, 7}), frozenset({1, 2, 5, 9}))
_ATTRIBUTE: Final = Kind("attribute", frozenset({1, 2, 3, 4, 5, 6, 13, 20}), frozenset({7, 8, 9, 10, 11}))
_TENSOR: Final = Kind("tensor", frozenset({2, 8, 9, 12, 14}), frozenset({1, 4, 5, 6, 7, 10, 11, 13, 16}))
_SPARSE: Final = Kind("sparse tensor", frozenset({1, 2}), frozenset({3}))
_END: Final = Kind("value", frozenset({1, 2, 3}), frozenset({4}))
_TYPE: Final = Kind("type", frozenset({1, 6}))
_TENSOR_TYPE: Final = Kind("tensor type", frozenset({1, 2}))
_SHAPE: Final = Kind("shape", frozenset(), frozenset({1}))
_AXIS: Final = Kind("axis", frozenset({1, 2, 3}))

_MODEL_IR, _MODEL_GRAPH, _MODEL_OPSET, _MODEL_FUNCTION = 1, 7, 8, 25
_FUNCTION_NODE = 7
_GRAPH_NODE, _GRAPH_TENSOR, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE, _GRAPH_SPARSE = 1, 5, 11, 12, 13, 15
_NODE_INPUT, _NODE_OUTPUT, _NODE_TYPE, _NODE_ATTRIBUTE, _NODE_DOMAIN = 1, 2, 4, 5, 7
_ATTRIBUTE_INT, _ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_INTS = 3, 5, 6, 8
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 10, 11
_DIMS, _DATA_TYPE, _NAME, _RAW, _EXTERNAL, _LOCATION = 1, 2, 8, 9, 13, 14
_TYPED_DATA: Final = frozenset({4, 5, 6, 7, 10, 11})

_MOST_NESTING: Final = 32
_SMALL: Final = 16
"""Elements of a tensor up to which its values are read: it may be a shape."""
_FORMATS: Final = {1: "f", 6: "i", 7: "q"}
"""Data type -> `struct` code, of those that shapes and scales have."""


@dataclass(frozen=True, slots=True)
class TensorSummary:
    """Numbers that a file holds.

    Attributes:
        name: of the tensor, or of the node's output that it is.
        data_type: of onnx.proto.
        shape: as it says.
        raw_bytes: of its data as one block; None where they are kept one by one.
        typed_bytes: of its data kept one by one.
        values: all of them, where they are few, whole or floating point, and in one block.
    """

    name: str
    data_type: int
    shape: tuple[int, ...]
    raw_bytes: int | None
    typed_bytes: int
    values: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """One operation: its operator, what goes in, and the whole numbers among its attributes."""

    domain: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    integers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GraphSummary:
    """What an ONNX file says of itself.

    Attributes:
        opsets: version by operator domain.
        nodes: every node, those of nested graphs and functions included.
        tensors: every tensor, wherever it is.
        external_tensors: names of the weights that are in files of their own.
        shapes: of all ends and values; None for an axis without a number.
        inner_graphs: graphs inside nodes, which are branches and loops.
        functions: operators that the file defines itself.
        sparse_tensors: how many.
    """

    opsets: dict[str, int]
    nodes: tuple[NodeSummary, ...]
    tensors: tuple[TensorSummary, ...]
    external_tensors: tuple[str, ...]
    shapes: tuple[tuple[int | None, ...], ...]
    inner_graphs: int
    functions: int
    sparse_tensors: int

    @property
    def operators(self) -> frozenset[tuple[str, str]]:
        """(domain, operator) of every node."""
        return frozenset((node.domain, node.operator) for node in self.nodes)


def summarise_onnx(content: bytes) -> GraphSummary:
    """Walk an ONNX file.

    Raises:
        ValueError: it is no ONNX file, a broken one, or one with parts that no detector's graph has.
    """
    walk = _Walk()
    opsets: dict[str, int] = {}
    has_graph = False
    for field, value in walk.wire.fields(memoryview(content), _MODEL):
        if field == _MODEL_GRAPH:
            has_graph = True
            walk.graph(message(value), 0)
        elif field == _MODEL_FUNCTION:
            walk.function(message(value))
        elif field == _MODEL_OPSET:
            parts = dict(walk.wire.fields(message(value), _OPSET))
            opsets[text(parts.get(1))] = number(parts.get(2, 0))
    if not has_graph or not opsets:
        raise ValueError("no ONNX graph in it")
    return GraphSummary(
        opsets,
        tuple(walk.nodes),
        tuple(walk.tensors),
        tuple(walk.external),
        tuple(walk.shapes),
        walk.inner_graphs,
        walk.functions,
        walk.sparse_tensors,
    )


class _Walk:
    """Collects what a summary has, down into nested graphs."""

    def __init__(self) -> None:
        self.wire = Wire(MOST_PARTS)
        self.nodes: list[NodeSummary] = []
        self.tensors: list[TensorSummary] = []
        self.external: list[str] = []
        self.shapes: list[tuple[int | None, ...]] = []
        self.inner_graphs = self.functions = self.sparse_tensors = 0

    def graph(self, content: memoryview, depth: int) -> None:
        if depth > _MOST_NESTING:
            raise ValueError("graphs are nested too deeply")
        self.inner_graphs += depth > 0
        for field, value in self.wire.fields(content, _GRAPH):
            if field == _GRAPH_NODE:
                self.node(message(value), depth)
            elif field == _GRAPH_TENSOR:
                self.tensor(message(value))
            elif field in {_GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE}:
                self.end(message(value))
            elif field == _GRAPH_SPARSE:
                self.sparse(message(value))

    def sparse(self, content: memoryview) -> None:
        self.sparse_tensors += 1
        for part, tensor in self.wire.fields(content, _SPARSE):
            if part in _SPARSE.once:
                self.tensor(message(tensor))

    def function(self, content: memoryview) -> None:
        self.functions += 1
        for field, value in self.wire.fields(content, _FUNCTION):
            if field == _FUNCTION_NODE:
                self.node(message(value), 0)

    def node(self, content: memoryview, depth: int) -> None:
        words: dict[int, list[str]] = {_NODE_INPUT: [], _NODE_OUTPUT: [], _NODE_TYPE: [], _NODE_DOMAIN: []}
        attributes: list[memoryview] = []
        for field, value in self.wire.fields(content, _NODE):
            if field in words:
                words[field].append(text(value))
            elif field == _NODE_ATTRIBUTE:
                attributes.append(message(value))
        integers = [
            found
            for attribute in attributes
            for found in self.attribute(attribute, "".join(words[_NODE_OUTPUT][:1]), depth)
        ]
        domain, operator = "".join(words[_NODE_DOMAIN]), "".join(words[_NODE_TYPE])
        ends = tuple(words[_NODE_INPUT]), tuple(words[_NODE_OUTPUT])
        self.nodes.append(NodeSummary(domain, operator, *ends, tuple(integers)))

    def attribute(self, content: memoryview, output: str, depth: int) -> list[int]:
        """Its whole numbers; a tensor that it holds is called like the node's output."""
        integers: list[int] = []
        for field, value in self.wire.fields(content, _ATTRIBUTE):
            if field in {_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS}:
                self.tensor(message(value), output)
            elif field in {_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS}:
                self.graph(message(value), depth + 1)
            elif field in {_ATTRIBUTE_INT, _ATTRIBUTE_INTS}:
                integers.extend(self.wire.integers(value))
        return integers

    def tensor(self, content: memoryview, output: str = "") -> None:
        shape: list[int] = []
        parts: dict[int, Value] = {}
        typed_bytes, external = 0, False
        for field, value in self.wire.fields(content, _TENSOR):
            if field == _DIMS:
                shape.extend(self.wire.integers(value))
            elif field in _TYPED_DATA:
                typed_bytes += 1 if isinstance(value, int) else len(value)
            elif field == _EXTERNAL or (field == _LOCATION and value != 0):
                external = True
            else:
                parts[field] = value
        own = text(parts.get(_NAME))
        if external:
            self.external.append(own or output or "without a name")
        raw = None if _RAW not in parts else message(parts[_RAW])
        kind = number(parts.get(_DATA_TYPE, 0))
        values = None if raw is None or typed_bytes else _few_values(raw, kind)
        self.tensors.append(
            TensorSummary(output or own, kind, tuple(shape), None if raw is None else len(raw), typed_bytes, values)
        )

    def end(self, content: memoryview) -> None:
        """The shape of an input, an output or a value between them."""
        kind = dict(self.wire.fields(content, _END)).get(2)
        if kind is None:
            return
        tensor = dict(self.wire.fields(message(kind), _TYPE)).get(1)
        parts = {} if tensor is None else dict(self.wire.fields(message(tensor), _TENSOR_TYPE))
        if 2 in parts:
            axes = [message(axis) for _, axis in self.wire.fields(message(parts[2]), _SHAPE)]
            lengths = (dict(self.wire.fields(axis, _AXIS)).get(1) for axis in axes)
            self.shapes.append(tuple(None if length is None else number(length) for length in lengths))


def _few_values(raw: memoryview, data_type: int) -> tuple[float, ...] | None:
    code = _FORMATS.get(data_type)
    size = struct.calcsize(code) if code else 0
    if not size or len(raw) % size or len(raw) > _SMALL * size:
        return None
    return struct.unpack(f"<{len(raw) // size}{code}", raw)
