"""The graph of a network: it answers as the network does, keeps to the rules, and becomes a network again."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from hazardlens.training.errors import ExportError
from hazardlens.training.networks.graph import OPSET, check_graph, graph_metadata, to_network, to_onnx
from hazardlens.training.networks.network import Network
from support.lively_network import LIVELY_LABELS, LIVELY_SIZE_PX, lively_network


@pytest.fixture(scope="module")
def network() -> Network:
    return lively_network()


@pytest.fixture(scope="module")
def graph(network: Network) -> bytes:
    return to_onnx(network, {"name": "lively"})


def test_the_graph_answers_as_the_network_does(network: Network, graph: bytes) -> None:
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    picture = torch.rand(1, 3, LIVELY_SIZE_PX, LIVELY_SIZE_PX)
    (answer,) = session.run(None, {session.get_inputs()[0].name: picture.numpy()})
    with torch.no_grad():
        expected = network.module(picture)[0].numpy()
    assert answer.shape == (1, 4 + len(LIVELY_LABELS), expected.shape[2])
    assert np.abs(answer[:, :4] - expected[:, :4]).max() < 0.05
    assert np.abs(answer[:, 4:] - expected[:, 4:]).max() < 1e-3


def test_the_graph_is_static_standard_and_says_what_it_is(graph: bytes) -> None:
    model = onnx.load_from_string(graph)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSET)]
    assert {node.domain for node in model.graph.node} == {""}
    assert not {node.op_type for node in model.graph.node} & {"NonMaxSuppression", "TopK", "If", "Loop"}
    assert len(model.graph.input) == len(model.graph.output) == 1
    metadata = graph_metadata(graph)
    assert metadata["name"] == "lively"
    assert json.loads(metadata["network"])["labels"] == list(LIVELY_LABELS)


def test_exporting_leaves_the_network_as_it_was(network: Network, graph: bytes) -> None:
    assert len(graph) > 1_000_000
    head: Any = network.module.model[-1]  # type: ignore[index] # an nn.Sequential, typed as any module
    assert head.export is False
    assert any(name.endswith("bn.weight") for name in network.module.state_dict())


def test_a_network_made_from_the_graph_has_its_weights(network: Network, graph: bytes) -> None:
    again = to_network(graph)
    assert again.info == network.info
    picture = torch.rand(1, 3, LIVELY_SIZE_PX, LIVELY_SIZE_PX)
    with torch.no_grad():
        difference = (again.module(picture)[0] - network.module(picture)[0]).abs()
    assert float(difference[:, 4:].max()) < 1e-3


def _private_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.somebody"
    model.opset_import.append(onnx.helper.make_opsetid("com.somebody", 1))


def _suppression(model: onnx.ModelProto) -> None:
    boxes, scores = (
        onnx.helper.make_tensor(name, onnx.TensorProto.FLOAT, shape, [0.5] * 4)
        for name, shape in (("nms_boxes", (1, 1, 4)), ("nms_scores", (1, 1, 4)))
    )
    scores = onnx.helper.make_tensor("nms_scores", onnx.TensorProto.FLOAT, (1, 1, 1), [0.5])
    model.graph.initializer.extend([boxes, scores])
    model.graph.node.append(onnx.helper.make_node("NonMaxSuppression", ["nms_boxes", "nms_scores"], ["nms_kept"]))


def _dynamic_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"


def _dangling_input(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "nobody"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_private_operator, "com.somebody"),
        (_suppression, "NonMaxSuppression"),
        (_dynamic_batch, "fixed shape"),
        (_dangling_input, "not valid ONNX"),
    ],
)
def test_graphs_that_break_the_rules_are_refused(
    graph: bytes, spoil: Callable[[onnx.ModelProto], None], message: str
) -> None:
    model = onnx.load_from_string(graph)
    spoil(model)
    with pytest.raises(ExportError, match=message):
        check_graph(model.SerializeToString())


def test_bytes_that_are_no_graph_are_refused() -> None:
    with pytest.raises(ExportError, match="not valid ONNX"):
        check_graph(b"no graph")


def test_a_graph_of_others_does_not_become_a_network(graph: bytes) -> None:
    model = onnx.load_from_string(graph)
    del model.metadata_props[:]
    with pytest.raises(ExportError, match="which network"):
        to_network(model.SerializeToString())
