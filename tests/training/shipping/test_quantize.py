"""The 8-bit graph: standard operators, the head untouched, and nearly the same boxes."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from hazardlens.model.boxes import iou_matrix
from hazardlens.model.bundle import SHIPPED_BUNDLE, Bundle, float_graph, read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import decode_photo
from hazardlens.model.onnx_graph import STANDARD_DOMAINS, summarise_onnx
from hazardlens.model.preprocess import letterbox
from hazardlens.training.errors import ExportError
from hazardlens.training.networks.graph import INPUT_NAME, NETWORK_KEY, check_graph, graph_metadata, to_onnx
from hazardlens.training.networks.network import Network, NetworkInfo, build_network
from hazardlens.training.shipping.quantize import head_nodes, quantised
from support.lively_network import LIVELY_SIZE_PX, lively_network

SAMPLES = Path(__file__).parents[3] / "datasets/samples"
Tensor = npt.NDArray[np.float32]


def pictures(count: int = 6) -> list[Tensor]:
    rng = np.random.default_rng(5)
    return [rng.random((3, LIVELY_SIZE_PX, LIVELY_SIZE_PX), np.float32) for _ in range(count)]


@pytest.fixture(scope="module")
def graph() -> bytes:
    return to_onnx(lively_network(), {"name": "lively"})


@pytest.fixture(scope="module")
def small(graph: bytes) -> bytes:
    return quantised(graph, iter(pictures()))


def answer(content: bytes, picture: Tensor) -> Tensor:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {INPUT_NAME: picture[None]})
    first: Tensor = np.asarray(found, np.float32)[0]
    return first


def test_it_is_smaller_and_standard(graph: bytes, small: bytes) -> None:
    assert len(small) < 0.55 * len(graph)
    check_graph(small)
    summary = summarise_onnx(small)
    assert {domain for domain, _ in summary.operators} <= STANDARD_DOMAINS
    assert set(summary.opsets) <= STANDARD_DOMAINS
    assert {("", "QuantizeLinear"), ("", "DequantizeLinear")} <= summary.operators


def test_it_keeps_what_the_graph_says_of_itself(graph: bytes, small: bytes) -> None:
    assert graph_metadata(small) == graph_metadata(graph)
    assert NETWORK_KEY in graph_metadata(small)


def test_it_scores_as_the_float_graph_does(graph: bytes, small: bytes) -> None:
    """Weights are noise here, so that what rounding changes grows from layer to layer."""
    for picture in pictures(2):
        ours, theirs = answer(small, picture), answer(graph, picture)
        assert ours.shape == theirs.shape
        assert np.corrcoef(ours[4:].ravel(), theirs[4:].ravel())[0, 1] > 0.7


@pytest.mark.slow
def test_the_shipped_network_finds_the_same_in_8_bit() -> None:
    bundle = read_bundle(SHIPPED_BUNDLE)
    content, size = float_graph(bundle), bundle.manifest.input.size_px
    photos = [decode_photo(path.read_bytes()) for path in sorted(SAMPLES.glob("*.jpg"))]
    small = quantised(content, (letterbox(photo, size)[0] for photo in photos))
    manifest = bundle.manifest.model_copy(update={"weights": "float32"})
    floats, eights = (OnnxDetector(Bundle(bundle.path, manifest, graph)).detect(photos) for graph in (content, small))
    seen = 0
    for ours, theirs in zip(eights, floats, strict=True):
        for label, score, box in zip(theirs.label_ids, theirs.confidences, theirs.boxes_xyxy, strict=True):
            if score < 0.5:
                continue
            seen += 1
            same = ours.keep(ours.label_ids == label)
            assert iou_matrix(box[None], same.boxes_xyxy).max() > 0.8
    assert seen > 0


def test_weights_of_the_head_stay_in_float32(graph: bytes, small: bytes) -> None:
    floats, eights = onnx.load_from_string(graph), onnx.load_from_string(small)
    kept = {tensor.name for tensor in eights.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT}
    convolutions = {tensor.name for tensor in floats.graph.initializer if tensor.name.endswith("conv.weight")}
    heads = {name for name in convolutions if name.startswith("model.23.")}
    assert heads
    assert heads <= kept
    assert not (convolutions - heads) & kept


@pytest.mark.parametrize(("arch", "last"), [("yolo11n.yaml", 23), ("yolo26n.yaml", 23), ("yolov8s.yaml", 22)])
def test_the_head_is_the_last_layer_and_all_behind_it(arch: str, last: int) -> None:
    info = NetworkInfo(arch=arch, labels=("stacked_clutter",), size_px=64)
    model = onnx.load_from_string(to_onnx(Network(build_network(info).eval(), info), {}))
    head = set(head_nodes(model))
    own = {node.name for node in model.graph.node if node.name.startswith(f"/model.{last}/")}
    others = {node.name for node in model.graph.node if node.name.startswith("/model.0/")}
    assert own <= head
    assert not others & head
    (output,) = model.graph.output
    assert next(node.name for node in model.graph.node if output.name in node.output) in head
    assert len(head) < len(model.graph.node) / 2


def test_a_graph_without_layers_is_refused(graph: bytes) -> None:
    model = onnx.load_from_string(graph)
    for node in model.graph.node:
        node.name = ""
    with pytest.raises(ExportError, match="named by its layer"):
        quantised(model.SerializeToString(), pictures(1))


def test_without_photos_there_are_no_ranges(graph: bytes) -> None:
    with pytest.raises(ExportError, match="no training photo"):
        quantised(graph, [])
