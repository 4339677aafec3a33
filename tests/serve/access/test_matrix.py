"""Who may do what, cell by cell: every role, and a key for every action, against every route and method of the app.

`ROUTES` is the table. A route that is missing from it fails a test, and so does one that asks for another right.
"""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import KEY_ACTIONS, ROLE_ACTIONS, Action, Role
from hazardlens.serve.gate import Gate
from hazardlens.serve.routes.pages import PATHS
from support.accounts import key_headers, session_headers
from support.project import REPO
from support.serving import serving

OPEN: Final = None
"""Everybody may: what it shows is public, or it checks for itself who asks."""

ROUTES: Final[dict[str, Action | None]] = {
    # Sessions look at the session itself, one-time links at the link.
    "GET /v1/session": OPEN,
    "POST /v1/session": OPEN,
    "DELETE /v1/session": OPEN,
    "POST /v1/session/password": OPEN,
    "POST /v1/setup": OPEN,
    "POST /v1/setup/look": OPEN,
    # Operation: what balancers and Prometheus ask. They tell nothing about reports.
    "GET /healthz": OPEN,
    "HEAD /healthz": OPEN,
    "GET /readyz": OPEN,
    "HEAD /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /openapi.json": OPEN,
    "GET /docs": OPEN,
    # Intake
    "POST /v1/classify": Action.CLASSIFY,
    "POST /v1/reports": Action.REPORT,
    # Reports
    "GET /v1/reports": Action.READ_REPORTS,
    "GET /v1/reports/{report_id}": Action.READ_REPORTS,
    "GET /v1/reports/{report_id}/media/{n:place}": Action.READ_REPORTS,  # the original needs READ_ORIGINALS: see below
    "GET /v1/reports/{report_id}/work": Action.REPORT,  # whoever may not read reports shows their Idempotency-Key
    "GET /v1/reports/{report_id}/history": Action.READ_REPORTS,
    # Review
    "GET /v1/queue": Action.REVIEW,
    "POST /v1/reports/{report_id}/claim": Action.REVIEW,
    "POST /v1/reports/{report_id}/release": Action.REVIEW,
    "POST /v1/reports/{report_id}/review": Action.REVIEW,
    "POST /v1/reports/{report_id}/reopen": Action.REVIEW,
    "GET /v1/reports/{report_id}/reviews": Action.READ_REPORTS,
    # Those who act
    "GET /v1/dispatch/targets": Action.READ_DISPATCH,
    "PUT /v1/dispatch/targets/{route}": Action.EDIT_DISPATCH,
    "POST /v1/dispatch/targets/{route}/test": Action.EDIT_DISPATCH,
    "GET /v1/dispatch/deliveries": Action.READ_DISPATCH,
    "POST /v1/dispatch/deliveries/{delivery_id}/retry": Action.EDIT_DISPATCH,
    "POST /v1/reports/{report_id}/resolution": Action.RESOLVE,
    # Figures
    "GET /v1/stats": Action.READ_STATS,
    "GET /v1/stats.csv": Action.READ_STATS,
    "GET /v1/stats/suspicious": Action.READ_STATS,
    # Erasure
    "POST /v1/erasures": Action.ERASE,
    # Export
    "GET /v1/exports": Action.EXPORT,
    # Models
    "GET /v1/models": Action.READ_MODELS,
    "GET /v1/models/{version}/card": Action.READ_MODELS,
    "POST /v1/models/{version}/activate": Action.ACTIVATE_MODELS,
    "POST /v1/models/rollback": Action.ACTIVATE_MODELS,
    "POST /v1/models/{version}/shadow": Action.ACTIVATE_MODELS,
    "DELETE /v1/models/{version}/shadow": Action.ACTIVATE_MODELS,
    # Administration
    "GET /v1/accounts": Action.MANAGE_ACCOUNTS,
    "POST /v1/accounts": Action.MANAGE_ACCOUNTS,
    "PATCH /v1/accounts/{account_id}": Action.MANAGE_ACCOUNTS,
    "POST /v1/accounts/{account_id}/password-link": Action.MANAGE_ACCOUNTS,
    "GET /v1/keys": Action.MANAGE_KEYS,
    "POST /v1/keys": Action.MANAGE_KEYS,
    "DELETE /v1/keys/{key_id}": Action.MANAGE_KEYS,
    "GET /v1/audit": Action.READ_AUDIT,
}

