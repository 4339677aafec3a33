"""Exchanges the model while clients send photos, and counts what got lost: nothing may.

    python benchmarks/swap.py --swaps 20 --clients 8

Starts a server with the bundle that ships and a copy of it with another version, sends photos over connections that
stay open, and activates the two in turn through the API, with a broken bundle in the middle. Prints one JSON object.
Exit code 1: a request was lost, got another answer than 200, or was answered by a model that was never in service.
"""

import argparse
import contextlib
import json
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from hazardlens.model.bundle import CARD_FILE, SHIPPED_BUNDLE, ManifestDraft, float_graph, read_bundle, write_bundle
from load_clients import HOST, Connection, Load, encode_request
from phone_photos import SMALL_WH, make_set
from servers import Server, clean_environ, hazardlens_server

_BETWEEN_S: Final = 0.4
_REST_S: Final = 5.0  # a server gives freed memory back when it looks after its models, every two seconds


@dataclass(slots=True)
class SwapFigures:
    """What happened.

    Attributes:
        answered: count of answers by HTTP status, or "lost".
        versions: count of answers by the version that gave them.
        swaps_ms: from the request for another model to its answer.
        latencies_ms: of all answers, in order.
        rss_mib: of the server's process after each swap; the last one when nothing was asked for a while.
        refused: codes of the bad bundles that were tried between swaps.
        example: one answer that was not 200.
    """

    answered: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    swaps_ms: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    example: str = ""

    def lost_nothing(self, versions: Sequence[str]) -> bool:
        """Whether every request was answered, by one of these."""
        return set(self.answered) == {"200"} and set(self.versions) == set(versions)


class Traffic:
    """Clients that send until told to stop, each over one connection, and note who answered."""

    def __init__(self, port: int, photos: Sequence[Path], clients: int, figures: SwapFigures) -> None:
        load = Load(port, "/v1/classify", "raw", tuple(str(photo) for photo in photos), clients)
        self._requests = [encode_request(load, photo) for photo in photos]
        self._port = port
        self._figures = figures
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    @property
    def answers(self) -> int:
        """Answers so far."""
        return sum(self._figures.answered.values())

    def _work(self, number: int) -> None:
        turn = number
        try:
            with closing(Connection(self._port)) as connection:
                while not self._stopped.is_set():
                    started = time.perf_counter()
                    status, body = connection.exchange(self._requests[turn % len(self._requests)])
                    self._note(str(status), body, (time.perf_counter() - started) * 1000)
                    turn += 1
        except (OSError, ValueError) as error:
            self._note("lost", str(error).encode(), 0.0)

    def _note(self, status: str, body: bytes, latency_ms: float) -> None:
        with self._lock:
            figures = self._figures
            figures.answered[status] = figures.answered.get(status, 0) + 1
            if status != "200":
                figures.example = body[:300].decode("utf-8", "replace")
                return
            version = json.loads(body)["model"]["version"]
            figures.versions[version] = figures.versions.get(version, 0) + 1
            figures.latencies_ms.append(latency_ms)


def swap_under_traffic(
    server: Server,
    photos: Sequence[Path],
    versions: tuple[str, str],
    activate: Callable[[str], tuple[int, str]],
    *,
    swaps: int,
    clients: int,
    bad: Sequence[str] = (),
    wait: Callable[[Traffic], None],
) -> SwapFigures:
    """Exchange two models in turn while clients send.

    Args:
        server: with the first of the two in service.
        photos: files to send in turn.
        versions: of the two models.
        activate: asks for a version and gives the answer's status and code; the code is empty when it was done.
        swaps: how often.
        clients: connections that each send one photo at a time.
        bad: versions of bundles that must be refused; tried half-way.
        wait: called after each swap, until enough was answered to have seen it.

    Raises:
        RuntimeError: a swap was refused, or a bad bundle was not.
    """
    figures = SwapFigures()
    with Traffic(server.port, photos, clients, figures) as traffic:
        wait(traffic)
        for number in range(swaps):
            if number == swaps // 2:
                figures.refused = [_refused(activate, version) for version in bad]
            version = versions[(number + 1) % 2]
            started = time.perf_counter()
            status, code = activate(version)
            figures.swaps_ms.append(round((time.perf_counter() - started) * 1000, 1))
            if status != 200:
                raise RuntimeError(f"swap {number + 1} to {version}: {status} {code}")
            wait(traffic)
            figures.rss_mib.append(server.rss_mib() or 0.0)
    return figures


