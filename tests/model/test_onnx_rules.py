"""An ONNX file is untrusted: what is refused before the runtime sees it, each by a row of its own."""

import resource
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from hazardlens.model.bundle import ONNX_FILE, SHIPPED_BUNDLE
from hazardlens.model.onnx_graph import MOST_PARTS
from hazardlens.model.onnx_rules import OPERATORS, check_onnx
from support.mutants import mutants
from support.tiny_bundle import TINY_BOXES, TINY_LABELS, TINY_SIZE_PX, tiny_onnx, tiny_output

TINY: Final = tiny_onnx(tiny_output(TINY_LABELS, TINY_BOXES, TINY_SIZE_PX))
SHIPPED: Final = (SHIPPED_BUNDLE / ONNX_FILE).read_bytes()

Change = Callable[[ModelProto], None]


def changed(change: Change) -> bytes:
    model = onnx.load_from_string(TINY)
    change(model)
    return bytes(model.SerializeToString())


def node(operator: str, inputs: list[str] | None = None, **attributes: Any) -> Change:  # noqa: ANN401 - any attribute
    def add(model: ModelProto) -> None:
        model.graph.node.append(helper.make_node(operator, inputs or ["mean"], [f"out of {operator}"], **attributes))

    return add


def tensor(array: object, name: str = "more", operator: str | None = None) -> Change:
    def add(model: ModelProto) -> None:
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
        if operator is not None:
            node(operator, ["mean", name])(model)

    return add


def raw_tensor(**fields: Any) -> Change:  # noqa: ANN401 - any field
    def add(model: ModelProto) -> None:
        model.graph.initializer.append(TensorProto(**{"name": "more", "data_type": 1, **fields}))

    return add


def external(model: ModelProto) -> None:
    made = model.graph.initializer.add(name="far", data_type=1, dims=[2])
    made.external_data.add(key="location", value="../../etc/passwd")


def in_memory(model: ModelProto) -> None:
    """An address in the server's own memory, as the runtime takes it from those who embed it."""
    made = model.graph.initializer.add(name="far", data_type=1, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "4096"), ("length", "8")):
        made.external_data.add(key=key, value=value)


def sparse_external(model: ModelProto) -> None:
    sparse = model.graph.sparse_initializer.add()
    sparse.values.CopyFrom(TensorProto(name="s", data_type=1, dims=[1], raw_data=b"1234"))


def sparse_attribute(model: ModelProto) -> None:
    attribute = model.graph.node[0].attribute.add(name="value", type=onnx.AttributeProto.SPARSE_TENSOR)
    attribute.sparse_tensor.values.CopyFrom(TensorProto(name="s", data_type=1, dims=[1]))


def loop(model: ModelProto) -> None:
    inner = helper.make_graph([helper.make_node("Add", ["a", "a"], ["b"])], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["mean"], ["z"], body=inner))


def hidden_graph(model: ModelProto) -> None:
    inner = helper.make_graph([helper.make_node("Add", ["a", "a"], ["b"])], "body", [], [])
    model.graph.node[0].attribute.append(helper.make_attribute("body", inner))


