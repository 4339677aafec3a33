"""An office that has worked on reports full of personal data."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.access.roles import Role
from hazardlens.serve.services import Services
from support import personal
from support.accounts import session_headers
from support.dispatch import set_target
from support.intake import REPORTS, Clock, services_behind
from support.serving import found, serving

Send = Callable[..., dict[str, Any]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(store_url: str, clock: Clock) -> Iterator[TestClient]:
    # Rounds in the background stand still as long as the clock does.
    with serving(
        ScriptedDetector([found()]), database_url=store_url, now=clock, draw=lambda: 0.99, sweep_interval_s=3600
    ) as client:
        set_target(services_behind(client).store, "https://192.0.2.1/")
        yield client


@pytest.fixture
def services(client: TestClient) -> Services:
    return services_behind(client)


@pytest.fixture
def reviewer(client: TestClient) -> dict[str, str]:
    return session_headers(client, "li", Role.REVIEWER)


@pytest.fixture
def send(client: TestClient) -> Send:
    """Send a report; `seed` makes its photo."""

    def send(seed: int = 0, **others: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
        reporter = others.get("reporter", personal.WORDS["reporter"])
        response = client.post(
            REPORTS,
            files={"file": (personal.FILE_NAME, personal.photo(seed))},
            data={name: str(value) for name, value in personal.fields(**others).items()},
            headers={"Idempotency-Key": f"{reporter}-{seed}"},
        )
        assert response.status_code == 201, response.text
        report: dict[str, Any] = response.json()
        return report

    return send


@pytest.fixture
def decide(client: TestClient, reviewer: dict[str, str]) -> Callable[..., None]:
    """Claim a report and decide it, with a note that names somebody."""

    def decide(report: dict[str, Any], verdict: str = "confirm", reason: str | None = None) -> None:
        path = f"{REPORTS}/{report['id']}"
        claimed = client.post(f"{path}/claim", json={"version": report["version"]}, headers=reviewer)
        body = {"verdict": verdict, "reason": reason, "note": personal.NOTE, "version": claimed.json()["version"]}
        decided = client.post(f"{path}/review", json=body, headers=reviewer)
        assert decided.status_code == 200, decided.text

    return decide
