"""What is wrong with a request about models.

RequestError
├── ModelMissingError           404
├── ModelAmbiguousError         409
├── ModelInServiceError         409
└── NoPreviousModelError        409

A bundle that must not enter service is a `ModelRefusedError`, see `serve.errors`.
"""

from hazardlens.serve.errors import RequestError


class ModelMissingError(RequestError):
    """No bundle of this version is in the registry."""

    code = "model_missing"
    status = 404
    title = "No such model"


class ModelAmbiguousError(RequestError):
    """Several bundles have this version; name@version says which one."""

    code = "model_ambiguous"
    status = 409
    title = "Several models have this version"


class ModelInServiceError(RequestError):
    """The model answers requests already, so there is nothing to compare it with."""

    code = "model_in_service"
    status = 409
    title = "The model is in service already"


class NoPreviousModelError(RequestError):
    """No other model was in service before the present one."""

    code = "no_previous_model"
    status = 409
    title = "There is no model to go back to"
