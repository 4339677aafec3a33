"""A bundle is copied into the registry with every file that it has."""

from pathlib import Path

from hazardlens.model.bundle import FLOAT_FILE, float_graph, read_bundle, write_bundle
from hazardlens.serve.registry.installing import install_bundle
from support.tiny_bundle import TINY_LABELS, TINY_SIZE_PX, tiny_draft, tiny_onnx, tiny_output


def test_an_8_bit_bundle_brings_its_float_graph(tmp_path: Path) -> None:
    graph = tiny_onnx(tiny_output(TINY_LABELS, (), TINY_SIZE_PX))
    draft = tiny_draft().model_copy(update={"weights": "int8"})
    bundle = write_bundle(tmp_path / "eight", onnx_bytes=graph, card="# Eight\n", draft=draft, float_bytes=graph)

    place = install_bundle(bundle, tmp_path / "registry")

    assert (place / FLOAT_FILE).is_file()
    assert float_graph(read_bundle(place)) == graph
