"""Ids of reports: 32 hex characters that sort by the time they were made, and that nobody can guess."""

import secrets
from datetime import datetime
from typing import Final

ID_CHARS: Final = 32


def new_report_id(now: datetime) -> str:
    """48 bits of milliseconds since 1970, then 80 random ones.

    Args:
        now: the time, with zone.
    """
    return first_id_of(now) + secrets.token_hex(10)


def first_id_of(moment: datetime) -> str:
    """What sorts before all ids made since then, and after all older ones, to the millisecond.

    Args:
        moment: a time, with zone.
    """
    return f"{int(moment.timestamp() * 1000):012x}"
