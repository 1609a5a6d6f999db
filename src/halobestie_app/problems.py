"""Every way to say no: the closed list of codes, and the exception that carries one. Knows no HTTP framework.

Use cases raise `Problem`; ``http/`` renders it as RFC 9457. The statuses stand here, beside the codes,
because a code has one status and both are promised together.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Code(StrEnum):
    """What went wrong, for programs. A client may rely on every one of these for ever."""

    VALIDATION_ERROR = "VALIDATION_ERROR"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    IN_PROGRESS = "IN_PROGRESS"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    UNAVAILABLE = "UNAVAILABLE"
    # payments, requests, chats
    INVALID_STATE = "INVALID_STATE"
    PAYMENT_EXPIRED = "PAYMENT_EXPIRED"
    PAYMENT_NOT_SETTLED = "PAYMENT_NOT_SETTLED"
    ALREADY_ACTIVE = "ALREADY_ACTIVE"
    ALREADY_TAKEN = "ALREADY_TAKEN"
    REQUEST_CLOSED = "REQUEST_CLOSED"
    MITRA_OFFLINE = "MITRA_OFFLINE"
    AT_CAPACITY = "AT_CAPACITY"
    TARGETED_MITRA_OFFLINE = "TARGETED_MITRA_OFFLINE"
    SESSION_NOT_ACTIVE = "SESSION_NOT_ACTIVE"
    SESSION_PAUSED = "SESSION_PAUSED"
    EXTENSION_PENDING = "EXTENSION_PENDING"
    EXTENSION_RESOLVED = "EXTENSION_RESOLVED"
    FIRST_SESSION_DISCOUNT_NOT_ALLOWED = "FIRST_SESSION_DISCOUNT_NOT_ALLOWED"
    # operators
    STALE_WRITE = "STALE_WRITE"
    TIER_EXISTS = "TIER_EXISTS"
    TIER_INACTIVE = "TIER_INACTIVE"
    UNKNOWN_TIER = "UNKNOWN_TIER"
    ALREADY_ACTIONED = "ALREADY_ACTIONED"
    # identity
    OTP_INVALID = "OTP_INVALID"
    OTP_LOCKED = "OTP_LOCKED"
    MITRA_NOT_REGISTERED = "MITRA_NOT_REGISTERED"
    PROVIDER_NOT_CONFIGURED = "PROVIDER_NOT_CONFIGURED"

    @property
    def status(self) -> int:
        """The HTTP status that goes with it."""
        return _SAID[self][0]

    @property
    def heading(self) -> str:
        """A few words, the same at every occurrence."""
        return _SAID[self][1]


_SAID: Final[Mapping[Code, tuple[int, str]]] = MappingProxyType(
    {
        Code.VALIDATION_ERROR: (422, "The request is not valid"),
        Code.UNAUTHENTICATED: (401, "A valid token is needed"),
        Code.FORBIDDEN: (403, "Not allowed"),
        Code.NOT_FOUND: (404, "Not found"),
        Code.METHOD_NOT_ALLOWED: (405, "Method not allowed"),
        Code.REQUEST_TIMEOUT: (408, "The request came too slowly"),
        Code.TOO_LARGE: (413, "The body is too large"),
        Code.UNSUPPORTED_MEDIA_TYPE: (415, "The body is not JSON"),
        Code.IDEMPOTENCY_MISMATCH: (422, "This key was used for another body"),
        Code.IN_PROGRESS: (409, "The first request with this key is still running"),
        Code.RATE_LIMITED: (429, "Too many requests"),
        Code.INTERNAL_ERROR: (500, "Something broke on our side"),
        Code.UNAVAILABLE: (503, "Not available for the moment"),
        Code.INVALID_STATE: (409, "Not possible in the present state"),
        Code.PAYMENT_EXPIRED: (409, "The time to use this payment is over"),
        Code.PAYMENT_NOT_SETTLED: (409, "The money has not arrived yet"),
        Code.ALREADY_ACTIVE: (409, "Something else is still open"),
        Code.ALREADY_TAKEN: (409, "Somebody else was first"),
        Code.REQUEST_CLOSED: (409, "The request is closed"),
        Code.MITRA_OFFLINE: (409, "The mitra is offline"),
        Code.AT_CAPACITY: (409, "No free place"),
        Code.TARGETED_MITRA_OFFLINE: (409, "The chosen mitra cannot be reached"),
        Code.SESSION_NOT_ACTIVE: (409, "The chat is not active"),
        Code.SESSION_PAUSED: (409, "The chat is paused"),
        Code.EXTENSION_PENDING: (409, "Another extension is waiting for its answer"),
        Code.EXTENSION_RESOLVED: (409, "The extension was answered otherwise"),
        Code.FIRST_SESSION_DISCOUNT_NOT_ALLOWED: (400, "A discount cannot prolong a chat"),
        Code.STALE_WRITE: (409, "Somebody else changed it meanwhile"),
        Code.TIER_EXISTS: (409, "There is such a tier already"),
        Code.TIER_INACTIVE: (409, "The tier is not active"),
        Code.UNKNOWN_TIER: (422, "There is no such tier"),
        Code.ALREADY_ACTIONED: (409, "An operator has dealt with it"),
        Code.OTP_INVALID: (401, "The code is wrong or too old"),
        Code.OTP_LOCKED: (429, "Too many wrong codes"),
        Code.MITRA_NOT_REGISTERED: (403, "This phone belongs to no registered mitra"),
        Code.PROVIDER_NOT_CONFIGURED: (503, "This provider is not set up"),
    }
)


class Problem(Exception):
    """A request that is refused, as data.

    ``detail`` is one sentence for a person. ``members`` are the further members of the answer (``state``,
    ``allowed``, ``errors``, ...): values that `to_wire` can write. ``status`` replaces the code's own where a
    route is promised another; ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.status = code.status if status is None else status
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)
        self.members = members

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"
