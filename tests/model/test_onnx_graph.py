"""The walk over an ONNX file, against files that the onnx package wrote."""

import random

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from hazardlens.model.onnx_graph import summarise_onnx
from support.tiny_bundle import TINY_BOXES, TINY_LABELS, TINY_SIZE_PX, tiny_onnx, tiny_output

TINY = tiny_onnx(tiny_output(TINY_LABELS, TINY_BOXES, TINY_SIZE_PX))


def model_of(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], *domains: str) -> bytes:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
        tensors,
    )
    opsets = [helper.make_opsetid(domain, 17) for domain in ("", *domains)]
    return bytes(helper.make_model(graph, opset_imports=opsets).SerializeToString())


def external(name: str) -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.zeros(2, np.float32), name)
    external_data_helper.set_external_data(tensor, location="../weights.bin")
    tensor.ClearField("raw_data")
    return tensor


def test_a_plain_graph() -> None:
    summary = summarise_onnx(TINY)

    assert summary.opsets == {"": 17}
    assert summary.operators == {("", "ReduceMean"), ("", "Mul"), ("", "Add")}
    assert summary.external_tensors == ()


def test_foreign_operators_are_seen_in_nested_graphs_too() -> None:
    inner = helper.make_graph(
        [helper.make_node("Gelu", ["x"], ["z"], domain="com.microsoft")],
        "inner",
        [],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1])],
    )
    nodes = [helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)]

    summary = summarise_onnx(model_of(nodes, [], "com.microsoft"))

    assert summary.operators == {("", "If"), ("com.microsoft", "Gelu")}
    assert summary.opsets == {"": 17, "com.microsoft": 17}


def test_weights_in_other_files_are_seen_wherever_they_are_used() -> None:
    nodes = [
        helper.make_node("Constant", [], ["c"], value=external("in a node")),
        helper.make_node("Add", ["x", "w"], ["y"]),
    ]
    tensors = [external("a weight"), numpy_helper.from_array(np.zeros(2, np.float32), "inside")]

    assert set(summarise_onnx(model_of(nodes, tensors)).external_tensors) == {"in a node", "a weight"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "no ONNX graph", id="empty"),
        pytest.param(b"\x08\x01", "no ONNX graph", id="a number alone"),
        pytest.param(TINY[:-5], "cut off", id="cut off"),
        pytest.param(b"<html>404</html>", "unknown wire type|cut off", id="a web page"),
        pytest.param(b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "cut off", id="a number without end"),
        pytest.param(b"\x38\x01", "expected a message", id="a number where the graph should be"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        summarise_onnx(content)


def test_graphs_nested_without_end_are_refused() -> None:
    graph = b""
    for _ in range(40):
        attribute = b"\x32" + _length(graph) + graph
        node = b"\x2a" + _length(attribute) + attribute
        graph = b"\x0a" + _length(node) + node
    content = b"\x3a" + _length(graph) + graph + b"\x42\x02\x10\x11"

    with pytest.raises(ValueError, match="nested too deeply"):
        summarise_onnx(content)


@given(st.integers(0, 2**32))
def test_damage_is_a_value_error_or_nothing(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - hypothesis chose the seed
    content = bytearray(TINY)
    for _ in range(4):
        content[rng.randrange(len(content))] = rng.randrange(256)
    try:
        summary = summarise_onnx(bytes(content))
    except ValueError:
        return
    assert summary.opsets


def _length(content: bytes) -> bytes:
    count, out = len(content), b""
    while count > 0x7F:
        out += bytes([count & 0x7F | 0x80])
        count >>= 7
    return out + bytes([count])
