"""Where messages may go."""

import pytest

from hazardlens.serve.dispatch.addresses import check_url, find_destination, is_allowed, without_secrets
from hazardlens.serve.dispatch.errors import TargetUrlError

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC,
        "1.1.1.1",
        "2606:4700:4700::1111",
        "240e::1",
    ],
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, allow_private=False)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("169.254.169.254", "link-local: the cloud's metadata"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("192.0.2.1", "documentation"),
        ("198.18.0.1", "benchmarks"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::1", "loopback"),
        ("fd00::1", "unique local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local with a zone"),
        ("fec0::1", "site-local"),
        ("2001:db8::1", "documentation"),
        ("::ffff:10.0.0.1", "IPv4 mapped"),
        ("::ffff:93.184.215.14", "IPv4 mapped, even a public one"),
        ("::127.0.0.1", "IPv4 compatible"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b:1::7f00:1", "NAT64 of a network's own"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:7f00:1::", "Teredo"),
        ("2600::5efe:7f00:1", "ISATAP"),
        ("2600::200:5efe:808:808", "ISATAP of a public address"),
        ("192.88.99.1", "relays of 6to4"),
        ("4000::1", "no unicast that anybody has"),
        ("100::1", "discarded"),
        ("5f00::1", "segment routing"),
        ("198.19.255.255", "benchmarks to the end"),
        ("100.127.255.255", "carrier-grade NAT to the end"),
        ("172.31.255.255", "private to the end"),
        ("0.1.2.3", "this network"),
    ],
)
def test_others_only_where_the_operator_says_so(address: str, kind: str) -> None:
    assert not is_allowed(address, allow_private=False), kind
    assert is_allowed(address, allow_private=True), kind


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "localhost", "", "1.2.3"])  # noqa: S104
def test_what_is_no_place_of_one_machine_is_never_allowed(address: str) -> None:
    assert not is_allowed(address, allow_private=True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/", "https"),
        ("ftp://example.org/", "expected https"),
        ("file:/etc/passwd", "expected https"),
        ("https://", "expected https"),
        ("https://example.org:0/", "expected https"),
        ("https://example.org:99999/", "no address"),
        ("https://[::1/", "no address"),
        ("example.org", "expected https"),
        ("https://user:password@example.org/", "name and password"),
        ("https://example.org/#here", "fragment"),
        ("https://example.org/a b", "spaces"),
        ("https://example.org/\r\nX: y", "spaces"),
        ("https://消防.example.org/", "ASCII"),
        ("https://example.org\\@127.0.0.1/", "characters"),
        ("https://example.org/" + "a" * 2000, "2000"),
        ("https://example.org:25/", "port"),
        ("https://example.org:22/", "port"),
        ("https://example.org:80/", "port"),
        ("https://example.org:1023/", "port"),
        ("https://127.0.0.1/", "webhook_allow_private"),
        ("https://[::ffff:10.0.0.1]/", "webhook_allow_private"),
    ],
)
def test_an_address_that_is_none_of_ours_is_refused(url: str, said: str) -> None:
    with pytest.raises(TargetUrlError, match=said):
        check_url(url, allow_private=False)


@pytest.mark.parametrize("port", [443, 1024, 8443, 65535])
def test_ports_where_receivers_listen_are_allowed(port: int) -> None:
    check_url(f"https://example.org:{port}/", allow_private=False)


@pytest.mark.parametrize("url", ["http://10.0.0.1:8080/a?b=c", "https://receiver/", "http://localhost/"])
def test_in_a_network_of_ones_own_much_is_allowed(url: str) -> None:
    check_url(url, allow_private=True)


def test_a_name_is_resolved_once_and_leads_to_what_was_checked() -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return [PUBLIC, "1.1.1.1"]

    destination = find_destination("https://example.org/a", allow_private=False, resolve=resolve)
    assert (destination.host, destination.port, destination.addresses) == ("example.org", 443, (PUBLIC, "1.1.1.1"))
    assert asked == [("example.org", 443)]


@pytest.mark.parametrize(
    "addresses", [[], ["10.0.0.1"], [PUBLIC, "10.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]]
)
def test_a_name_that_also_leads_elsewhere_is_refused(addresses: list[str]) -> None:
    with pytest.raises(TargetUrlError, match="leads to"):
        find_destination("https://example.org/", allow_private=False, resolve=lambda *_: addresses)


@pytest.mark.parametrize("url", ["https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://localhost/"])
def test_other_ways_to_write_this_machine_are_seen_through(url: str) -> None:
    with pytest.raises(TargetUrlError):
        find_destination(url, allow_private=False)


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
def test_a_name_that_nobody_knows_is_refused(error: Exception) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise error

    with pytest.raises(TargetUrlError, match="resolved"):
        find_destination("https://example.org/", allow_private=False, resolve=resolve)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://grid.example.org", "https://grid.example.org/"),
        ("https://grid.example.org/hooks/hush", "https://grid.example.org/…"),
        ("https://grid.example.org:8443/send?key=hush", "https://grid.example.org:8443/…"),
        ("https://grid.example.org?key=hush", "https://grid.example.org/…"),
        ("https://li:hush@grid.example.org/", "https://grid.example.org/"),
        ("https://[2606:4700::1]:8443/a?b=hush#hush", "https://[2606:4700::1]:8443/…"),
    ],
    ids=["nothing to hide", "path", "query", "query without path", "name and password", "IPv6 and fragment"],
)
def test_what_an_address_holds_of_secrets_is_not_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
