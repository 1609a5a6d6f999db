"""Where a request came from, as far as it can be believed. Knows no budget and no route.

Only proxies of ours say for whom they ask: with none trusted, ``X-Forwarded-For`` is never looked at. The
list is read from its end, where our own proxy wrote, back to the first hop that is none of ours; whatever
stands before that, the client may have made up.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from starlette.types import Scope

Address: TypeAlias = IPv4Address | IPv6Address
Networks: TypeAlias = Sequence[IPv4Network | IPv6Network]

MOST_HOPS: Final = 16
"""Entries that are looked at: nobody has more proxies of their own."""
PREFIX: Final = 64
"""Bits of an IPv6 address that somebody's provider gives them; the rest is theirs to choose."""
LONGEST: Final = 64
"""Characters that an address may have, with brackets, zone and port."""
UNKNOWN: Final = "unknown"
"""Who came by a way without addresses."""

_HEADER: Final = b"x-forwarded-for"


def client_address(scope: "Scope", trusted: Networks) -> str:
    """The address of the client: of who connected, or, behind ``trusted`` proxies, for whom they ask.

    `UNKNOWN` where there is none. IPv4 in IPv6 is written as IPv4.
    """
    client = scope.get("client")
    here = _address(client[0]) if client else None
    if here is None:
        return UNKNOWN
    if trusted and _is_ours(here, trusted):
        for hop in _hops(scope):
            found = _address(hop)
            if found is None:  # a proxy of ours wrote no such thing; its own address is what is known
                break
            here = found
            if not _is_ours(here, trusted):
                break
    return str(here)


def counted_as(address: str) -> str:
    """Under what an address is counted: itself, or the IPv6 network that one client has to itself."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, PREFIX), strict=False))
    return address


def counted_client(scope: "Scope", trusted: Networks) -> str:
    """Under what the client of a request is counted."""
    return counted_as(client_address(scope, trusted))


def _hops(scope: "Scope") -> list[str]:
    """The hops that proxies wrote down, the nearest first."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
    return [hop.strip() for hop in reversed(",".join(lines).rsplit(",", MOST_HOPS)[-MOST_HOPS:])]


def _address(text: str) -> Address | None:
    """Read an address, perhaps with a port; None where it is none."""
    return _read(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=4096)
def _read(text: str) -> Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_ours(address: Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)


__all__ = ["MOST_HOPS", "UNKNOWN", "client_address", "counted_as", "counted_client"]
