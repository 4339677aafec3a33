"""Where messages may go: to public addresses over TLS, unless the operator's settings say otherwise.

A name is resolved once, all its addresses are judged, and the connection goes to one of those: a name that answers
differently the second time gains nothing.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from hazardlens.serve.dispatch.errors import TargetUrlError

MAX_URL_CHARS: Final = 2000
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FIRST_OPEN_PORT: Final = 1024  # below it: mail, shells, name servers, and little that takes messages
_IPV6_UNICAST: Final = IPv6Network("2000::/3")
_RELAYS: Final = IPv4Network("192.88.99.0/24")  # of 6to4: it unwraps what comes
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
# What Python calls global and is not: IPv4 inside IPv6, which a gateway may unwrap (compatible, mapped, NAT64, 6to4,
# Teredo), and the site-local addresses of old.
_NOT_PUBLIC: Final = tuple(
    IPv6Network(text)
    for text in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
)

Resolve = Callable[[str, int], list[str]]
"""Host and port -> addresses, best first."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked place to connect to.

    Attributes:
        url: as the operator wrote it.
        host: name or address in it, for TLS and the Host header.
        addresses: where to connect, best first; all of them are allowed.
    """

    url: str
    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


def resolve(host: str, port: int) -> list[str]:
    """The system's resolver.

    Raises:
        OSError: it knows no address.
        UnicodeError: no host can be called that.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def check_url(url: str, *, allow_private: bool) -> SplitResult:
    """Judge an address by what it says, without asking the network.

    Raises:
        TargetUrlError: it is no http(s) address, has a password in it, or leads to where messages must not go.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetUrlError("this is no address") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0 or len(url) > MAX_URL_CHARS:
        raise TargetUrlError(f"expected https://host/path of up to {MAX_URL_CHARS} characters")
    if any(ord(char) <= 32 or ord(char) > 126 for char in url) or "\\" in url:
        raise TargetUrlError("an address has neither spaces nor characters beyond ASCII; write names as xn--...")
    if "@" in parts.netloc or parts.fragment:
        raise TargetUrlError("an address has neither a name and password nor a fragment")
    if parts.scheme != "https" and not allow_private:
        raise TargetUrlError("messages go over https:// only; see the setting webhook_allow_private")
    if port is not None and port < _FIRST_OPEN_PORT and port != _DEFAULT_PORTS["https"] and not allow_private:
        raise TargetUrlError("messages go to port 443, or to one from 1024; see the setting webhook_allow_private")
    _judge_literal(parts.hostname, allow_private=allow_private)
    return parts


def _judge_literal(host: str, *, allow_private: bool) -> None:
    try:
        ip_address(host)
    except ValueError:
        return  # a name: judged when it is resolved
    if not is_allowed(host, allow_private=allow_private):
        raise TargetUrlError("messages do not go to this address; see the setting webhook_allow_private")


def without_secrets(url: str) -> str:
    """An address for those who only look: some receivers take a token in the path or the query for a password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}/{'…' if parts.path.strip('/') or parts.query else ''}"


def find_destination(url: str, *, allow_private: bool, resolve: Resolve = resolve) -> Destination:
    """Resolve the name in an address, and judge where it leads.

    Raises:
        TargetUrlError: not to where messages may go, or nowhere.
    """
    parts = check_url(url, allow_private=allow_private)
    host = parts.hostname or ""
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise TargetUrlError("the name cannot be resolved") from error
    if not addresses or not all(is_allowed(address, allow_private=allow_private) for address in addresses):
        raise TargetUrlError("the name leads to an address that messages do not go to; see webhook_allow_private")
    return Destination(url, parts.scheme, host, port, tuple(addresses))


def is_allowed(address: str, *, allow_private: bool) -> bool:
    """Whether messages may go to an IP address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if ip.is_multicast or ip.is_unspecified:
        return False
    return allow_private or _is_public(ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_reserved and ip not in _RELAYS
    wraps_ipv4 = any(ip in network for network in _NOT_PUBLIC) or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP
    return ip.is_global and ip in _IPV6_UNICAST and ip.scope_id is None and not wraps_ipv4
