"""What a request says about where it comes from, and what of it is believed."""

from typing import Any

import pytest
from starlette.requests import Request

from hazardlens.serve.access.clients import (
    address_of,
    base_url,
    is_https,
    is_this_machine,
    refuse_other_sites,
    sender_of,
    session_cookie,
)
from hazardlens.serve.access.errors import CsrfError
from hazardlens.serve.errors import SettingsError
from hazardlens.serve.settings import load_settings


def request(*headers: tuple[str, str], peer: str | None = "10.0.0.1", scheme: str = "http") -> Request:
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "scheme": scheme}
    scope["client"] = (peer, 5000) if peer else None
    scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in (("Host", "here:8000"), *headers)]
    return Request(scope)


@pytest.mark.parametrize(
    ("trusted", "said", "found"),
    [
        pytest.param("", ["6.6.6.6"], "10.0.0.1", id="nobody is trusted"),
        pytest.param("192.168.0.0/16", ["6.6.6.6"], "10.0.0.1", id="somebody else is trusted"),
        pytest.param("10.0.0.0/8", ["6.6.6.6"], "6.6.6.6", id="the proxy says who"),
        pytest.param("10.0.0.0/8", ["1.1.1.1, 6.6.6.6"], "6.6.6.6", id="what the client made up is not read"),
        pytest.param("10.0.0.0/8", ["6.6.6.6, 10.0.0.9"], "6.6.6.6", id="two proxies"),
        pytest.param("10.0.0.0/8", ["6.6.6.6", "10.0.0.9"], "6.6.6.6", id="two proxies, two lines"),
        pytest.param("10.0.0.0/8,::1", ["2001:db8::7"], "2001:db8::7", id="IPv6"),
        pytest.param("10.0.0.0/8", ["unknown"], "10.0.0.1", id="no address"),
        pytest.param("10.0.0.0/8", [], "10.0.0.1", id="the proxy says nothing"),
        pytest.param("10.0.0.0/8", ["10.0.0.8"], "10.0.0.8", id="a client in the network of the proxies"),
        pytest.param("10.0.0.1", ["127.0.0.1"], "10.0.0.1", id="nobody comes from the proxy itself"),
        pytest.param("10.0.0.1", ["127.0.0.1, 6.6.6.6"], "6.6.6.6", id="made up: this machine"),
        pytest.param("10.0.0.1", ["::1, 6.6.6.6"], "6.6.6.6", id="made up: this machine by IPv6"),
        pytest.param("10.0.0.1", ["10.0.0.1, 6.6.6.6"], "6.6.6.6", id="made up: the proxy"),
        pytest.param("10.0.0.1", ["1.1.1.1", "6.6.6.6"], "6.6.6.6", id="made up, in a line of its own"),
        pytest.param("10.0.0.0/8", ["127.0.0.1, 10.0.0.8"], "10.0.0.8", id="this machine, by one of the proxies"),
        pytest.param("10.0.0.0/8", ["::ffff:127.0.0.1, 10.0.0.8"], "10.0.0.8", id="the same in the clothes of IPv6"),
        pytest.param("10.0.0.0/8", ["0.0.0.0, 10.0.0.8"], "10.0.0.8", id="nowhere, by one of the proxies"),
        pytest.param("10.0.0.0/8", ["6.6.6.6, ::ffff:10.0.0.9"], "6.6.6.6", id="a proxy in the clothes of IPv6"),
    ],
)
def test_the_client_s_address(trusted: str, said: list[str], found: str) -> None:
    sent = request(*[("X-Forwarded-For", line) for line in said])
    assert address_of(sent, load_settings(trusted_proxies=trusted)) == found


def test_a_socket_without_address_is_nobody_s() -> None:
    assert address_of(request(peer=None), load_settings()) == "unknown"


def test_networks_that_are_none_stop_the_start() -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        load_settings(trusted_proxies="10.0.0.0/8,proxy")


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("6.6.6.6", "6.6.6.6"),
        ("::ffff:6.6.6.6", "6.6.6.6"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "unknown"),
    ],
)
def test_one_sender(address: str, sender: str) -> None:
    assert sender_of(address) == sender


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "10.0.0.1, ::/0"])
def test_a_proxy_that_is_everybody_stops_the_start(everybody: str) -> None:
    with pytest.raises(SettingsError, match="is everybody"):
        load_settings(trusted_proxies=everybody)


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("testclient", False),
        (None, False),
    ],
)
def test_this_machine_itself(peer: str | None, here: bool) -> None:
    assert is_this_machine(request(peer=peer)) == here


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
@pytest.mark.parametrize("header", [("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1")])
def test_whom_a_proxy_beside_us_speaks_for_is_not_this_machine(trusted: str, header: tuple[str, str]) -> None:
    sent = request(header, peer="127.0.0.1")
    assert not is_this_machine(sent)
    assert address_of(sent, load_settings(trusted_proxies=trusted)) == "127.0.0.1"


@pytest.mark.parametrize(("scheme", "name"), [("https", "__Host-hazardlens_session"), ("http", "hazardlens_session")])
def test_the_cookie_is_of_this_host_alone_where_that_can_be_said(scheme: str, name: str) -> None:
    assert session_cookie(request(scheme=scheme), load_settings()) == name


@pytest.mark.parametrize(
    ("settings", "sent", "https"),
    [
        pytest.param({}, request(), False, id="plain"),
        pytest.param({}, request(scheme="https"), True, id="TLS here"),
        pytest.param({"public_url": "https://h.example"}, request(), True, id="TLS at the public address"),
        pytest.param({"public_url": "http://h.example"}, request(), False, id="no TLS at the public address"),
        pytest.param({}, request(("X-Forwarded-Proto", "https")), False, id="anybody may say so"),
        pytest.param(
            {"trusted_proxies": "10.0.0.1"}, request(("X-Forwarded-Proto", "https")), True, id="a trusted proxy says so"
        ),
    ],
)
def test_whether_the_browser_speaks_tls(settings: dict[str, Any], sent: Request, https: bool) -> None:
    assert is_https(sent, load_settings(**settings)) == https


def test_the_address_under_which_people_come() -> None:
    assert base_url(request(), load_settings()) == "http://here:8000"
    assert base_url(request(), load_settings(public_url="https://h.example")) == "https://h.example"


SITE = "Sec-Fetch-Site"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="no browser"),
        pytest.param([(SITE, "same-origin")], id="our page"),
        pytest.param([(SITE, "none")], id="typed by hand"),
        pytest.param([("Origin", "http://here:8000")], id="our page without TLS"),
        pytest.param([("Origin", "https://h.example")], id="behind a proxy that changes the host"),
        pytest.param([(SITE, "same-origin"), ("Origin", "https://h.example")], id="our page with TLS"),
    ],
)
def test_what_may_come_from_a_page_of_ours(headers: list[tuple[str, str]]) -> None:
    refuse_other_sites(request(*headers), load_settings(public_url="https://h.example"))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([(SITE, "cross-site")], id="another site"),
        pytest.param([(SITE, "same-site")], id="a neighbour"),
        pytest.param([("Origin", "http://evil.example")], id="another origin"),
        pytest.param([("Origin", "http://here:9000")], id="another port"),
        pytest.param([("Origin", "null")], id="a sandbox"),
        pytest.param([("Origin", "http://[")], id="nowhere"),
        pytest.param([(SITE, "cross-site"), ("Origin", "http://here:8000")], id="one that contradicts itself"),
    ],
)
def test_what_comes_from_elsewhere(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(CsrfError):
        refuse_other_sites(request(*headers), load_settings())
