"""A server with a registry of tiny bundles, for tests of what models do to it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from httpx2 import Response
from onnx import TensorProto, helper, numpy_helper
from starlette.testclient import TestClient

from hazardlens.model.bundle import ONNX_FILE, write_bundle
from hazardlens.serve.access.roles import Role
from hazardlens.serve.app import create_app
from hazardlens.serve.services import Services
from hazardlens.serve.settings import load_settings
from support import pictures
from support.people import authenticate_by_header, headers_of
from support.serving import CLASSIFY, wait_until
from support.tiny_bundle import TINY_LABELS, TINY_SIZE_PX, make_tiny_bundle, tiny_draft, tiny_onnx, tiny_output

ENGINEER: Final = headers_of("gao", Role.ENGINEER)
NEVER_S: Final = 3600.0


class Models:
    """One server's registry and its default bundle, whose version is 1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.default = make_tiny_bundle(folder / "default", version="1").path
        self.registry = folder / "var" / "bundles"

    def add(self, version: str, label: str = "manhole_open", folder: str | None = None) -> Path:
        """A good bundle that finds `label` on every photo."""
        path = self.registry / (folder or f"tiny@{version}")
        return make_tiny_bundle(path, version=version, boxes=[(label, 0.8, (0.2, 0.3, 0.7, 0.6))]).path

    def add_onnx(self, version: str, onnx_bytes: bytes) -> Path:
        """A bundle with a graph of one's own."""
        path = self.registry / f"tiny@{version}"
        return write_bundle(path, onnx_bytes=onnx_bytes, card="# Odd\n", draft=tiny_draft(version=version)).path

    @contextmanager
    def serving(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> Iterator[TestClient]:
        """A server of this registry; what it does by itself every few seconds, it does when a test says so."""
        chosen = {
            "data_path": self.folder / "var",
            "bundle_path": self.default,
            "inference_threads": 1,
            "model_trial_s": 0,  # it costs a second or two each; test_trial.py has it
        }
        app = create_app(
            load_settings(**{"model_poll_s": NEVER_S, **chosen, **settings}),
            authenticate=authenticate_by_header,
            now=now,
        )
        with TestClient(app) as client:
            wait_until(lambda: client.get("/readyz").json().get("code") != "model_loading")
            yield client


def services_of(client: TestClient) -> Services:
    """What the server behind a client works with."""
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    return services


def activate(client: TestClient, version: str, *, media_type: str | None = None, **request: Any) -> Response:  # noqa: ANN401
    """Ask for another model; `media_type` is the body's, where it is not told by other arguments."""
    headers = ENGINEER if media_type is None else {**ENGINEER, "Content-Type": media_type}
    return client.post(f"/v1/models/{version}/activate", headers=headers, **request)


def version_of_answer(client: TestClient) -> str:
    """Which model answers now."""
    answer = client.post(CLASSIFY, files={"file": pictures.jpeg()})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["model"]["version"])


def one_byte_changed(path: Path) -> None:
    """The graph is no longer the one that was hashed."""
    file = path / ONNX_FILE
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))


def custom_operator_onnx() -> bytes:
    """A graph with an operator that no runtime has to know."""
    proto = onnx.load_model_from_string(tiny_onnx(tiny_output(TINY_LABELS, (), TINY_SIZE_PX)))
    proto.graph.node[0].domain = "com.example"
    proto.graph.node[0].op_type = "Magic"
    proto.opset_import.append(helper.make_opsetid("com.example", 1))
    return bytes(proto.SerializeToString())


def failing_onnx() -> bytes:
    """A graph that every check lets pass and that fails when it runs: it reshapes what cannot be reshaped."""
    shape = (1, 4 + len(TINY_LABELS), 32)
    nodes = [
        helper.make_node("Shape", ["images"], ["shape"]),
        helper.make_node("Reshape", ["images", "wanted"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "failing",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, TINY_SIZE_PX, TINY_SIZE_PX])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["a", "b", "c"])],
        [numpy_helper.from_array(np.array(shape, np.int64), "wanted")],
    )
    return bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )


def not_a_number_onnx() -> bytes:
    """A graph whose weights have come apart."""
    output = tiny_output(TINY_LABELS, (), TINY_SIZE_PX)
    output[:] = np.nan
    return tiny_onnx(output)


def write_unchecked(path: Path, onnx_bytes: bytes) -> None:
    """A graph with the right sum in the manifest, which no writer would let pass."""
    (path / ONNX_FILE).write_bytes(onnx_bytes)
    sha256 = hashlib.sha256(onnx_bytes).hexdigest()
    spoil_manifest(path, lambda document: document["files"].update({ONNX_FILE: sha256}))


def spoil_manifest(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a bundle's manifest."""
    file = path / "manifest.json"
    document = json.loads(file.read_text("utf-8"))
    change(document)
    file.write_text(json.dumps(document), "utf-8")
