"""`hazardlens admin`: on the database of the settings, beside a running server."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from hazardlens.serve.access.accounts import account_named
from hazardlens.serve.access.keys import find_key
from hazardlens.serve.access.links import look_at_link
from hazardlens.serve.access.passwords import password_matches
from hazardlens.serve.access.tokens import ApiKey
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events
from support.accounts import PASSWORD, session_headers
from support.command_line import Invoke, Result
from support.serving import serving


@pytest.fixture(autouse=True)
def store_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings that the commands find in their environment."""
    address = f"sqlite:///{tmp_path / 'hazards.sqlite3'}"
    monkeypatch.setenv("HAZARDLENS_DATABASE_URL", address)
    return address


@pytest.fixture
def store(store_address: str) -> Store:
    store = Store(store_address)
    store.migrate()
    return store


def typed(monkeypatch: pytest.MonkeyPatch, text: str, *, terminal: bool = False) -> None:
    stream = io.StringIO(text)
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr("hazardlens.cli.admin.sys", SimpleNamespace(stdin=stream))  # the runner has a stdin of its own


def add(invoke: Invoke, name: str, role: str = "reviewer", *options: str) -> Result:
    return invoke("admin", "account", "add", name, "--role", role, *options)


def accounts(invoke: Invoke) -> list[list[str]]:
    return [line.split("\t") for line in invoke("admin", "account", "list").out.splitlines()]


def test_an_account_by_a_one_time_link(invoke: Invoke, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_PUBLIC_URL", "https://h.example")
    told = add(invoke, "Li", "reviewer", "--link", "--display-name", "李雷")
    assert (told.code, told.err) == (0, "added li as reviewer\n")
    address, token = told.out.strip().split("#token=")
    assert address == "https://h.example/setup"
    with store.read() as connection:
        row = account_named(connection, "li")
        assert row is not None
        offer = look_at_link(connection, token, row["created_at"])
    assert (offer.purpose, offer.account_name) == ("password", "li")
    assert accounts(invoke) == [["li", "reviewer", "invited", "李雷"]]


def test_an_account_with_a_password_from_a_pipe(invoke: Invoke, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, f"{PASSWORD}\n")
    assert add(invoke, "boss", "administrator", "--password-stdin").code == 0
    with store.read() as connection:
        row = account_named(connection, "boss")
    assert row is not None
    assert password_matches(PASSWORD, row["password_hash"])
    assert accounts(invoke) == [["boss", "administrator", "active", "boss"]]


def test_an_account_with_a_password_from_the_terminal(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def prompt(_text: str, **options: object) -> str:
        asked.append(options)
        return PASSWORD

    typed(monkeypatch, "", terminal=True)
    monkeypatch.setattr("hazardlens.cli.admin.typer.prompt", prompt)
    assert add(invoke, "boss", "administrator").code == 0
    assert asked == [{"hide_input": True, "confirmation_prompt": True, "err": True}]


@pytest.mark.parametrize(
    ("name", "role", "options", "said"),
    [
        pytest.param("li", "king", ("--link",), "--role: one of reviewer, engineer, administrator", id="no role"),
        pytest.param("li", "public", ("--link",), "--role: one of", id="the role of the public"),
        pytest.param("a b", "reviewer", ("--link",), "name: 1 to 60 letters", id="no name"),
        pytest.param("BOSS", "reviewer", ("--link",), "an account 'boss' exists", id="taken"),
        pytest.param("li", "reviewer", ("--password-stdin",), "at least 12 characters", id="a short password"),
        pytest.param("li", "reviewer", (), "no terminal", id="nobody to ask"),
    ],
)
def test_what_cannot_be_added_is_one_line(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, name: str, role: str, options: tuple[str, ...], said: str
) -> None:
    add(invoke, "boss", "administrator", "--link")
    typed(monkeypatch, "short\n")
    told = add(invoke, name, role, *options)
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert said in told.err
    assert len(accounts(invoke)) == 1


def test_disabling_enabling_and_a_new_password(
    invoke: Invoke, store: Store, store_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(database_url=store_address) as client:
        for change in (("disable",), ("password", "--password-stdin")):
            headers = session_headers(client, "li")
            assert client.get("/v1/session", headers=headers).status_code == 200
            typed(monkeypatch, f"{PASSWORD} again\n")
            assert invoke("admin", "account", change[0], "LI", *change[1:]).code == 0
            assert client.get("/v1/session", headers=headers).status_code == 401  # at once, beside a running server
            invoke("admin", "account", "enable", "li")
    told = invoke("admin", "account", "password", "li", "--link")
    assert told.out.startswith("http://127.0.0.1:8000/setup#token=")
    with store.read() as connection:
        row = account_named(connection, "li")
    assert row is not None
    assert password_matches(f"{PASSWORD} again", row["password_hash"])


def test_the_last_administrator_stays(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, f"{PASSWORD}\n")
    add(invoke, "boss", "administrator", "--password-stdin")
    told = invoke("admin", "account", "disable", "boss")
    assert (told.code, told.err) == (2, "error: no other administrator can sign in; make one first\n")


@pytest.mark.parametrize("command", [("disable",), ("enable",), ("password", "--link")])
def test_an_account_that_is_not_there(invoke: Invoke, command: tuple[str, ...]) -> None:
    told = invoke("admin", "account", command[0], "nobody", *command[1:])
    assert (told.code, told.err) == (2, "error: no account 'nobody'\n")


def test_a_key_is_printed_once(invoke: Invoke, store: Store) -> None:
    told = invoke("admin", "key", "add", "hotline", "--action", "report", "--action", "classify", "--group", "RIDERS")
    key = ApiKey.parse(told.out.strip())
    assert key is not None
    with store.read() as connection:
        assert find_key(connection, key) is not None
    listed = invoke("admin", "key", "list").out
    assert listed == "hotline\tactive\tnever\tRIDERS\tclassify report\n"
    assert invoke("admin", "key", "revoke", "hotline").err == "revoked hotline\n"
    with store.read() as connection:
        assert find_key(connection, key) is None
    assert invoke("admin", "key", "list").out == listed.replace("active", "revoked")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("add", "k", "--action", "review"), "--action: one of classify, export"),
        (("add", "", "--action", "report"), "name: 1 to 120"),
        (("revoke", "nobody"), "no API key 'nobody'"),
    ],
)
def test_what_is_no_key_is_one_line(invoke: Invoke, args: tuple[str, ...], said: str) -> None:
    told = invoke("admin", "key", *args)
    assert (told.code, told.out) == (2, "")
    assert said in told.err


def test_the_log_names_the_command_line(invoke: Invoke, store: Store) -> None:
    invoke("admin", "key", "add", "hotline", "--action", "report")
    with store.read() as connection:
        row = connection.execute(select(audit_events)).one()
    assert (row.actor, row.action, row.request_id) == ("system", "key_added", None)
    assert row.actor_name.startswith("command line")


def test_a_database_that_cannot_be_reached_is_one_line(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_DATABASE_URL", "sqlite:////proc/nothing/here.sqlite3")
    told = invoke("admin", "account", "list")
    assert (told.code, told.err.count("\n")) == (2, 1)
