"""Weights in float16: half the file, the same names, and no further loss for a network that was rounded before."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from hazardlens.model.onnx_rules import check_onnx
from hazardlens.training.errors import ExportError
from hazardlens.training.networks.graph import check_graph, storable, to_network, to_onnx
from hazardlens.training.networks.halves import LEAST_ELEMENTS, halved, widened
from support.lively_network import LIVELY_SIZE_PX, lively_network


@pytest.fixture(scope="module")
def graph() -> bytes:
    return to_onnx(lively_network(), {"name": "lively"})


def _answer(content: bytes) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(3).random((1, 3, LIVELY_SIZE_PX, LIVELY_SIZE_PX), np.float32)
    (answer,) = session.run(None, {session.get_inputs()[0].name: picture})
    return np.asarray(answer)


def test_it_takes_half_the_room_and_may_be_served(graph: bytes) -> None:
    small = halved(graph)
    assert len(small) < 0.55 * len(graph)
    check_graph(small)
    check_onnx(small)


def test_only_the_rounding_of_weights_is_lost(graph: bytes) -> None:
    again = {tensor.name: tensor for tensor in onnx.load_from_string(widened(halved(graph))).graph.initializer}
    for tensor in onnx.load_from_string(graph).graph.initializer:
        before, after = numpy_helper.to_array(tensor), numpy_helper.to_array(again[tensor.name])
        assert after.dtype == before.dtype
        if before.size < LEAST_ELEMENTS or before.dtype != np.float32:
            np.testing.assert_array_equal(after, before)
        else:
            np.testing.assert_allclose(after, before, rtol=2**-11, atol=1e-7)


def test_it_computes_what_the_widened_graph_computes(graph: bytes) -> None:
    small = halved(graph)
    np.testing.assert_array_equal(_answer(small), _answer(widened(small)))


def test_a_rounded_network_answers_as_its_halved_graph(graph: bytes) -> None:
    rounded = storable(lively_network())
    content = to_onnx(rounded, {"name": "lively"})
    assert halved(content) == halved(widened(halved(content)))
    for name, tensor in to_network(halved(content)).module.state_dict().items():
        assert torch.equal(tensor, rounded.module.state_dict()[name]), name
    assert not np.array_equal(_answer(content), _answer(graph))


def test_a_network_is_made_from_a_halved_graph_as_from_a_whole_one(graph: bytes) -> None:
    whole, small = (to_network(content).module.state_dict() for content in (graph, halved(graph)))
    assert whole.keys() == small.keys()
    for name, tensor in whole.items():
        assert torch.allclose(small[name], tensor, rtol=2**-11, atol=1e-7), name


def test_a_graph_that_was_never_halved_stays_as_it_is(graph: bytes) -> None:
    assert widened(graph) == graph


def test_weights_that_float16_cannot_hold_are_refused(graph: bytes) -> None:
    model = onnx.load_from_string(graph)
    tensor = next(each for each in model.graph.initializer if each.name.endswith("conv.weight"))
    tensor.CopyFrom(numpy_helper.from_array(np.full(LEAST_ELEMENTS, 7e4, np.float32), tensor.name))
    with pytest.raises(ExportError, match=f"{tensor.name} has weights that float16 cannot hold"):
        halved(model.SerializeToString())
