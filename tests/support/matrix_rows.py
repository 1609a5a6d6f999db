"""A row for every route of both listeners: who is let in, and what becomes of whose things. Data."""

from typing import Final

from halobestie_app.environment import Role
from halobestie_app.problems import Code
from support import town
from support.matrix import ANYONE, CUSTOMERS, MITRAS, OPERATORS, PEOPLE, WITH_OR_WITHOUT, Row

FORBIDDEN: Final = Code.FORBIDDEN
NOT_FOUND: Final = Code.NOT_FOUND
UNAUTHENTICATED: Final = Code.UNAUTHENTICATED

_PAYMENT: Final = {"payment_session_id": "{payment}"}
_PHONE: Final = {"phone": "{phone}"}
_PROOF: Final = {"phone": "{phone}", "code": "{code}"}
_SAID: Final = {"client_message_id": "{new}", "text": "halo"}
_VERSION: Final = {"updated_at": "{tier_version}"}

COMING_IN: Final = (
    Row("POST /api/shared/auth/anonymous", ANYONE, 201, body={"display_name": "Ayu"}),
    Row("POST /api/client/auth/otp/request", ANYONE, 202, body=_PHONE),
    Row("POST /api/client/auth/otp/verify", WITH_OR_WITHOUT, 200, body=_PROOF, afresh=town.customers_code),
    Row(
        "POST /api/client/auth/google",
        WITH_OR_WITHOUT,
        200,
        body={"id_token": "{google}"},
        afresh=town.id_tokens,
    ),
    Row(
        "POST /api/client/auth/apple",
        WITH_OR_WITHOUT,
        200,
        body={"id_token": "{apple}"},
        afresh=town.id_tokens,
    ),
    Row("POST /api/mitra/auth/otp/request", ANYONE, 202, body=_PHONE),
    Row("POST /api/mitra/auth/otp/verify", ANYONE, 200, body=_PROOF, afresh=town.mitras_code),
    # A refresh token is all the proof that is asked for, so whose it is decides nothing.
    Row(
        "POST /api/shared/auth/refresh",
        ANYONE,
        200,
        200,
        UNAUTHENTICATED,
        about="refresh",
        body={"refresh_token": "{refresh}"},
        situation=town.logged_in,
    ),
    Row("POST /api/shared/auth/logout", PEOPLE, 204),
    Row("GET /api/shared/me", PEOPLE, 200),
    Row("PATCH /api/shared/me", PEOPLE, 200, body={"display_name": "Ayu"}),
    Row("DELETE /api/shared/me", PEOPLE, 202),
    Row("GET /api/shared/support", ANYONE, 200),
)

PAYING: Final = (
    Row(
        "GET /api/client/mitra-availability",
        CUSTOMERS,
        200,
        200,
        200,
        about="mitra",
        query="mitra_id={mitra}",
    ),
    Row("GET /api/client/chat/pricing", CUSTOMERS, 200, situation=town.promoted),
    Row("GET /api/client/chat/extension-pricing", CUSTOMERS, 200),
    # Any mitra may be asked for, so that "somebody else's" is as good as one's own.
    Row(
        "POST /api/client/payment-sessions",
        CUSTOMERS,
        201,
        201,
        NOT_FOUND,
        about="mitra",
        body={"duration_minutes": 12, "targeted_mitra_id": "{mitra}"},
    ),
    Row("GET /api/client/payment-sessions", CUSTOMERS, 200, situation=town.failed),
    Row(
        "GET /api/client/payment-sessions/{id}",
        CUSTOMERS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="payment",
        situation=town.unpaid,
    ),
    Row(
        "POST /api/client/payment-sessions/{id}/confirm",
        CUSTOMERS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="payment",
        situation=town.pending,
    ),
    Row(
        "POST /api/client/payment-sessions/{id}/cancel",
        CUSTOMERS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="payment",
        situation=town.unpaid,
    ),
)

