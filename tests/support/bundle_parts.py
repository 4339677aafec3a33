"""Graphs for bundles, good and bad, and what a test looks at or changes in a bundle's folder."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import external_data_helper, numpy_helper

from support.tiny_bundle import TINY_BOXES, TINY_LABELS, TINY_SIZE_PX, tiny_onnx, tiny_output

GOOD_ONNX = tiny_onnx(tiny_output(TINY_LABELS, TINY_BOXES, TINY_SIZE_PX))
FLOAT_ONNX = tiny_onnx(tiny_output(TINY_LABELS, (), TINY_SIZE_PX))


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def rewrite_manifest(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    file = path / "manifest.json"
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def bad_graph(kind: str) -> bytes:
    proto = onnx.load_from_string(GOOD_ONNX)
    if kind == "external":
        tensor = numpy_helper.from_array(np.zeros(2, np.float32), "far_away")
        external_data_helper.set_external_data(tensor, location="../../etc/passwd")
        proto.graph.initializer.append(tensor)
    else:
        proto.graph.node[0].domain = "com.microsoft"
    return bytes(proto.SerializeToString())
