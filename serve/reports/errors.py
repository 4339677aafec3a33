"""What is wrong with a request about a report.

RequestError
├── ReportMissingError          404
├── ReportChangedError          409
├── MoveNotAllowedError         409
├── IdempotencyInFlightError    409
└── IdempotencyMismatchError    422
"""

from hazardlens.serve.errors import RequestError


class ReportMissingError(RequestError):
    """No report of this id."""

    code = "report_missing"
    status = 404
    title = "No such report"


class ReportChangedError(RequestError):
    """Somebody else changed the report after it was read; read it again."""

    code = "report_changed"
    status = 409
    title = "The report has changed"


class MoveNotAllowedError(RequestError):
    """From the state that the report is in, this is no way on."""

    code = "move_not_allowed"
    status = 409
    title = "Not possible in this state"


class IdempotencyInFlightError(RequestError):
    """The first request with this Idempotency-Key is still under way."""

    code = "idempotency_in_flight"
    status = 409
    title = "The same request is under way"


class IdempotencyMismatchError(RequestError):
    """This Idempotency-Key was used for another body."""

    code = "idempotency_mismatch"
    status = 422
    title = "The Idempotency-Key was used before"
