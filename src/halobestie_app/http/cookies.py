"""Refresh tokens in cookies, for browsers: their names, and who may use them. Knows no token's meaning.

A browser sends the cookie by itself, so a page of somebody else could have it sent. Three things stand
against that: SameSite=Strict, the ``__Host-`` prefix (no other host of the site can set it), and what is
judged here.
"""

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from halobestie_app.http.route import Call, Cookie
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import identity_rules as rules

OPERATOR: Final = "hb_cc"
CLIENTS: Final[Mapping[str, str]] = MappingProxyType({"customer-web": "hb_customer", "mitra-web": "hb_mitra"})
"""What ``X-Client`` says, and the cookie that such an app keeps its refresh token in."""

KEPT: Final = int(rules.IDLE.total_seconds())
"""Seconds that a browser keeps one unused: as long as the log-in lasts."""

_OWN_PAGES: Final = frozenset({"same-origin", "none"})  # none: the person's own doing, as in the address bar
_FORWARDED: Final = ("forwarded", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-for")


def client_cookie(call: Call[Any, Any]) -> str | None:
    """The cookie's name of an app in a browser; None for an app that keeps its tokens itself."""
    return CLIENTS.get(call.headers.get("x-client", ""))


def kept(call: Call[Any, Any], name: str) -> str | None:
    """The refresh token that came in a cookie."""
    return call.cookies.get(_full(call, name)) or None


def setting(call: Call[Any, Any], name: str, token: str, max_age: int) -> Cookie:
    """The cookie that keeps a refresh token for ``max_age`` seconds."""
    return Cookie(_full(call, name), token, max_age, secure=not _on_this_machine(call))


def taking_away(call: Call[Any, Any], name: str) -> Cookie:
    """The cookie that ends one."""
    return setting(call, name, "", 0)


def refuse_foreign_origin(call: Call[Any, Any], allowed: Collection[str] = ()) -> None:
    """Raise Problem FORBIDDEN when a page that is not ours made the browser send this.

    ``allowed`` are further origins, exactly as browsers write them. A client that says neither where it is
    from nor that it is a browser sends no cookie on anybody else's behalf.
    """
    origin = call.headers.get("origin")
    if origin is not None and origin in allowed:
        return
    site = call.headers.get("sec-fetch-site")
    if site is not None and site not in _OWN_PAGES:
        raise _foreign()
    if origin is not None and not same_host(origin, call.headers.get("host", "")):
        raise _foreign()


def same_host(origin: str, host: str) -> bool:
    """Compare hosts and ports; not schemes, because TLS may end in front of us."""
    try:
        parts = urlsplit(origin)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc.lower() == host.lower()


def _foreign() -> Problem:
    return Problem(Code.FORBIDDEN, "This may only be sent by the application's own pages.")


def _full(call: Call[Any, Any], name: str) -> str:
    return name if _on_this_machine(call) else f"__Host-{name}"


def _on_this_machine(call: Call[Any, Any]) -> bool:
    """Whether a browser on this machine talks to us in plain HTTP: it would keep no Secure cookie."""
    if call.scope.get("scheme") != "http" or any(name in call.headers for name in _FORWARDED):
        return False
    try:
        host = urlsplit(f"//{call.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
