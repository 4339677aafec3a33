"""`/v1/stats`: what came in, what waits, how good the machine's word was, and which decisions to look at again."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.documents import problem_answers
from hazardlens.serve.errors import FieldInvalidError, FieldUnknownError
from hazardlens.serve.gate import require
from hazardlens.serve.services import Services, services_of
from hazardlens.serve.stats.overview import TABLES, make_stats, to_csv
from hazardlens.serve.stats.suspicious import find_suspicious
from hazardlens.serve.stats.views import Stats, SuspiciousList
from hazardlens.serve.stats.window import Window, read_window

router = APIRouter(prefix="/v1", tags=["stats"])

_MAX_SUSPICIOUS: Final = 200
_OWN_PARAMETERS: Final = {"/v1/stats.csv": ("table",), "/v1/stats/suspicious": ("limit",)}
_PROBLEMS: Final = problem_answers(
    "unauthenticated", "forbidden", "field_invalid", "field_unknown", "store_unavailable"
)
_CSV: Final = "first_day,immediate,urgent,routine,none,total\r\n2026-01-05,2,5,9,1,17\r\n"

Reader = Annotated[Principal, Depends(require(Action.READ_STATS))]
_First = Annotated[
    str | None,
    Query(alias="from", description="First day; four weeks up to `to` unless told.", examples=["2026-01-05"]),
]
_Last = Annotated[
    str | None, Query(alias="to", description="Last day, included; today unless told.", examples=["2026-02-01"])
]
_Offset = Annotated[
    str | None,
    Query(description="Days are those of a place so many minutes ahead of UTC: 480 in China.", examples=["480"]),
]


def _window_of(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    first: _First = None,
    last: _Last = None,
    utc_offset_min: _Offset = None,
) -> Window:
    known = {"from", "to", "utc_offset_min", *_OWN_PARAMETERS.get(request.url.path, ())}
    for name in request.query_params:
        if name not in known:
            raise FieldUnknownError(f"no parameter {name[:40]!r} here; there are {', '.join(sorted(known))}")
    return read_window(first, last, utc_offset_min, now=services.now())


_WindowOf = Annotated[Window, Depends(_window_of)]


@router.get("/stats", summary="All figures of a window of days", responses=_PROBLEMS)
def read_stats(_: Reader, window: _WindowOf, services: Annotated[Services, Depends(services_of)]) -> Stats:
    """What came in, what waits and since when, how often the pre-fill was kept, and how far reviewers agree.

    Shares carry Wilson's 95 % interval. Figures of the sample `audit` are of reports drawn at random, so they stand for
    everything that comes in; those of `rest` are of the others.
    """
    with services.store.read() as connection:
        return make_stats(connection, window, now=services.now())


@router.get(
    "/stats.csv",
    summary="One table as CSV",
    response_class=Response,
    responses={200: {"description": "The table.", "content": {"text/csv": {"example": _CSV}}}, **_PROBLEMS},
)
def read_stats_csv(
    _: Reader,
    window: _WindowOf,
    services: Annotated[Services, Depends(services_of)],
    table: Annotated[str, Query(description=f"One of {', '.join(TABLES)}.", examples=["received_by_day"])] = "",
) -> Response:
    """The same rows and columns as in the JSON; UTF-8 with a byte order mark, as spreadsheets want it."""
    with services.store.read() as connection:
        text = to_csv(make_stats(connection, window, now=services.now()), table)
    name = f"{table}_{window.first}_{window.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/stats/suspicious", summary="Decisions to look at again", responses=_PROBLEMS)
def read_suspicious(
    _: Reader,
    window: _WindowOf,
    services: Annotated[Services, Depends(services_of)],
    limit: Annotated[str, Query(description=f"1 to {_MAX_SUSPICIOUS}.", examples=["50"])] = "50",
) -> SuspiciousList:
    """Where the machine was very sure and the person disagreed, or where their boxes do; newest decisions first."""
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= _MAX_SUSPICIOUS:
        raise FieldInvalidError(f"limit: expected 1 to {_MAX_SUSPICIOUS}, found {limit[:40]!r}")
    with services.store.read() as connection:
        return find_suspicious(connection, window, limit=int(limit))
