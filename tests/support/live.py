"""A real server in a thread of the test: the app, its event loop and a socket that a browser can reach."""

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from hazardlens.model.detector import Detector
from hazardlens.serve.access.principals import Authenticate
from hazardlens.serve.app import create_app
from hazardlens.serve.clips import ClipReader
from hazardlens.serve.server import listen, server_config
from hazardlens.serve.settings import load_settings
from support.serving import PATIENCE_S, wait_until


@contextlib.contextmanager
def live_server(
    detector: Detector,
    *,
    authenticate: Authenticate | None = None,
    clips: ClipReader | None = None,
    **settings: Any,  # noqa: ANN401 - any setting
) -> Iterator[str]:
    """Serve until the block ends; yields the address, once the app is ready to classify."""
    chosen = load_settings(**{"inference_threads": 1, "data_path": Path(tempfile.mkdtemp()), **settings})
    app = create_app(chosen, detector=detector, authenticate=authenticate, clips=clips)
    server = uvicorn.Server(server_config(app, chosen))
    with listen("127.0.0.1", 0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            wait_until(lambda: httpx2.get(f"{address}/readyz", timeout=PATIENCE_S).status_code == 200)
            yield address
        finally:
            server.should_exit = True
            thread.join()