def functions(model: ModelProto) -> None:
    """Each calls the one before twice: a bomb of 2 to the power of 40."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    for number in range(40):
        nodes = [helper.make_node(f"F{number - 1}" if number else "Relu", ["x"], [end], domain="f") for end in "yz"]
        model.functions.append(helper.make_function("f", f"F{number}", ["x"], ["y"], nodes, opsets))


def training(model: ModelProto) -> None:
    model.training_info.add().algorithm.name = "more graphs"


def many_nodes(model: ModelProto) -> None:
    model.graph.node.extend([helper.make_node("Relu", ["mean"], ["z"])] * 20_001)


def many_parts(model: ModelProto) -> None:
    model.graph.node[0].attribute.append(helper.make_attribute("axes", [1] * (MOST_PARTS + 1)))


def absurd_end(length: int) -> Change:
    def change(model: ModelProto) -> None:
        model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = length

    return change


def many_axes(model: ModelProto) -> None:
    model.graph.value_info.append(helper.make_tensor_value_info("v", TensorProto.FLOAT, [1] * 9))


def no_tensor(model: ModelProto) -> None:
    value = onnx.ValueInfoProto(name="v")
    value.type.sequence_type.elem_type.tensor_type.elem_type = 1
    model.graph.value_info.append(value)


def opset(version: int) -> Change:
    def change(model: ModelProto) -> None:
        model.opset_import[0].version = version

    return change


def resize(scale: float) -> Change:
    def add(model: ModelProto) -> None:
        model.graph.initializer.append(numpy_helper.from_array(np.array([1, 1, scale, scale], np.float32), "scales"))
        node("Resize", ["images", "", "scales"])(model)

    return add


BAD: Final[dict[str, tuple[Change, str]]] = {
    "weights in another file": (external, "weights in files of their own: far"),
    "weights at an address in memory": (in_memory, "weights in files of their own: far"),
    "an operator of somebody's": (node("Magic", domain="com.example"), "outside the ONNX standard: com.example.Magic"),
    "an operator of the runtime's own": (node("EPContext", domain="com.microsoft"), "outside the ONNX standard"),
    "a standard operator for texts": (node("StringConcat"), "no detector needs: StringConcat"),
    "an operator that nobody knows": (node("Magic"), "no detector needs: Magic"),
    "an operator that decodes images": (node("ImageDecoder"), "no detector needs: ImageDecoder"),
    "a name that would break a log's line": (node("a\nb"), r"no detector needs: a\\nb"),
    "a loop": (loop, "no detector needs: Loop"),
    "a branch": (node("If"), "no detector needs: If"),
    "a graph where no operator takes one": (hidden_graph, "graphs inside a node"),
    "functions that call each other": (functions, "operators outside|operators of its own"),
    "a sparse tensor": (sparse_external, "sparse tensors"),
    "a sparse tensor in an attribute": (sparse_attribute, "attribute: field 22 has no place"),
    "graphs for training": (training, "model: field 20 has no place"),
    "20,001 nodes": (many_nodes, "more than 20000 nodes"),
    "a million parts": (many_parts, "more parts than any"),
    "a set of operators from the future": (opset(1000), "impossible version"),
    "a set of operators before the first": (opset(-1), "impossible version"),
    "an input of 2^40": (absurd_end(2**40), "an impossible shape"),
    "an input of -5": (absurd_end(-5), "an impossible shape"),
    "nine axes": (many_axes, "an impossible shape"),
    "a value that is no tensor": (no_tensor, "type: field 4 has no place"),
    "a tensor of 2^62": (raw_tensor(dims=[2**62]), "an impossible shape"),
    "a tensor whose axes overflow": (raw_tensor(dims=[2**32, 2**32]), "an impossible shape"),
    "a tensor of -1": (raw_tensor(dims=[-1]), "an impossible shape"),
    "a tensor of 60 axes": (raw_tensor(dims=[1] * 60), "an impossible shape"),
    "a tensor with too little data": (raw_tensor(dims=[1000], raw_data=b"1234"), "1000 numbers of 4 bytes, 4 bytes"),
    "a tensor with too much data": (raw_tensor(dims=[1], raw_data=b"12345678"), "1 numbers of 4 bytes, 8 bytes"),
    "a tensor with no data": (raw_tensor(dims=[1000]), "1000 numbers, 0 bytes"),
    "a tensor with data twice": (raw_tensor(dims=[1], raw_data=b"1234", float_data=[1.0]), "1 numbers of 4 bytes"),
    "a tensor of texts": (raw_tensor(dims=[1], data_type=8, string_data=[b"x"]), "of a kind that no detector needs: 8"),
    "a tensor of no kind": (raw_tensor(dims=[1], data_type=99), "of a kind that no detector needs: 99"),
    "two tensors of one name": (tensor(np.zeros(1, np.float32), "zero"), "two tensors of one name"),
    "pads of 2^30": (node("Conv", pads=[2**30] * 4), "Conv: an attribute of 1073741824"),
    "a tile of a billion": (tensor([1, 1, 10**5, 10**5], operator="Tile"), "Tile: an output without measure"),
    "an expansion without end": (tensor([2**62], operator="Expand"), "Expand: an output without measure"),
    "pads as numbers": (tensor([0, 2**40], operator="Pad"), "Pad: an output without measure"),
    "a photo a thousand times as wide": (resize(1000.0), "Resize: an output without measure"),
    "a photo of no size at all": (resize(float("nan")), "Resize: an output without measure"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_no_detector_needs_is_refused_by_name(name: str) -> None:
    change, message = BAD[name]
    with pytest.raises(ValueError, match=message) as refused:
        check_onnx(changed(change))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


def field(number: int, content: bytes) -> bytes:
    size, length = b"", len(content)
    while length > 0x7F:
        size += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"\x08\x08" + field(2, b"ORTM") + TINY[2:], "the runtime's own format", id="two formats at once"),
        pytest.param(TINY + field(7, b""), "field 7 is there twice", id="a second graph, which readers merge"),
        pytest.param(TINY + b"\xd8\x3e\x01", "field 1003 has no place", id="a field that nobody knows"),
        pytest.param(TINY + b"\x43\x44", "unknown wire type 3", id="a group"),
        pytest.param(
            field(7, field(1, field(4, b"Relu") + field(4, b"If"))), "4 is there twice", id="an operator of two names"
        ),
    ],
)
def test_what_two_readers_would_read_differently_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_onnx(content)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(resize(2.0), id="twice as wide"),
        pytest.param(tensor([1, 1, 2, 2], operator="Tile"), id="a tile of four"),
        pytest.param(tensor(np.zeros((0,), np.float32)), id="an empty tensor"),
        pytest.param(raw_tensor(dims=[2], float_data=[1.0, 2.0]), id="numbers one by one"),
        pytest.param(tensor([2**63 - 1], operator="Slice"), id="a slice to the end"),
        pytest.param(node("QuantizeLinear"), id="8 bits"),
        pytest.param(node("DequantizeLinear"), id="8 bits and back"),
        pytest.param(node("Constant", value=numpy_helper.from_array(np.array([1.0], np.float32))), id="a constant"),
    ],
)
def test_what_detectors_have_is_not(change: Change) -> None:
    check_onnx(changed(change))


def test_the_model_that_ships_is_read_in_no_time() -> None:
    began = time.perf_counter()
    check_onnx(SHIPPED)
    assert time.perf_counter() - began < 5  # 0.07 s on an idle core
    assert {item.op_type for item in onnx.load_from_string(SHIPPED).graph.node} <= OPERATORS


def test_every_operator_that_is_allowed_is_standard() -> None:
    assert {name for name in OPERATORS if not onnx.defs.has(name)} == set()


def _is_refused(content: bytes) -> bool:
    try:
        check_onnx(content)
    except ValueError:
        return True
    return False


@pytest.mark.slow(reason="costs 8 s: 300 copies of 10 MB are made and read")
def test_300_damaged_copies_of_the_model_that_ships_cost_neither_time_nor_memory() -> None:
    refused, slowest = 0, 0.0
    before_kib = 0
    for number, (name, content) in enumerate(mutants(SHIPPED, 300, seed=6)):
        began = time.perf_counter()
        refused += _is_refused(content)
        slowest = max(slowest, time.perf_counter() - began)
        if number == 60:  # the largest of each kind was there
            before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert slowest < 20, name
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 100_000
    assert 130 <= refused < 300  # damage in weights alone is for the trial to find
