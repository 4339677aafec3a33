"""The guards of conftest.py hold."""

import os
import socket
import tempfile
from pathlib import Path

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80), ("example.org", 443)])
def test_a_connection_that_leaves_this_machine_fails_the_test(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as caller, pytest.raises(pytest.fail.Exception, match="this machine only"):
        caller.connect(address)


def test_a_connection_on_this_machine_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as caller:
        assert caller.getpeername() == server.getsockname()


def test_settings_of_the_caller_do_not_show(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {name: value for name, value in os.environ.items() if name.startswith("HAZARDLENS_")}
    assert list(settings) == ["HAZARDLENS_DATA_PATH"]
    assert Path(settings["HAZARDLENS_DATA_PATH"]).is_relative_to(tmp_path_factory.getbasetemp())


def test_temporary_files_land_in_a_folder_of_the_test(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert Path(tempfile.gettempdir()).is_relative_to(tmp_path_factory.getbasetemp())