MEETING: Final = (
    Row(
        "POST /api/client/chat-requests",
        CUSTOMERS,
        201,
        FORBIDDEN,
        NOT_FOUND,
        about="payment",
        body=_PAYMENT,
        situation=town.confirmed,
    ),
    Row(
        "POST /api/client/chat-requests/returning",
        CUSTOMERS,
        201,
        FORBIDDEN,
        NOT_FOUND,
        about="payment",
        body={**_PAYMENT, "mitra_id": "{mitra}"},
        situation=town.targeted,
    ),
    Row(
        "POST /api/client/chat-requests/cancel",
        CUSTOMERS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="payment",
        body=_PAYMENT,
        situation=town.asked,
    ),
    Row(
        "POST /api/client/chat-requests/{payment_session_id}/fallback-to-blast",
        CUSTOMERS,
        201,
        FORBIDDEN,
        NOT_FOUND,
        about="payment",
        situation=town.turned_down,
    ),
    Row(
        "GET /api/client/chat-requests/{id}",
        CUSTOMERS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="request",
        situation=town.asked,
    ),
    Row("GET /api/mitra/status", MITRAS, 200),
    Row("PUT /api/mitra/status", MITRAS, 200, body={"is_online": True}),
    Row("POST /api/mitra/heartbeat", MITRAS, 200),
    Row("GET /api/mitra/chat-requests", MITRAS, 200, situation=town.asked),
    # What was never offered is nothing to a mitra.
    Row(
        "POST /api/mitra/chat-requests/{id}/accept",
        MITRAS,
        200,
        NOT_FOUND,
        NOT_FOUND,
        about="request",
        situation=town.asked,
    ),
    Row(
        "POST /api/mitra/chat-requests/{id}/decline",
        MITRAS,
        200,
        NOT_FOUND,
        NOT_FOUND,
        about="request",
        situation=town.asked,
    ),
)

TALKING: Final = (
    Row(
        "GET /api/client/chat/active",
        CUSTOMERS,
        200,
        situation=town.extending,
        more=(town.turned_down,),
    ),
    Row("GET /api/mitra/chat/active", MITRAS, 200, situation=town.extending, more=(town.asked,)),
    Row("GET /api/client/chat/history", CUSTOMERS, 200, situation=town.ended),
    Row("GET /api/mitra/chat/history", MITRAS, 200, situation=town.ended),
    Row(
        "POST /api/client/chat/sessions/{id}/end",
        CUSTOMERS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="session",
        body={"closing_message": "terima kasih"},
        situation=town.talking,
    ),
    Row(
        "POST /api/mitra/chat/sessions/{id}/end",
        MITRAS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="session",
        situation=town.closing,
    ),
    Row(
        "POST /api/client/chat/sessions/{id}/extensions",
        CUSTOMERS,
        201,
        FORBIDDEN,
        NOT_FOUND,
        about="session",
        body={"extension_payment_session_id": "{more}"},
        situation=town.prolonging,
    ),
    Row("GET /api/mitra/extensions", MITRAS, 200, situation=town.extending),
    Row(
        "POST /api/mitra/extensions/{id}/respond",
        MITRAS,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="extension",
        body={"accepted": True},
        situation=town.extending,
    ),
    Row(
        "GET /api/shared/chat/{session_id}/info",
        PEOPLE,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="session",
        situation=town.extending,
    ),
    Row(
        "GET /api/shared/chat/{session_id}/messages",
        PEOPLE,
        200,
        FORBIDDEN,
        NOT_FOUND,
        about="session",
        situation=town.talking,
    ),
    Row(
        "POST /api/shared/chat/{session_id}/messages",
        PEOPLE,
        201,
        FORBIDDEN,
        NOT_FOUND,
        about="session",
        body=_SAID,
        situation=town.talking,
    ),
    # A phone that changes hands is its new owner's; nobody learns whether it was somebody's, or forgets it
    # for them.
    Row(
        "PUT /api/shared/devices/{installation_id}",
        PEOPLE,
        200,
        200,
        200,
        about="device",
        body={"fcm_token": "{new}", "platform": "ios"},
    ),
    Row("DELETE /api/shared/devices/{installation_id}", PEOPLE, 204, 204, 204, about="device"),
)

# No token of ours opens the gateway's door.
HOOKS: Final = (Row("POST /api/webhooks/xendit", frozenset(), 200, body={}, refusal=UNAUTHENTICATED),)

