"""Who is at the command line, as rows name them."""

import getpass


def who_is_here() -> str:
    """For the audit log."""
    try:
        return f"command line, {getpass.getuser()}"[:120]
    except (KeyError, OSError):  # a user without a name, as containers have them
        return "command line"
