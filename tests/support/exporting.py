"""Reports that are decided in a running app, and exported from it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from starlette.testclient import TestClient

from hazardlens.model.exports import ReviewedReport, read_export
from hazardlens.serve.access.roles import Role
from support.intake import services_behind
from support.people import headers_of
from support.reports import add_report

NOW: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)

ENGINEER: Final = headers_of("wang", Role.ENGINEER)


def add(client: TestClient, **columns: Any) -> str:  # noqa: ANN401 - any of `add_report`'s
    """Put a report into the store; gives its id."""
    services = services_behind(client)
    return add_report(services.store, services.blobs, **columns)


def decide(client: TestClient, report_id: str, who: str = "li", **body: Any) -> None:  # noqa: ANN401 - JSON
    """Claim and review a report."""
    version = client.get(f"/v1/reports/{report_id}", headers=headers_of(who)).json()["version"]
    claimed = client.post(f"/v1/reports/{report_id}/claim", json={"version": version}, headers=headers_of(who))
    sent = {"verdict": "confirm", **body, "version": claimed.json()["version"]}
    answer = client.post(f"/v1/reports/{report_id}/review", json=sent, headers=headers_of(who))
    assert answer.status_code == 200, answer.text


def export_zip(client: TestClient, **query: str) -> bytes:
    """The file of an export."""
    answer = client.get("/v1/exports", params=query, headers=ENGINEER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    return answer.content


def exported(client: TestClient, folder: Path, **query: str) -> dict[str, ReviewedReport]:
    """The reviewed export, read as training would."""
    path = folder / "export.zip"
    path.write_bytes(export_zip(client, **query))
    with read_export(path) as export:
        return {report.report_id: report for report in export.reports()}