OPERATING: Final = (
    Row(
        "POST /internal/auth/login",
        ANYONE,
        200,
        body={"email": "{email}", "password": "{password}"},
        situation=town.at_the_door,
    ),
    Row("POST /internal/auth/refresh", ANYONE, 200),
    Row("GET /internal/config", OPERATORS, 200),
    Row(
        "PATCH /internal/config",
        OPERATORS,
        200,
        body={"pairing_blast_timeout_seconds": {"value": 600, "updated_at": "{setting_version}"}},
        situation=town.configured,
    ),
    Row("GET /internal/config/mitra-ping", OPERATORS, 200),
    Row("PATCH /internal/config/mitra-ping", OPERATORS, 200, body={"require_ping": True}),
    Row("GET /internal/config/history", OPERATORS, 200),
    Row("GET /internal/mitras", OPERATORS, 200),
    Row("POST /internal/mitras", OPERATORS, 201, body={"phone": "{phone}", "display_name": "Wati"}),
    Row(
        "PATCH /internal/mitras/{id}",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="mitra",
        body={"display_name": "Wati"},
    ),
    Row(
        "POST /internal/customers/{id}/erase",
        OPERATORS,
        202,
        202,
        NOT_FOUND,
        about="customer",
        body={"reason": "they asked for it"},
    ),
    Row("GET /internal/sessions", OPERATORS, 200, situation=town.extending),
    Row(
        "POST /internal/sessions/{id}/end",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="session",
        body={"reason": "they asked for it"},
        situation=town.talking,
    ),
    Row(
        "GET /internal/failed-pairings",
        OPERATORS,
        200,
        situation=town.settled,
        more=(town.turned_down,),
    ),
    Row(
        "POST /internal/failed-pairings/{id}/action",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="failure",
        body={"action": "refunded", "note": "by transfer"},
        situation=town.failed,
    ),
    Row(
        "GET /internal/payments/{id}",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="payment",
        situation=town.settled,
        more=(town.extending,),
    ),
    Row("GET /internal/pricing/tiers", OPERATORS, 200),
    Row(
        "POST /internal/pricing/tiers",
        OPERATORS,
        201,
        body={"mode": "chat", "minutes": "{minutes}", "price": 7000},
        situation=town.priced,
    ),
    Row(
        "POST /internal/pricing/tiers/reorder",
        OPERATORS,
        200,
        body={"mode": "chat", "items": "{order}"},
        situation=town.priced,
        afresh=town.priced,
    ),
    Row(
        "PATCH /internal/pricing/tiers/{id}",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="tier",
        body={**_VERSION, "price": 6000},
        situation=town.priced,
    ),
    Row(
        "DELETE /internal/pricing/tiers/{id}",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="tier",
        query="updated_at={tier_version}",
        situation=town.priced,
    ),
    Row(
        "POST /internal/pricing/tiers/{id}/reactivate",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="tier",
        body=_VERSION,
        situation=town.unpriced,
    ),
    Row("GET /internal/pricing/promotions/first_session_discount", OPERATORS, 200),
    Row(
        "PATCH /internal/pricing/promotions/first_session_discount",
        OPERATORS,
        200,
        body={"updated_at": "{promotion_version}", "label": "Kenalan"},
        situation=town.priced,
    ),
    Row("GET /internal/pricing/history", OPERATORS, 200, situation=town.unpriced),
    Row("GET /internal/webhooks", OPERATORS, 200, situation=town.quarantined),
    Row(
        "POST /internal/webhooks/{id}/resolve",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="webhook",
        body={"note": "nothing to it"},
        situation=town.quarantined,
    ),
    Row("GET /internal/dashboard", OPERATORS, 200, situation=town.extending),
    Row("GET /internal/dashboard/stream", OPERATORS, 200, streams=True),
    Row("GET /internal/audit/machines", OPERATORS, 200),
    Row(
        "GET /internal/audit/{aggregate}/{id}",
        OPERATORS,
        200,
        200,
        NOT_FOUND,
        about="payment",
        situation=town.settled,
    ),
    Row("POST /internal/auth/logout", ANYONE, 204),
)

BESIDE: Final = (
    Row("GET /healthz", ANYONE, 200),
    Row("GET /readyz", ANYONE, 200),
    Row("GET /openapi.json", ANYONE, 200),
    Row("GET /metrics", ANYONE, 200),
    # A page without a secret: it shows the id that it is given.
    Row(
        "GET /payment/return/{result}",
        ANYONE,
        200,
        200,
        200,
        about="payment",
        query="payment_session_id={payment}",
        situation=town.unpaid,
    ),
)

# The web apps' files, by listener: for everybody, the same for everybody, and nobody's data (test_pages.py).
SHARED_FILES: Final = frozenset({"GET /common/{path:path}", "GET /vendor/{path:path}"})
FILES: Final = {
    Role.PUBLIC: SHARED_FILES
    | {"GET /", "GET /app", "GET /app/", "GET /app/{path:path}"}
    | {"GET /mitra", "GET /mitra/", "GET /mitra/{path:path}"},
    Role.INTERNAL: SHARED_FILES
    | {"GET /", "GET /control_center", "GET /control_center/", "GET /control_center/{path:path}"},
}

# The socket: who is let in; then what is said in a chat of theirs, of somebody else, and of nobody.
SOCKET: Final = Row(
    "WS /api/shared/ws", PEOPLE, 201, FORBIDDEN, NOT_FOUND, about="session", situation=town.talking
)

ROWS: Final = (*COMING_IN, *PAYING, *MEETING, *TALKING, *HOOKS, *OPERATING, *BESIDE, SOCKET)
