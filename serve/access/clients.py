"""Where a request comes from, and whether that can be believed."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from hazardlens.serve.access.errors import CsrfError
from hazardlens.serve.access.principals import ANONYMOUS, Principal
from hazardlens.serve.access.sessions import COOKIE, SECURE_COOKIE
from hazardlens.serve.settings import Settings

_UNKNOWN: Final = "unknown"
_OURS: Final = frozenset({"same-origin", "none"})  # "none": typed, or from a bookmark
_IPV6_CUSTOMER_BITS: Final = 64  # what a provider gives one customer at least


@lru_cache(maxsize=8)
def trusted_networks(setting: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks of the setting `trusted_proxies`."""
    return tuple(ip_network(part.strip()) for part in setting.split(",") if part.strip())


def address_of(request: Request, settings: Settings) -> str:
    """The client's address: the socket's, or the first one that no trusted proxy has, read from the nearest on."""
    address = request.client.host if request.client else _UNKNOWN
    said = [part.strip() for line in request.headers.getlist("X-Forwarded-For") for part in line.split(",")]
    while said and is_trusted(address, settings):
        candidate = said.pop()
        if not _can_be_a_client(candidate):
            break
        address = candidate
    return address


def _can_be_a_client(text: str) -> bool:
    """Whether a proxy can have been called from there: not from itself, nor from what is no place of one machine."""
    found = _parse(text)
    return found is not None and not (found.is_loopback or found.is_unspecified or found.is_multicast)


def sender_of(address: str) -> str:
    """Who counts as one sender: an IPv4 address, or the /64 network of an IPv6 one, whose addresses cost nothing."""
    parsed = _parse(address)
    if parsed is None:
        return _UNKNOWN
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), _IPV6_CUSTOMER_BITS), strict=False))
    return str(parsed)


def sender_of_request(request: Request, settings: Settings) -> str:
    """Who takes turns with others: an API key, an account, or the sender of somebody who has neither."""
    principal: Principal = getattr(request.state, "principal", ANONYMOUS)
    return principal.actor if principal.id else sender_of(address_of(request, settings))


def is_this_machine(request: Request) -> bool:
    """Whether a program of this machine itself asks: by the socket alone, and for nobody else."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False  # a proxy beside us speaks for somebody
    parsed = _parse(request.client.host) if request.client else None
    return parsed is not None and parsed.is_loopback


def session_cookie(request: Request, settings: Settings) -> str:
    """The name of the session's cookie: where the browser came by TLS, one that no other host can set."""
    return SECURE_COOKIE if is_https(request, settings) else COOKIE


def is_https(request: Request, settings: Settings) -> bool:
    """Whether the client's browser speaks TLS: with us, with a trusted proxy, or at `public_url`."""
    if request.url.scheme == "https" or (settings.public_url or "").startswith("https://"):
        return True
    peer = request.client.host if request.client else _UNKNOWN
    said = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip()
    return said == "https" and is_trusted(peer, settings)


def base_url(request: Request, settings: Settings) -> str:
    """Under which address the client reached us, without a path: `public_url`, or what the request says."""
    if settings.public_url:
        return settings.public_url
    return f"{'https' if is_https(request, settings) else 'http'}://{request.url.netloc}"


def refuse_other_sites(request: Request, settings: Settings) -> None:
    """See that a browser sends this from a page of ours. Programs that are no browsers say nothing, and pass.

    Raises:
        CsrfError: another site's page sends it.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OURS:
        raise CsrfError("this request comes from a page of another site")
    origin = request.headers.get("Origin")
    # Browsers leave Sec-Fetch-Site out where the page itself came without TLS.
    if site is None and origin is not None:
        ours = {request.headers.get("Host", ""), _netloc(settings.public_url or "")}
        if _netloc(origin) not in ours - {""}:
            raise CsrfError("this request comes from a page of another site")


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:  # no address at all
        return ""


def is_trusted(address: str, settings: Settings) -> bool:
    """Whether a proxy of ours has this address."""
    parsed = _parse(address)
    networks = trusted_networks(settings.trusted_proxies or "")
    return parsed is not None and any(parsed in network for network in networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 that came in IPv6's clothes, as on a socket for both, without them."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
