"""What an answer of FCM's means: which error asks for what. Sends nothing and knows no clock.

Google documents the codes at firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode. The code stands in the
details of the error, which may be absent, as may the whole JSON (a proxy's HTML page): then the status
decides. Whatever is not certain costs no device.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson
from attrs import frozen

from halobestie_core.ports.push import Gone, Refused, Sent, TryLater, Verdict

UNAUTHENTICATED: Final = "UNAUTHENTICATED"
QUOTA_SECONDS: Final = 60.0
"""The least that a quota error asks for."""
LONGEST_SECONDS: Final = 3600.0
"""Who asks for more than an hour of patience is not taken at their word."""

_GONE: Final = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})
_LATER: Final = frozenset({"UNAVAILABLE", "INTERNAL", UNAUTHENTICATED})
_KNOWN: Final = _GONE | _LATER | {"INVALID_ARGUMENT", "QUOTA_EXCEEDED", "THIRD_PARTY_AUTH_ERROR"}
_CANONICAL: Final[Mapping[str, str]] = {
    "RESOURCE_EXHAUSTED": "QUOTA_EXCEEDED",
    "UNAVAILABLE": "UNAVAILABLE",
    "INTERNAL": "INTERNAL",
    "INVALID_ARGUMENT": "INVALID_ARGUMENT",
    "UNAUTHENTICATED": UNAUTHENTICATED,
    "PERMISSION_DENIED": "PERMISSION_DENIED",
    "NOT_FOUND": "NOT_FOUND",
}
"""Google's general words, where FCM's own is absent."""
_BY_STATUS: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    401: UNAUTHENTICATED,
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "QUOTA_EXCEEDED",
    500: "INTERNAL",
}


@frozen
class _Error:
    """What the body says, as far as it says anything."""

    code: str | None = None
    general: str | None = None
    names_token: bool = False


def judge(status: int, body: bytes, retry_after: str | None, now: datetime) -> Verdict:
    """Return what an answer means. ``retry_after``: the header; ``now``: for one that names a moment."""
    if 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
        return Sent()
    error = _error(body)
    code = _code(status, error)
    patience = _seconds(retry_after, now)
    if code in _GONE or (code == "INVALID_ARGUMENT" and error.names_token):
        return Gone(code)
    if code == "QUOTA_EXCEEDED":
        return TryLater(code, max(QUOTA_SECONDS, patience or 0.0))
    if code in _LATER:
        return TryLater(code, patience)
    # The rest is ours to mend (a rejected body, a project or a certificate that is not set up), and a 404
    # without FCM's own word may mean the project: no device is lost over it.
    return Refused(code)


def _code(status: int, error: _Error) -> str:
    if error.code in _KNOWN:
        return str(error.code)
    if error.general in _CANONICAL:
        return _CANONICAL[str(error.general)]
    return _BY_STATUS.get(status) or ("UNAVAILABLE" if status >= 500 else f"HTTP_{status}")  # noqa: PLR2004


def _error(body: bytes) -> _Error:
    try:
        said = orjson.loads(body)["error"]
        details = said.get("details")
        general, message = said.get("status"), said.get("message")
    except (ValueError, LookupError, TypeError, AttributeError):
        return _Error()
    listed = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    codes = [one["errorCode"] for one in listed if isinstance(one.get("errorCode"), str)]
    return _Error(
        codes[0] if codes else None,
        general if isinstance(general, str) else None,
        any(_names_token(one) for one in listed)
        or (isinstance(message, str) and "registration token" in message.lower()),
    )


def _names_token(detail: Mapping[str, Any]) -> bool:
    """Whether a detail says which field is wrong, and it is the token."""
    fields = detail.get("fieldViolations")
    if not isinstance(fields, list):
        return False
    return any(isinstance(one, dict) and one.get("field") == "message.token" for one in fields)


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Read ``Retry-After``: seconds, or a moment."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isdigit():
        return min(float(text[:9]), LONGEST_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_SECONDS)
