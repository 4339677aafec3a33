"""The matrix of roles and actions, as data."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Action(StrEnum):
    """What somebody may be allowed to do. An API key holds some of these; an account has those of its role."""

    CLASSIFY = "classify"
    REPORT = "report"
    READ_REPORTS = "read_reports"
    READ_PLACES = "read_places"
    READ_ORIGINALS = "read_originals"
    REVIEW = "review"
    RESOLVE = "resolve"
    EXPORT = "export"
    READ_STATS = "read_stats"
    READ_MODELS = "read_models"
    ACTIVATE_MODELS = "activate_models"
    READ_DISPATCH = "read_dispatch"
    EDIT_DISPATCH = "edit_dispatch"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_KEYS = "manage_keys"
    READ_AUDIT = "read_audit"
    ERASE = "erase"


class Role(StrEnum):
    """What an account is for; `public` is whoever comes without one."""

    PUBLIC = "public"
    REVIEWER = "reviewer"
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"


_OPEN: Final = frozenset({Action.CLASSIFY, Action.REPORT, Action.READ_MODELS})
_STAFF: Final = _OPEN | {Action.READ_REPORTS, Action.READ_STATS}

ROLE_ACTIONS: Final[Mapping[Role, frozenset[Action]]] = MappingProxyType(
    {
        Role.PUBLIC: _OPEN,
        Role.REVIEWER: _STAFF
        | {Action.READ_PLACES, Action.READ_ORIGINALS, Action.REVIEW, Action.RESOLVE, Action.READ_DISPATCH},
        Role.ENGINEER: _STAFF | {Action.READ_ORIGINALS, Action.EXPORT, Action.ACTIVATE_MODELS},
        Role.ADMINISTRATOR: frozenset(Action),
    }
)
"""Without `anonymous_intake`, the public may do nothing but READ_MODELS: see `principals`."""

KEY_ACTIONS: Final = frozenset(
    {
        Action.CLASSIFY,
        Action.REPORT,
        Action.READ_REPORTS,
        Action.READ_PLACES,
        Action.READ_ORIGINALS,
        Action.RESOLVE,
        Action.EXPORT,
        Action.READ_STATS,
        Action.READ_MODELS,
    }
)
"""What an API key can be made for: never to review or to administer, which people do."""