PAGES: Final = {f"{method} {path}" for path in (*PATHS, "/assets/{version}/{name:path}") for method in ("GET", "HEAD")}
"""Everybody may read the pages themselves: what they show comes from the routes above."""

PEOPLE: Final[dict[str, frozenset[Action]]] = {
    **{role.value: ROLE_ACTIONS[role] for role in Role},
    **{f"key: {action}": frozenset({action}) for action in sorted(KEY_ACTIONS)},
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(rate_limit_anonymous_per_minute=0, rate_limit_key_per_minute=0) as client:
        yield client


@pytest.fixture(scope="module")
def headers(client: TestClient) -> dict[str, dict[str, str]]:
    """Real credentials of everybody in the table."""
    made = {role.value: session_headers(client, role.value, role) for role in Role if role is not Role.PUBLIC}
    keys = {f"key: {action}": key_headers(client, f"key: {action}", action) for action in KEY_ACTIONS}
    return {"public": {}, **made, **keys}


def _routes(client: TestClient) -> dict[str, RouteContext]:
    app = client.app
    assert isinstance(app, FastAPI)
    contexts = list(iter_route_contexts(app.routes))
    assert [context.path for context in contexts if not isinstance(context.original_route, APIRoute)] == ["/static"]
    return {
        f"{method} {context.path}": context
        for context in contexts
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    }


def _actions_of(dependant: Dependant) -> set[Action]:
    own = {dependant.call.action} if isinstance(dependant.call, Gate) else set()
    return own.union(*(_actions_of(child) for child in dependant.dependencies))


def test_every_route_is_in_the_table_and_every_row_is_a_route(client: TestClient) -> None:
    assert set(_routes(client)) == set(ROUTES) | PAGES


def test_every_route_stands_behind_the_gate_that_the_table_says(client: TestClient) -> None:
    found = {name: _actions_of(route.dependant) for name, route in _routes(client).items()}
    expected = {name: {action} if action else set() for name, action in {**ROUTES, **dict.fromkeys(PAGES)}.items()}
    assert found == expected


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("name", [name for name, action in ROUTES.items() if action is not OPEN])
def test_cell(client: TestClient, headers: dict[str, dict[str, str]], name: str, person: str) -> None:
    method, template = name.split(" ")
    # Of nothing: whoever gets through finds nothing to change.
    path = re.sub(r"\{\w+\}", "0" * 32, re.sub(r"\{\w+:place\}", "0", template))
    response = client.request(method, path, headers=headers[person])
    refused = response.status_code in {401, 403}
    assert refused != (ROUTES[name] in PEOPLE[person]), response.text
    if refused:
        code = "unauthenticated" if person == "public" else "forbidden"
        assert (response.status_code, response.json()["code"]) == (401 if person == "public" else 403, code)


@pytest.mark.parametrize("person", PEOPLE)
def test_originals_need_a_right_of_their_own(
    client: TestClient, headers: dict[str, dict[str, str]], person: str
) -> None:
    path = f"/v1/reports/{'0' * 32}/media/0"
    allowed = {Action.READ_REPORTS, Action.READ_ORIGINALS} <= PEOPLE[person]
    response = client.get(path, params={"form": "original"}, headers=headers[person])
    assert response.status_code == (404 if allowed else 401 if person == "public" else 403)


def test_keys_never_do_what_only_people_may() -> None:
    assert KEY_ACTIONS.isdisjoint(
        {Action.REVIEW, Action.ACTIVATE_MODELS, Action.MANAGE_ACCOUNTS, Action.MANAGE_KEYS, Action.READ_AUDIT}
    )


def test_the_page_about_access_has_the_same_matrix() -> None:
    text = (REPO / "docs" / "access.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    table = {row[0].strip("`"): row[1:6] for row in rows if row[0].strip("`") in set(Action)}
    columns = [*(ROLE_ACTIONS[role] for role in Role), KEY_ACTIONS]
    assert table == {action.value: ["yes" if action in allowed else "" for allowed in columns] for action in Action}
