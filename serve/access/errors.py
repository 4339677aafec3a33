"""Who somebody is not, and what they may not do.

RequestError
├── UnauthenticatedError        401
├── ForbiddenError              403
├── CsrfError                   403
└── RateLimitedError            429 with Retry-After
"""

from hazardlens.serve.errors import RequestError


class UnauthenticatedError(RequestError):
    """Nobody said who they are, or their session, key or password is not good."""

    code = "unauthenticated"
    status = 401
    title = "Sign in first"


class ForbiddenError(RequestError):
    """Somebody known, who may not do this."""

    code = "forbidden"
    status = 403
    title = "Not allowed"


class CsrfError(RequestError):
    """A change by a session that came without the session's token: it may be another site's doing."""

    code = "csrf_token_missing"
    status = 403
    title = "The session's token is missing"


class RateLimitedError(RequestError):
    """More requests than one sender may make."""

    code = "rate_limited"
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
