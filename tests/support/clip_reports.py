"""Reports with a clip as tests send them, and how far they are."""

from typing import Any, Final

from httpx2 import Response
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import Role
from support.intake import REPORTS
from support.people import headers_of
from support.scripted_clips import clip_of
from support.serving import wait_until

ADMIN: Final = headers_of("wang", Role.ADMINISTRATOR)
LI: Final = headers_of("li")


def send_clip(
    client: TestClient,
    clip: bytes | None = None,
    *,
    photos: tuple[bytes, ...] = (),
    key: str | None = None,
    **fields: object,
) -> Response:
    """Post a report with a clip after its photos; without one, that of seed 0."""
    files = [("file", (f"{n}.jpg", photo)) for n, photo in enumerate(photos)]
    files.append(("file", ("yard.mp4", clip_of(0) if clip is None else clip)))
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(REPORTS, files=files, data={name: str(one) for name, one in fields.items()}, headers=headers)


def sent_clip(client: TestClient, clip: bytes | None = None, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The report that was stored; fails where it was not."""
    response = send_clip(client, clip, **options)
    assert response.status_code == 201, response.text
    report: dict[str, Any] = response.json()
    return report


def report_now(client: TestClient, report_id: str) -> dict[str, Any]:
    """The report as an administrator sees it now."""
    response = client.get(f"{REPORTS}/{report_id}", headers=ADMIN)
    assert response.status_code == 200, response.text
    report: dict[str, Any] = response.json()
    return report


def work_now(client: TestClient, report_id: str) -> str | None:
    """Where the work on its clip stands."""
    work = report_now(client, report_id)["work"]
    return None if work is None else str(work["state"])


def when_worked(client: TestClient, report_id: str, state: str = "done") -> dict[str, Any]:
    """The report once the work on its clip has come to this."""
    wait_until(lambda: work_now(client, report_id) == state)
    return report_now(client, report_id)


def act_on(client: TestClient, report_id: str, act: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Claim, release, reopen or review a report, as a reviewer who has just read it."""
    body.setdefault("version", report_now(client, report_id)["version"])
    response = client.post(f"{REPORTS}/{report_id}/{act}", json=body, headers=LI)
    assert response.status_code == 200, response.text
    report: dict[str, Any] = response.json()
    return report
