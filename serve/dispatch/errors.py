"""What is wrong with a request about who is told of decisions.

RequestError
├── RouteUnknownError           404
├── DeliveryMissingError        404
├── TargetChangedError          409
├── DeliveryNotDeadError        409
└── TargetUrlError              422
"""

from hazardlens.serve.errors import RequestError


class RouteUnknownError(RequestError):
    """The triage policy knows no such route."""

    code = "dispatch_route_unknown"
    status = 404
    title = "No such route"


class DeliveryMissingError(RequestError):
    """No delivery of this id."""

    code = "delivery_missing"
    status = 404
    title = "No such delivery"


class TargetChangedError(RequestError):
    """Somebody else changed the target after it was read; read it again."""

    code = "dispatch_target_changed"
    status = 409
    title = "The target has changed"


class DeliveryNotDeadError(RequestError):
    """Only a delivery that was given up can be tried again."""

    code = "delivery_not_dead"
    status = 409
    title = "This delivery was not given up"


class TargetUrlError(RequestError):
    """An address that messages must not go to."""

    code = "dispatch_url_refused"
    status = 422
    title = "Messages may not go to this address"
