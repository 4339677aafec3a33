"""`/v1/dispatch`: who is told of decisions, and what became of it; and how those who act close a report."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.dispatch.addresses import without_secrets
from hazardlens.serve.dispatch.deliveries import count_by_state, list_deliveries, retry_delivery
from hazardlens.serve.dispatch.errors import RouteUnknownError, TargetUrlError
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.dispatch.resolving import resolve_report
from hazardlens.serve.dispatch.targets import TargetChange, read_targets, sample_message, set_target
from hazardlens.serve.dispatch.views import (
    ChangedTarget,
    DeliveryList,
    DeliveryView,
    ResolutionBody,
    ResolutionView,
    RouteName,
    TargetBody,
    TargetList,
    TargetView,
    TrialResult,
)
from hazardlens.serve.dispatch.worker import sender_of
from hazardlens.serve.documents import GATE_CODES, parameter, problem_answers
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.facts import facts_of
from hazardlens.serve.gate import require
from hazardlens.serve.json_requests import JsonOf
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.reading import read_limit
from hazardlens.serve.services import Services, services_of
from hazardlens.serve.uploads import read_query

router = APIRouter(prefix="/v1", tags=["dispatch"])

Parts = Annotated[Services, Depends(services_of)]
Reader = Annotated[Principal, Depends(require(Action.READ_DISPATCH))]
Editor = Annotated[Principal, Depends(require(Action.EDIT_DISPATCH))]
Resolver = Annotated[Principal, Depends(require(Action.RESOLVE))]

_REFUSED: Final = (*GATE_CODES, "csrf_token_missing", "rate_limited", "store_unavailable")
_BODY: Final = (
    *("json_invalid", "text_not_utf8", "body_timeout", "body_too_large", "content_type_unsupported", "overloaded"),
    *("field_unknown", "field_invalid"),
)
_QUERY: Final = ("state", "route", "report_id", "limit", "after")
_PARAMETERS: Final = [
    parameter("state", {"type": "string", "enum": list(DeliveryState)}, "Only these; `dead` were given up."),
    parameter("route", {"type": "string"}, "Only of this route."),
    parameter("report_id", {"type": "string"}, "Only of this report."),
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}, "Deliveries on a page; 50 without it."),
    parameter("after", {"type": "string"}, "The `next` of an earlier answer."),
]


def _names(services: Services) -> dict[str, RouteName]:
    routes = services.slot.model.classifier.policy.data.routes
    return {key: RouteName(zh=names.zh, en=names.en) for key, names in routes.items()}


def _act(request: Request, services: Services, principal: Principal) -> Act:
    return Act(principal, services.now(), facts_of(request.scope).request_id)


@router.get(
    "/dispatch/targets",
    summary="Who is told of decisions",
    responses=problem_answers("model_loading", "bundle_checksum_mismatch", *_REFUSED),
)
def get_targets(services: Parts, principal: Reader) -> TargetList:
    """Each route of the triage policy, with the address that its messages go to. Secrets are never shown.

    Path and query of an address may hold a token: who may not edit the table sees `…` in their place.
    """
    names = _names(services)
    with services.store.read() as connection:
        rows = read_targets(connection, names)
    targets = [TargetView.of(route, names.get(route), row) for route, row in rows.items()]
    if Action.EDIT_DISPATCH not in principal.actions:
        targets = [target.without_secrets() for target in targets]
    return TargetList(targets=targets)


@router.put(
    "/dispatch/targets/{route}",
    summary="Set who is told",
    responses=problem_answers(
        *("dispatch_route_unknown", "dispatch_target_changed", "dispatch_url_refused"),
        *("model_loading", "bundle_checksum_mismatch", *_BODY, *_REFUSED),
    ),
)
def put_target(
    route: str,
    request: Request,
    services: Parts,
    principal: Editor,
    body: Annotated[TargetBody, Depends(JsonOf(TargetBody))],
) -> ChangedTarget:
    """Sets address and secret of a route. A new secret comes with this answer and no other: give it to the receiver."""
    names = _names(services)
    with services.store.write() as connection:
        row, secret = set_target(
            connection,
            _act(request, services, principal),
            route,
            TargetChange(**body.model_dump()),
            routes=names,
            allow_private=services.settings.webhook_allow_private,
        )
    return ChangedTarget(target=TargetView.of(route, names.get(route), row), secret=secret)


@router.post(
    "/dispatch/targets/{route}/test",
    summary="Send a test message",
    responses=problem_answers("dispatch_route_unknown", "dispatch_url_refused", *_REFUSED),
)
def post_test(route: str, request: Request, services: Parts, principal: Editor) -> TrialResult:
    """Sends a message of type `test`, signed like all others, also to a target that is not enabled yet."""
    act = _act(request, services, principal)
    with services.store.write() as connection:
        row = read_targets(connection, ()).get(route)
        if row is None:
            raise RouteUnknownError(f"no target was set for {route[:80]!r}")
        if row["url"] is None:
            raise TargetUrlError("this target has no address")
        act.write(connection, "dispatch_target_tested", f"route:{route}", url=without_secrets(row["url"]))
    outcome = sender_of(services).send(row["url"], row["secret"], new_report_id(act.now), sample_message(route))
    return TrialResult(delivered=outcome.is_delivered, status=outcome.status, error=outcome.error)


@router.get(
    "/dispatch/deliveries",
    summary="What was told, and what waits",
    responses=problem_answers("field_unknown", "field_invalid", "text_not_utf8", *_REFUSED),
    openapi_extra={"parameters": _PARAMETERS},
)
def get_deliveries(request: Request, services: Parts, _: Reader) -> DeliveryList:
    """Deliveries, the newest first, with counts of all by state."""
    asked = {name: value for name, value in read_query(request.scope["query_string"], _QUERY).items() if value}
    state = asked.get("state")
    if state is not None and state not in list(DeliveryState):
        raise FieldInvalidError(f"state: {state[:40]!r} is none of {', '.join(DeliveryState)}")
    with services.store.read() as connection:
        rows, after = list_deliveries(
            connection,
            state=None if state is None else DeliveryState(state),
            route=asked.get("route"),
            report_id=asked.get("report_id"),
            limit=read_limit(asked.get("limit")),
            after=asked.get("after"),
        )
        counts = count_by_state(connection)
    return DeliveryList(deliveries=[DeliveryView.of(row) for row in rows], next=after, counts=counts)


@router.post(
    "/dispatch/deliveries/{delivery_id}/retry",
    summary="Try a delivery that was given up again",
    responses=problem_answers("delivery_missing", "delivery_not_dead", *_REFUSED),
)
def post_retry(delivery_id: str, request: Request, services: Parts, principal: Editor) -> DeliveryView:
    """Lets it wait again, from its first attempt on, under the same id."""
    with services.store.write() as connection:
        return DeliveryView.of(retry_delivery(connection, _act(request, services, principal), delivery_id))


@router.post(
    "/reports/{report_id}/resolution",
    summary="Close a report",
    responses=problem_answers("report_missing", "move_not_allowed", *_BODY, *_REFUSED),
)
def post_resolution(
    report_id: str,
    request: Request,
    services: Parts,
    principal: Resolver,
    body: Annotated[ResolutionBody, Depends(JsonOf(ResolutionBody))],
) -> ResolutionView:
    """Those who act say that the hazard is gone: `confirmed`, `corrected` and `forwarded` reports become `resolved`.

    An API key with the right `resolve` may do so. Sent twice, it is answered twice and changes nothing the second time.
    """
    with services.store.write() as connection:
        row = resolve_report(connection, _act(request, services, principal), report_id, body.note)
    return ResolutionView(**{name: row[name] for name in ResolutionView.model_fields})
