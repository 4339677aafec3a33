"""Who somebody is not, and what they may not do.

RequestError
├── UnauthenticatedError        401
├── LoginFailedError            401
├── ForbiddenError              403
├── CsrfError                   403
├── AccountMissingError         404
├── KeyMissingError             404
├── NameTakenError              409
├── LastAdministratorError      409
├── LinkInvalidError            410
├── PasswordWeakError           422
└── RateLimitedError            429 with Retry-After
"""

from hazardlens.serve.errors import RequestError


class UnauthenticatedError(RequestError):
    """Nobody said who they are, or their session, key or password is not good."""

    code = "unauthenticated"
    status = 401
    title = "Sign in first"


class LoginFailedError(RequestError):
    """The name or the password is wrong; which of them is not told."""

    code = "login_failed"
    status = 401
    title = "The name or the password is wrong"


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


class AccountMissingError(RequestError):
    """No account of this id or name."""

    code = "account_missing"
    status = 404
    title = "No such account"


class KeyMissingError(RequestError):
    """No API key of this id or name."""

    code = "key_missing"
    status = 404
    title = "No such API key"


class NameTakenError(RequestError):
    """Another account or key has this name."""

    code = "name_taken"
    status = 409
    title = "The name is taken"


class LastAdministratorError(RequestError):
    """Nobody else could administer the service afterwards."""

    code = "last_administrator"
    status = 409
    title = "The last administrator must stay"


class LinkInvalidError(RequestError):
    """A one-time link that was never made, was used before, or is too old."""

    code = "link_invalid"
    status = 410
    title = "The link is no longer good"


class PasswordWeakError(RequestError):
    """A password that is too short, or too easy to guess."""

    code = "password_weak"
    status = 422
    title = "The password is too weak"


class RateLimitedError(RequestError):
    """More requests than one sender may make, or more failed attempts to sign in."""

    code = "rate_limited"
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
