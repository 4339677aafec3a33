"""What the service answers while its database or its photo store is gone, and that it needs no restart afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.app import create_app
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store import keeper
from support import pictures
from support.people import authenticate_by_header, headers_of
from support.postgres import PostgresServer, postgres_server
from support.serving import CLASSIFY, LABELS, problem_of, wait_until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETRY_S", 0.05)
    monkeypatch.setattr(keeper, "FRESH_S", 0.0)
    monkeypatch.setattr(keeper, "GLANCE_S", 60.0)
    monkeypatch.setattr(keeper, "_HEAD_START_S", 0.1)


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """One that may be stopped."""
    with postgres_server(postgres.binaries) as server:
        yield server


def _client(data_path: Path, **settings: object) -> TestClient:
    app = create_app(
        load_settings(inference_threads=1, data_path=data_path, **settings),
        detector=ScriptedDetector([Detections.empty(LABELS)]),
        authenticate=authenticate_by_header,
    )
    return TestClient(app)


def _is_ready(client: TestClient) -> bool:
    return client.get("/readyz").status_code == 200


def test_it_starts_without_its_database_and_goes_on_when_it_comes(server: PostgresServer, tmp_path: Path) -> None:
    """Costs 3 s: a PostgreSQL server of its own."""
    url = server.new_database()
    server.stop()
    with _client(tmp_path, database_url=url) as client:
        wait_until(lambda: client.get("/readyz").json()["code"] == "store_unavailable")
        refusal = client.get("/v1/reports", headers=headers_of("li"))
        problem_of(refusal, 503, "store_unavailable")
        assert int(refusal.headers["retry-after"]) >= 1
        assert client.get("/healthz").status_code == 200
        assert client.post(CLASSIFY, files={"file": pictures.jpeg()}).status_code == 200
        server.start()
        wait_until(lambda: _is_ready(client))
        assert client.get("/v1/reports", headers=headers_of("li")).json()["reports"] == []


def test_it_goes_on_after_its_database_was_gone(server: PostgresServer, tmp_path: Path) -> None:
    """Costs 3 s: a PostgreSQL server of its own."""
    with _client(tmp_path, database_url=server.new_database()) as client:
        wait_until(lambda: _is_ready(client))
        server.stop()
        wait_until(lambda: not _is_ready(client))
        problem_of(client.get("/v1/reports", headers=headers_of("li")), 503, "store_unavailable")
        server.start()
        wait_until(lambda: _is_ready(client))
        assert client.get("/v1/reports", headers=headers_of("li")).status_code == 200


def test_a_photo_store_that_is_gone_is_told(tmp_path: Path) -> None:
    with _client(tmp_path) as client:
        wait_until(lambda: _is_ready(client))
        (tmp_path / "media").rename(tmp_path / "elsewhere")
        (tmp_path / "media").write_text("in the way")
        wait_until(lambda: client.get("/readyz").json().get("code") == "media_store_unavailable")
        sent = client.post("/v1/reports", files={"file": pictures.jpeg()}, headers=headers_of("li"))
        problem_of(sent, 503, "media_store_unavailable")
        (tmp_path / "media").unlink()
        wait_until(lambda: _is_ready(client))
        assert client.get("/v1/reports", headers=headers_of("li")).json()["reports"] == []
