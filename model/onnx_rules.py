"""Which ONNX files may reach the runtime: a detector's graph, whole, standard, and of a size that a detector has.

A bundle is made by somebody else, and the runtime is a large program in C++ that trusts what it loads. So whatever a
detector does not need is refused before the runtime sees it: what could run other code, read other files, never end, or
ask for memory without measure. What a graph computes cannot be told from its text; `hazardlens.serve.registry` tries
it in a process of its own.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Final

from hazardlens.model.onnx_graph import STANDARD_DOMAINS, GraphSummary, NodeSummary, TensorSummary, summarise_onnx

MOST_NODES: Final = 20_000
MOST_TENSORS: Final = 40_000
MOST_AXES: Final = 8
MOST_ELEMENTS: Final = 2**28
"""Of any tensor that is named with its shape: 1 GB of float32, a hundred times the largest of a detector."""
MOST_INTEGER: Final = 2**16
"""Of an attribute: strides, pads and sizes of a kernel are far below."""
MOST_SCALE: Final = 16.0
MOST_OPSET: Final = 64

# The arithmetic of convolutional and attention detectors, in float and 8-bit, and of suppression inside the graph. No
# branches, loops, sequences, texts, random numbers, or images that the graph decodes by itself.
_NAMES: Final = """
    Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
    ConvTranspose Cos DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Elu Equal Erf Exp Expand Flatten Floor
    Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual
    GroupNormalization HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu
    Less LessOrEqual Log LogSoftmax MatMul MatMulInteger Max MaxPool Mean Min Mish Mod Mul Neg NonMaxSuppression
    NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization Range Reciprocal
    ReduceL1 ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round
    ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Size Slice Softmax Softplus SpaceToDepth Split Sqrt
    Squeeze Sub Sum Swish Tanh Tile TopK Transpose Trilu Unsqueeze Upsample Where Xor
"""
OPERATORS: Final = frozenset(_NAMES.split())
_GROWING: Final = frozenset({"ConstantOfShape", "Expand", "OneHot", "Pad", "Range", "Resize", "Tile", "Upsample"})
"""Their output is as large as numbers among their inputs say."""
_SCALED: Final = frozenset({"Resize", "Upsample"})
_FLOAT: Final = 1
_WHOLE: Final = frozenset({6, 7})
_ITEM_BYTES: Final = {1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8}
"""Data type of onnx.proto -> bytes of a number: float32, uint8, int8, int32, int64, bool, float16, float64."""

_ORT_MARK: Final = b"ORTM"
"""At byte 4, the sign of the runtime's own format, which it would read instead, whatever else the file is."""


def check_onnx(content: bytes) -> None:
    """Refuse a file that must not reach the runtime.

    Raises:
        ValueError: why.
    """
    if content[4:8] == _ORT_MARK:
        raise ValueError("in the runtime's own format, not in ONNX")
    graph = summarise_onnx(content)
    for complaint in _complaints(graph):
        raise ValueError(complaint)


def _complaints(graph: GraphSummary) -> Iterator[str]:
    """What is wrong, the most telling first; the rest is only looked at where that is right."""
    yield from _foreign_parts(graph)
    if not all(0 < version <= MOST_OPSET for version in graph.opsets.values()):
        yield "an operator set of an impossible version"
    if len(graph.nodes) > MOST_NODES or len(graph.tensors) > MOST_TENSORS:
        yield f"more than {MOST_NODES} nodes or {MOST_TENSORS} tensors"
    names = [tensor.name for tensor in graph.tensors]
    if len(set(names)) < len(names):
        yield "two tensors of one name"
    yield from (complaint for tensor in graph.tensors if (complaint := _tensor_complaint(tensor)))
    for shape in graph.shapes:
        if not _is_sane([1 if length is None else length for length in shape]):
            yield f"an impossible shape: {list(shape)[: MOST_AXES + 1]}"
    yield from _node_complaints(graph)


def _foreign_parts(graph: GraphSummary) -> Iterator[str]:
    """What is no plain graph of standard operators with its weights inside."""
    if graph.external_tensors:
        yield f"weights in files of their own: {_shown(graph.external_tensors)}"
    foreign = {f"{domain}.{operator}" for domain, operator in graph.operators if domain not in STANDARD_DOMAINS}
    if foreign:
        yield f"operators outside the ONNX standard: {_shown(foreign)}"
    if graph.functions:
        yield "it defines operators of its own"
    unknown = {operator for _, operator in graph.operators} - OPERATORS
    if unknown:
        yield f"operators that no detector needs: {_shown(unknown)}"
    if graph.inner_graphs:
        yield "graphs inside a node"
    if graph.sparse_tensors:
        yield "sparse tensors"


def _tensor_complaint(tensor: TensorSummary) -> str | None:
    name = _shown([tensor.name])
    item = _ITEM_BYTES.get(tensor.data_type)
    if item is None:
        return f"tensor {name}: numbers of a kind that no detector needs: {tensor.data_type}"
    if not _is_sane(tensor.shape):
        return f"tensor {name}: an impossible shape: {list(tensor.shape)[: MOST_AXES + 1]}"
    elements = math.prod(tensor.shape)
    if tensor.raw_bytes is not None and (tensor.typed_bytes or tensor.raw_bytes != elements * item):
        return f"tensor {name}: {elements} numbers of {item} bytes, {tensor.raw_bytes} bytes are there"
    if tensor.raw_bytes is None and not elements <= tensor.typed_bytes <= 10 * elements:
        return f"tensor {name}: {elements} numbers, {tensor.typed_bytes} bytes are there"
    return None


def _node_complaints(graph: GraphSummary) -> Iterator[str]:
    values = {tensor.name: tensor for tensor in graph.tensors}
    for node in graph.nodes:
        far = [number for number in node.integers if abs(number) > MOST_INTEGER]
        if far:
            yield f"{_shown([node.operator])}: an attribute of {far[0]}"
        if node.operator in _GROWING and not _grows_sanely(node, values):
            yield f"{node.operator}: an output without measure"


def _grows_sanely(node: NodeSummary, tensors: dict[str, TensorSummary]) -> bool:
    """Whether the numbers that say how large an output gets are in measure, as far as the file has them."""
    known = [tensors[name] for name in node.inputs if name in tensors]
    wholes = [tensor.values or () for tensor in known if tensor.data_type in _WHOLE]
    factors = (
        [tensor.values or () for tensor in known if tensor.data_type == _FLOAT] if node.operator in _SCALED else []
    )
    return all(math.prod(max(abs(number), 1) for number in numbers) <= MOST_ELEMENTS for numbers in wholes) and all(
        0 <= scale <= MOST_SCALE for numbers in factors for scale in numbers
    )


def _is_sane(shape: Iterable[int]) -> bool:
    lengths = list(shape)
    return len(lengths) <= MOST_AXES and all(length >= 0 for length in lengths) and math.prod(lengths) <= MOST_ELEMENTS


def _shown(names: Iterable[str]) -> str:
    """Some names for a message: short and printable, whatever the file says."""
    short = [ascii(name)[1:-1] if not name.isprintable() else name for name in sorted(names)[:3]]
    return ", ".join(name[:60] for name in short)
