"""The service in the hands of reviewers, with a clock and lots that a test sets."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from hazardlens.serve.services import Services
from hazardlens.serve.store.tables import report_events
from support.people import authenticate_by_header, headers_of
from support.reports import BEGINNING, add_report
from support.serving import serving

LEASE_S: Final = 600


class Desk:
    """The service, its clock and its lots, in the hands of a test."""

    def __init__(self) -> None:
        self.now = BEGINNING + timedelta(hours=1)
        self.lot = 0.99
        self.client: TestClient

    @property
    def services(self) -> Services:
        services: Services = self.client.app.state.services  # type: ignore[attr-defined]
        return services

    def add(self, **columns: Any) -> str:  # noqa: ANN401 - any of `add_report`'s
        return add_report(self.services.store, self.services.blobs, **columns)

    def post(self, report_id: str, act: str, who: str = "li", **body: Any) -> Response:  # noqa: ANN401 - JSON
        return self.client.post(f"/v1/reports/{report_id}/{act}", json=body, headers=headers_of(who))

    def get(self, path: str, who: str = "li") -> dict[str, Any]:
        answer = self.client.get(path, headers=headers_of(who))
        return ok(answer)

    def claim(self, report_id: str, who: str = "li") -> int:
        """Claim what is there; returns the version then."""
        version = self.get(f"/v1/reports/{report_id}")["version"]
        return int(ok(self.post(report_id, "claim", who, version=version))["version"])

    def decide(self, report_id: str, who: str = "li", **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        version = self.claim(report_id, who)
        return ok(self.post(report_id, "review", who, version=version, **body))

    def reviews(self, report_id: str, who: str = "li") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/v1/reports/{report_id}/reviews", who)["reviews"]
        return found

    def actions(self, report_id: str) -> list[str]:
        query = (
            select(report_events.c.action).where(report_events.c.report_id == report_id).order_by(report_events.c.seq)
        )
        with self.services.store.read() as connection:
            return list(connection.scalars(query))

    def waiting(self, who: str = "li") -> list[str]:
        return [report["id"] for report in self.get("/v1/queue", who)["reports"]]


def ok(answer: Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@contextlib.contextmanager
def open_desk(url: str) -> Iterator[Desk]:
    """A desk to which nothing comes but what the test does: there is no sweeper."""
    desk = Desk()
    with (
        patch("hazardlens.serve.app.sweeping", lambda _: contextlib.nullcontext()),
        serving(
            authenticate=authenticate_by_header,
            now=lambda: desk.now,
            draw=lambda: desk.lot,
            database_url=url,
            claim_lease_s=LEASE_S,
            second_review_share=0.5,
        ) as client,
    ):
        desk.client = client
        yield desk