def _refused(activate: Callable[[str], tuple[int, str]], version: str) -> str:
    status, code = activate(version)
    if status != 422:
        raise RuntimeError(f"a bad bundle was not refused: {version}: {status} {code}")
    return code


def copy_with_version(source: Path, target: Path, version: str) -> None:
    """The same model under another version."""
    bundle = read_bundle(source)
    draft = bundle.manifest.model_dump(exclude={"files"}) | {"version": version}
    card = (source / CARD_FILE).read_text("utf-8")
    floats = float_graph(bundle) if bundle.manifest.weights == "int8" else None
    fresh = ManifestDraft.model_validate(draft)
    write_bundle(target, onnx_bytes=bundle.onnx_bytes, card=card, draft=fresh, float_bytes=floats)


@contextlib.contextmanager
def signed_in(server: Server, name: str, password: str) -> Iterator[Callable[[str], tuple[int, str]]]:
    """A function that activates a version, for an account of the server."""
    with httpx2.Client(base_url=f"http://{HOST}:{server.port}", timeout=60) as client:
        session = client.post("/v1/session", json={"name": name, "password": password})
        session.raise_for_status()
        client.headers["X-CSRF-Token"] = session.json()["csrf_token"]

        def activate(version: str) -> tuple[int, str]:
            answer = client.post(f"/v1/models/{version}/activate")
            return answer.status_code, str(answer.json().get("code", ""))

        yield activate


def summary(figures: SwapFigures) -> dict[str, Any]:
    """The figures, short."""
    latencies = sorted(figures.latencies_ms)
    short = asdict(figures) | {"answers": len(latencies)}
    short["latencies_ms"] = {
        "p50": round(latencies[len(latencies) // 2], 1),
        "p99": round(latencies[int(len(latencies) * 0.99)], 1),
        "max": round(latencies[-1], 1),
    }
    return short


def main() -> int:
    """Run it; the exit code says whether anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swaps", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--bundle", type=Path, default=SHIPPED_BUNDLE)
    options = parser.parse_args()
    first = read_bundle(options.bundle).manifest.version
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = {"HAZARDLENS_DATA_PATH": str(folder / "var")}
        copy_with_version(options.bundle, folder / "var" / "bundles" / "copy", f"{first}-copy")
        copy_with_version(options.bundle, folder / "var" / "bundles" / "broken", f"{first}-broken")
        (folder / "var" / "bundles" / "broken" / "model.onnx").write_bytes(b"something else")
        password = secrets.token_urlsafe(16)
        add = ["admin", "account", "add", "swapper", "--role", "engineer", "--password-stdin"]
        command = [sys.executable, "-m", "hazardlens.cli.main", *add]
        subprocess.run(command, input=password, text=True, check=True, env={**clean_environ(), **environ})
        photos = make_set(folder, "photo", SMALL_WH, 4).paths
        with (
            hazardlens_server(options.bundle, folder / "server.log", environ) as server,
            signed_in(server, "swapper", password) as activate,
        ):
            figures = swap_under_traffic(
                server,
                photos,
                (first, f"{first}-copy"),
                activate,
                swaps=options.swaps,
                clients=options.clients,
                bad=["broken"],
                wait=lambda _: time.sleep(_BETWEEN_S),
            )
            time.sleep(_REST_S)
            figures.rss_mib.append(server.rss_mib() or 0.0)
    print(json.dumps(summary(figures)))
    return 0 if figures.lost_nothing((first, f"{first}-copy")) else 1


if __name__ == "__main__":
    sys.exit(main())
