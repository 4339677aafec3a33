"""A server with a candidate in the shadow, reports for it to look at, and what it said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from hazardlens.serve.store.tables import shadow_results
from support.models import ENGINEER, Models, services_of
from support.reports import add_report


def start(client: TestClient, version: str = "2") -> Response:
    """Put a version into the shadow."""
    return client.post(f"/v1/models/{version}/shadow", headers=ENGINEER)


def report(client: TestClient, *, after: timedelta = timedelta(0), **more: Any) -> str:  # noqa: ANN401
    """Add a report that came in `after` now; gives its id."""
    services = services_of(client)
    return add_report(services.store, services.blobs, at=datetime.now(UTC) + after, **more)


def results(client: TestClient) -> dict[str, dict[str, Any]]:
    """What was said, by report."""
    with services_of(client).store.read() as connection:
        found = connection.execute(select(shadow_results)).mappings()
        return {row["report_id"]: dict(row) for row in found}


def sweep(client: TestClient) -> int:
    """Let it look; gives how many reports it saw."""
    return services_of(client).shadow.sweep()


def metric(client: TestClient, name: str) -> float:
    """A figure of `/metrics`."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{name} ")))


@contextmanager
def looking_on(models: Models, **settings: Any) -> Iterator[TestClient]:  # noqa: ANN401 - any setting
    """A server with version 2 in the shadow."""
    with models.serving(**settings) as client:
        assert start(client).status_code == 200
        yield client
