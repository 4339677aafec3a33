"""What can be learnt of an ONNX file without running it and without the onnx package, which serving does not install.

An ONNX file is one protobuf message. A walk over its outer fields is enough to say which operators it uses and whether
all of its weights are inside.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STANDARD_DOMAINS: Final = frozenset({"", "ai.onnx"})

# Field numbers of onnx.proto, which are fixed for good.
_MODEL_GRAPH, _MODEL_OPSET, _MODEL_FUNCTION = 7, 8, 25
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_GRAPH_NODE, _GRAPH_TENSOR, _GRAPH_SPARSE = 1, 5, 15
_NODE_TYPE, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_NAME, _TENSOR_EXTERNAL_DATA, _TENSOR_LOCATION = 8, 13, 14
_SPARSE_PARTS = (1, 2)
_FUNCTION_NODE = 7

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_NESTING: Final = 32
_MOST_VARINT_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class GraphSummary:
    """What an ONNX file says of itself.

    Attributes:
        opsets: version by operator domain.
        operators: (domain, operator) of every node, nested graphs and functions included.
        external_tensors: names of the weights that are in files of their own.
    """

    opsets: dict[str, int]
    operators: frozenset[tuple[str, str]]
    external_tensors: tuple[str, ...]


def summarise_onnx(content: bytes) -> GraphSummary:
    """Walk an ONNX file.

    Raises:
        ValueError: it is no ONNX file, or a broken one.
    """
    walk = _Walk()
    opsets: dict[str, int] = {}
    has_graph = False
    for field, value in _fields(memoryview(content)):
        if field == _MODEL_GRAPH:
            has_graph = True
            walk.graph(_message(value), 0)
        elif field == _MODEL_FUNCTION:
            walk.function(_message(value))
        elif field == _MODEL_OPSET:
            parts = dict(_fields(_message(value)))
            version = parts.get(_OPSET_VERSION, 0)
            opsets[_text(parts.get(_OPSET_DOMAIN))] = version if isinstance(version, int) else 0
    if not has_graph or not opsets:
        raise ValueError("no ONNX graph in it")
    return GraphSummary(opsets, frozenset(walk.operators), tuple(walk.external))


class _Walk:
    """Collects operators and external weights, down into nested graphs."""

    def __init__(self) -> None:
        self.operators: set[tuple[str, str]] = set()
        self.external: list[str] = []

    def graph(self, content: memoryview, depth: int) -> None:
        if depth > _MOST_NESTING:
            raise ValueError("graphs are nested too deeply")
        for field, value in _fields(content):
            if field == _GRAPH_NODE:
                self.node(_message(value), depth)
            elif field == _GRAPH_TENSOR:
                self.tensor(_message(value))
            elif field == _GRAPH_SPARSE:
                for part, tensor in _fields(_message(value)):
                    if part in _SPARSE_PARTS:
                        self.tensor(_message(tensor))

    def function(self, content: memoryview) -> None:
        for field, value in _fields(content):
            if field == _FUNCTION_NODE:
                self.node(_message(value), 0)

    def node(self, content: memoryview, depth: int) -> None:
        kind = domain = ""
        for field, value in _fields(content):
            if field == _NODE_TYPE:
                kind = _text(value)
            elif field == _NODE_DOMAIN:
                domain = _text(value)
            elif field == _NODE_ATTRIBUTE:
                self.attribute(_message(value), depth)
        self.operators.add((domain, kind))

    def attribute(self, content: memoryview, depth: int) -> None:
        for field, value in _fields(content):
            if field in {_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS}:
                self.tensor(_message(value))
            elif field in {_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS}:
                self.graph(_message(value), depth + 1)

    def tensor(self, content: memoryview) -> None:
        name, external = "", False
        for field, value in _fields(content):
            if field == _TENSOR_NAME:
                name = _text(value)
            elif field == _TENSOR_EXTERNAL_DATA or (field == _TENSOR_LOCATION and value == 1):
                external = True
        if external:
            self.external.append(name or "without a name")


def _fields(content: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of a message: an integer, or the bytes of a text, an array or a message."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        field, wire = key >> 3, key & 7
        if wire == _VARINT:
            number, at = _varint(content, at)
            yield field, number
            continue
        if wire == _BYTES:
            length, at = _varint(content, at)
        elif wire in {_FIXED64, _FIXED32}:
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"unknown wire type {wire}")
        if at + length > len(content):
            raise ValueError("cut off in the middle of a field")
        yield field, content[at : at + length]
        at += length


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_MOST_VARINT_BYTES):
        if at + index >= len(content):
            break
        byte = content[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("cut off in the middle of a number")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("expected a message, found a number")  # noqa: TRY004 - the file's content is wrong, not a type
    return value


def _text(value: int | memoryview | None) -> str:
    return "" if value is None or isinstance(value, int) else bytes(value).decode("utf-8", "replace")
