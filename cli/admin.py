"""`hazardlens admin account|key ...`: who may come in, on the database of the settings, beside a running server too."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hazardlens.cli import backup, erasing
from hazardlens.cli.administering import administering
from hazardlens.cli.errors import CliError
from hazardlens.cli.terminal import printable, tell

if TYPE_CHECKING:
    from hazardlens.serve.access.audit import Act
    from hazardlens.serve.settings import Settings

_NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="To sign in with; case does not matter.")]
_KeyArgument = Annotated[str, typer.Argument(metavar="NAME", help="Which system the key is for.")]
_StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
_LinkOption = Annotated[
    bool, typer.Option("--link", help="Print a one-time link, with which its person chooses the password.")
]


def register(app: typer.Typer) -> None:
    """Add the `admin` commands."""
    admin = typer.Typer(no_args_is_help=True, help="Accounts of people, API keys of systems, and erasure.")
    account = typer.Typer(no_args_is_help=True, help="Accounts of reviewers, engineers and administrators.")
    account.command("add")(add_account)
    account.command("list")(list_accounts)
    account.command("disable")(disable_account)
    account.command("enable")(enable_account)
    account.command("password")(set_password)
    key = typer.Typer(no_args_is_help=True, help="API keys of intake systems.")
    key.command("add")(add_key)
    key.command("list")(list_keys)
    key.command("revoke")(revoke_key)
    admin.add_typer(account, name="account")
    admin.add_typer(key, name="key")
    erasing.register(admin)
    backup.register(admin)
    app.add_typer(admin, name="admin")


def add_account(
    name: _NameArgument,
    role: Annotated[str, typer.Option(metavar="ROLE", help="reviewer, engineer or administrator.")],
    display_name: Annotated[str, typer.Option(help="Name for others to read. [default: NAME]")] = "",
    password_stdin: _StdinOption = False,
    link: _LinkOption = False,
) -> None:
    """Add an account; its password is asked for on the terminal unless an option says otherwise.

    Example: hazardlens admin account add li --role reviewer --link
    """
    from hazardlens.serve.access import accounts
    from hazardlens.serve.access.roles import Role

    if role not in set(accounts.ACCOUNT_ROLES):
        raise CliError(f"--role: one of {', '.join(accounts.ACCOUNT_ROLES)}, found {role!r}")
    with administering() as (store, settings, act):
        checked = accounts.checked_name(name)
        hashed = None if link else _ask_password(checked, settings, from_stdin=password_stdin)
        with store.write() as connection:
            row = accounts.add_account(
                connection, act, name=checked, role=Role(role), display_name=display_name, password_hash=hashed
            )
            address = _link(connection, row["id"], settings, act) if link else None
    tell(f"added {checked} as {role}")
    if address is not None:
        typer.echo(address)


def list_accounts() -> None:
    """List all accounts: name, role, state and display name, separated by tabs.

    Example: hazardlens admin account list
    """
    from hazardlens.serve.access.accounts import list_accounts as read

    with administering() as (store, _, _), store.read() as connection:
        for row in read(connection):
            state = "disabled" if row["disabled_at"] else "active" if row["password_hash"] else "invited"
            _print_row(row["name"], row["role"], state, row["display_name"])


def disable_account(name: _NameArgument) -> None:
    """Disable an account: it is signed out at once and can do nothing until it is enabled again.

    Example: hazardlens admin account disable li
    """
    _change(name, disabled=True)


def enable_account(name: _NameArgument) -> None:
    """Enable a disabled account.

    Example: hazardlens admin account enable li
    """
    _change(name, disabled=False)


def set_password(name: _NameArgument, password_stdin: _StdinOption = False, link: _LinkOption = False) -> None:
    """Set an account's password; its sessions end.

    Example: hazardlens admin account password li --link
    """
    from hazardlens.serve.access import accounts

    with administering() as (store, settings, act):
        with store.read() as connection:
            row = _account(connection, name)
        hashed = None if link else _ask_password(row["name"], settings, from_stdin=password_stdin)
        with store.write() as connection:
            if hashed is None:
                typer.echo(_link(connection, row["id"], settings, act))
            else:
                accounts.set_password(connection, act, row["id"], hashed)
                tell(f"the password of {row['name']} is changed")


def add_key(
    name: _KeyArgument,
    action: Annotated[list[str], typer.Option(metavar="ACTION", help="What it is good for; once or several times.")],
    group: Annotated[str | None, typer.Option(help="Reporter group that its reports count for.")] = None,
) -> None:
    """Add an API key and print it, this once: it is kept nowhere.

    Actions: classify, report, read_reports, read_originals, resolve, export, read_stats, read_models.

    Example: hazardlens admin key add "city hotline" --action report --action classify --group RIDERS
    """
    from hazardlens.serve.access import keys
    from hazardlens.serve.access.roles import KEY_ACTIONS, Action

    unknown = sorted(set(action) - KEY_ACTIONS)
    if unknown:
        raise CliError(f"--action: one of {', '.join(sorted(KEY_ACTIONS))}, found {unknown[0]!r}")
    with administering() as (store, _, act), store.write() as connection:
        _, key = keys.add_key(connection, act, name=name, actions=[Action(one) for one in action], group=group)
    typer.echo(str(key))


def list_keys() -> None:
    """List all keys: name, state, when it was last used, group and actions, separated by tabs.

    Example: hazardlens admin key list
    """
    from hazardlens.serve.access.keys import list_keys as read

    with administering() as (store, _, _), store.read() as connection:
        for row in read(connection):
            used = row["last_used_at"].strftime("%Y-%m-%dT%H:%MZ") if row["last_used_at"] else "never"
            state = "revoked" if row["revoked_at"] else "active"
            _print_row(row["name"], state, used, row["reporter_group"] or "-", " ".join(row["actions"]))


def revoke_key(name: _KeyArgument) -> None:
    """Revoke a key: it is useless at once and for good.

    Example: hazardlens admin key revoke "city hotline"
    """
    from hazardlens.serve.access import keys

    with administering() as (store, _, act), store.write() as connection:
        row = keys.revoke_key(connection, act, name)
    tell(f"revoked {row['name']}")


def _account(connection: Any, name: str) -> Any:  # noqa: ANN401 - SQLAlchemy's, which is imported when it is needed
    from hazardlens.serve.access.accounts import account_named
    from hazardlens.serve.access.errors import AccountMissingError

    row = account_named(connection, name)
    if row is None:
        raise AccountMissingError(f"no account {name[:40]!r}")
    return row


def _change(name: str, *, disabled: bool) -> None:
    from hazardlens.serve.access.accounts import change_account

    with administering() as (store, _, act), store.write() as connection:
        row = _account(connection, name)
        change_account(connection, act, row["id"], disabled=disabled)
    tell(f"{row['name']} is {'disabled' if disabled else 'enabled'}")


def _link(connection: Any, account_id: str, settings: "Settings", act: "Act") -> str:  # noqa: ANN401 - as above
    from hazardlens.serve.access.links import make_password_link
    from hazardlens.serve.server import address_at

    link = make_password_link(connection, act, account_id, settings.one_time_link_h)
    return link.address(settings.public_url or address_at(settings.host, settings.port))


def _ask_password(name: str, settings: "Settings", *, from_stdin: bool) -> str:
    """The hash of what was typed or piped in."""
    from hazardlens.serve.access.passwords import check_strength, hash_password

    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt(f"Password for {name}", hide_input=True, confirmation_prompt=True, err=True)
    else:
        raise CliError("no terminal to ask for the password: give --password-stdin, or --link for a one-time link")
    check_strength(password, name, min_chars=settings.password_min_chars)
    return hash_password(password)


def _print_row(*cells: str) -> None:
    typer.echo("\t".join(printable(cell) for cell in cells))
