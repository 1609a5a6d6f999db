"""The settings that a deployment fixes, read from the environment once. Knows no operator's setting.

What may not go together, and what production refuses, is told by `refusals`, which looks only at the values.
"""

import math
import os
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from itertools import combinations
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import environ
from attrs import evolve

from halobestie_app import variables as v
from halobestie_app.variables import BadVariable, Bind, Secret, var

__all__ = [
    "BadVariable",
    "Bind",
    "Environment",
    "Gateway",
    "OtpProvider",
    "Role",
    "Secret",
    "Stage",
    "changed",
    "listening",
    "read",
    "refusals",
]

CADENCE: Final = 30
"""Seconds between a mitra's heartbeats, unless the environment says otherwise."""
SHORTEST_TOKEN: Final = 16
"""Bytes of a token that others chose, in production; our own keys have `SHORTEST_SECRET` everywhere."""
FEWEST_CHARACTERS: Final = 8
"""Different ones that a secret has in production: 32 times the same is long, and guessed at once."""


class Stage(StrEnum):
    """Where this runs; production refuses everything that is only pretended."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Gateway(StrEnum):
    """Who takes the money."""

    DEVELOPMENT = "development"
    XENDIT = "xendit"


class OtpProvider(StrEnum):
    """Who brings codes to phones."""

    DEVELOPMENT = "development"
    HTTP = "http"


class Role(StrEnum):
    """A part of the server that may run alone."""

    PUBLIC = "public"
    INTERNAL = "internal"
    WORKER = "worker"


def _cadence(text: str) -> int:
    """Whatever is no number of at least 1 counts as unset, rather than keep every mitra from working."""
    try:
        seconds = float(text)
    except ValueError:
        return CADENCE
    if "_" in text or not text.isascii():  # what only Python takes for a number
        return CADENCE
    return int(seconds) if math.isfinite(seconds) and seconds >= 1 else CADENCE


@environ.config(prefix="", frozen=True)
class Environment:
    """Every variable, read. None, or an empty tuple, where nothing was said and nothing is presumed."""

    stage: Stage = var("HALOBESTIE_ENV", v.choice(Stage), Stage.DEVELOPMENT)
    database_url: Secret | None = var("DATABASE_URL", v.secret_url("postgresql", "postgres"))
    migration_database_url: Secret | None = var(
        "MIGRATION_DATABASE_URL", v.secret_url("postgresql", "postgres")
    )
    valkey_url: Secret | None = var(
        "VALKEY_URL", v.secret_url("redis", "rediss", "valkey", "valkeys", "unix")
    )
    data_dir: Path = var("HALOBESTIE_DATA_DIR", lambda text: Path(text).expanduser(), Path(".halobestie"))
    public_bind: Bind = var("PUBLIC_BIND", v.bind, Bind("0.0.0.0", 3000))  # noqa: S104  the public listener
    internal_bind: Bind = var("INTERNAL_BIND", v.bind, Bind("127.0.0.1", 3001))
    port: int | None = var("PORT", v.port)
    public_url: str | None = var("PUBLIC_URL", v.address)
    auth_jwt_secret: tuple[Secret, ...] = var("AUTH_JWT_SECRET", v.keys, ())
    auth_jwt_secret_internal: tuple[Secret, ...] = var("AUTH_JWT_SECRET_INTERNAL", v.keys, ())
    mitra_heartbeat_cadence_seconds: int = var("MITRA_HEARTBEAT_CADENCE_SECONDS", _cadence, CADENCE)
    payment_gateway: Gateway | None = var("PAYMENT_GATEWAY", v.choice(Gateway))
    otp_provider: OtpProvider | None = var("OTP_PROVIDER", v.choice(OtpProvider))
    otp_http_url: str | None = var("OTP_HTTP_URL", v.url("http", "https"))
    otp_http_token: Secret | None = var("OTP_HTTP_TOKEN", Secret)
    otp_daily_cap: int = var("OTP_DAILY_CAP", v.count, 10_000)
    otp_country_codes: tuple[int, ...] = var("OTP_COUNTRY_CODES", v.calling_codes, (62,))
    xendit_secret_key: Secret | None = var("XENDIT_SECRET_KEY", Secret)
    xendit_callback_token: tuple[Secret, ...] = var("XENDIT_CALLBACK_TOKEN", v.tokens, ())
    xendit_base_url: str = var("XENDIT_BASE_URL", v.url("http", "https"), "https://api.xendit.co")
    firebase_service_account_path: Path | None = var("FIREBASE_SERVICE_ACCOUNT_PATH", v.file)
    fcm_base_url: str = var("FCM_BASE_URL", v.url("http", "https"), "https://fcm.googleapis.com")
    google_client_ids: tuple[str, ...] = var("GOOGLE_CLIENT_IDS", v.words, ())
    apple_client_ids: tuple[str, ...] = var("APPLE_CLIENT_IDS", v.words, ())
    google_jwks_url: str = var(
        "GOOGLE_JWKS_URL", v.url("http", "https"), "https://www.googleapis.com/oauth2/v3/certs"
    )
    apple_jwks_url: str = var("APPLE_JWKS_URL", v.url("http", "https"), "https://appleid.apple.com/auth/keys")
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = var("TRUSTED_PROXIES", v.networks, ())
    cors_origins_public: tuple[str, ...] = var("CORS_ORIGINS_PUBLIC", v.origins, ())
    cors_origins_internal: tuple[str, ...] = var("CORS_ORIGINS_INTERNAL", v.origins, ())
    chat_encryption_keys: tuple[Secret, ...] = var("CHAT_ENCRYPTION_KEYS", v.keys, ())
    retain_messages_days: int = var("RETAIN_MESSAGES_DAYS", v.days, 365)
    retain_webhook_bodies_days: int = var("RETAIN_WEBHOOK_BODIES_DAYS", v.days, 90)
    retain_outbox_days: int = var("RETAIN_OUTBOX_DAYS", v.days, 2)
    retain_otp_days: int = var("RETAIN_OTP_DAYS", v.days, 1)
    retain_sessions_days: int = var("RETAIN_SESSIONS_DAYS", v.days, 90)
    log_format: Literal["console", "json"] | None = var("LOG_FORMAT", v.log_format)
    otel_endpoint: str | None = var("OTEL_EXPORTER_OTLP_ENDPOINT", v.url("http", "https"))

    @property
    def production(self) -> bool:
        """Whether nothing may be pretended."""
        return self.stage is Stage.PRODUCTION


def read(variables: Mapping[str, str] | None = None) -> Environment:
    """Read the environment (``os.environ``) and presume what development may. Raises `BadVariable`."""
    said: Environment = environ.to_config(Environment, dict(os.environ if variables is None else variables))
    if said.production:
        return said
    return changed(
        said,
        payment_gateway=said.payment_gateway or Gateway.DEVELOPMENT,
        otp_provider=said.otp_provider or OtpProvider.DEVELOPMENT,
    )


def changed(env: Environment, **values: object) -> Environment:
    """Give the same environment with other values, as `evolve` does for a class that mypy knows."""
    given: Any = env
    result: Environment = evolve(given, **values)
    return result


def listening(env: Environment, roles: frozenset[Role]) -> dict[Role, Bind]:
    """Say where the listeners among ``roles`` listen; ``PORT`` replaces the port of one that runs alone."""
    binds = {Role.PUBLIC: env.public_bind, Role.INTERNAL: env.internal_bind}
    chosen = {role: bind for role, bind in binds.items() if role in roles}
    if env.port is not None and len(roles) == 1:
        return {role: Bind(bind.host, env.port) for role, bind in chosen.items()}
    return chosen


# ------------------------------------------------------------------------------------------- refusing


def refusals(env: Environment) -> list[str]:
    """Say why this server must not start, one line per reason, each naming a variable; empty when it may."""
    reasons = [
        f"{name}: {reason}"
        for name, wrong, reason in (*_never(env), *(_in_production(env) if env.production else ()))
        if wrong
    ]
    return list(dict.fromkeys(reasons))


_Rule: TypeAlias = tuple[str, bool, str]


def _never(env: Environment) -> tuple[_Rule, ...]:
    xendit = env.payment_gateway is Gateway.XENDIT
    otp = env.otp_provider is OtpProvider.HTTP
    needed = "is needed by the chosen provider"
    shared = set(env.auth_jwt_secret) & set(env.auth_jwt_secret_internal)
    return (
        ("XENDIT_SECRET_KEY", xendit and env.xendit_secret_key is None, needed),
        ("XENDIT_CALLBACK_TOKEN", xendit and not env.xendit_callback_token, needed),
        ("OTP_HTTP_URL", otp and env.otp_http_url is None, needed),
        ("OTP_HTTP_TOKEN", otp and env.otp_http_token is None, needed),
        ("AUTH_JWT_SECRET_INTERNAL", bool(shared), "must not share a key with AUTH_JWT_SECRET"),
        (
            "INTERNAL_BIND",
            env.internal_bind == env.public_bind and env.public_bind.port != 0,
            "must not be the address of PUBLIC_BIND",
        ),
    )


_CHOSEN_BY_OTHERS: Final = frozenset({"XENDIT_CALLBACK_TOKEN", "OTP_HTTP_TOKEN"})


def _secrets(env: Environment) -> tuple[tuple[str, tuple[Secret, ...]], ...]:
    return (
        ("AUTH_JWT_SECRET", env.auth_jwt_secret),
        ("AUTH_JWT_SECRET_INTERNAL", env.auth_jwt_secret_internal),
        ("CHAT_ENCRYPTION_KEYS", env.chat_encryption_keys),
        ("XENDIT_SECRET_KEY", _some(env.xendit_secret_key)),
        ("XENDIT_CALLBACK_TOKEN", env.xendit_callback_token),
        ("OTP_HTTP_TOKEN", _some(env.otp_http_token)),
    )


def _shared(env: Environment) -> tuple[_Rule, ...]:
    """Secrets that are something else, too: who learned one of them would have both."""
    return tuple(
        (name, bool(set(first) & set(second)), f"must not share a key with {first_name}")
        for (first_name, first), (name, second) in combinations(_secrets(env), 2)
    )


def _guessed(env: Environment) -> tuple[_Rule, ...]:
    """Secrets that somebody could find by trying; of a short one, that is all that is said."""
    few = f"must have at least {FEWEST_CHARACTERS} different characters in production"
    rules: list[_Rule] = []
    for name, said in _secrets(env):
        least = SHORTEST_TOKEN if name in _CHOSEN_BY_OTHERS else 0
        short = any(len(one) < least for one in said)
        rules.append((name, short, f"must have at least {least} bytes in production"))
        rules.append((name, not short and any(_is_plain(one) for one in said), few))
    return tuple(rules)


def _is_plain(secret: Secret) -> bool:
    return len(set(secret.reveal())) < FEWEST_CHARACTERS


def _some(secret: Secret | None) -> tuple[Secret, ...]:
    return () if secret is None else (secret,)


def _in_production(env: Environment) -> tuple[_Rule, ...]:
    stub = "must not be development in production"
    plain = "must be https in production"
    pages = (
        ("CORS_ORIGINS_PUBLIC", env.cors_origins_public),
        ("CORS_ORIGINS_INTERNAL", env.cors_origins_internal),
    )
    return (
        ("PAYMENT_GATEWAY", env.payment_gateway is None, "must be chosen in production: xendit"),
        ("PAYMENT_GATEWAY", env.payment_gateway is Gateway.DEVELOPMENT, stub),
        ("OTP_PROVIDER", env.otp_provider is OtpProvider.DEVELOPMENT, stub),
        ("DATABASE_URL", env.database_url is None, "is needed in production: no embedded PostgreSQL"),
        ("VALKEY_URL", env.valkey_url is None, "is needed in production: no embedded Redis"),
        ("AUTH_JWT_SECRET", not env.auth_jwt_secret, "is needed in production"),
        ("AUTH_JWT_SECRET_INTERNAL", not env.auth_jwt_secret_internal, "is needed in production"),
        ("CHAT_ENCRYPTION_KEYS", not env.chat_encryption_keys, "is needed in production"),
        (
            "INTERNAL_BIND",
            not _is_inside(env.internal_bind.host),
            "must not be a public address in production",
        ),
        ("PUBLIC_URL", not (env.public_url or "https:").startswith("https:"), plain),
        ("XENDIT_BASE_URL", not env.xendit_base_url.startswith("https:"), plain),
        ("FCM_BASE_URL", not env.fcm_base_url.startswith("https:"), plain),
        ("OTP_HTTP_URL", not (env.otp_http_url or "https:").startswith("https:"), plain),
        ("GOOGLE_JWKS_URL", not env.google_jwks_url.startswith("https:"), plain),
        ("APPLE_JWKS_URL", not env.apple_jwks_url.startswith("https:"), plain),
        *((name, any(not one.startswith("https:") for one in origins), plain) for name, origins in pages),
        *_shared(env),
        *_guessed(env),
    )


def _is_inside(host: str) -> bool:
    """Loopback or a private network; a name could be anything, an unspecified address is everything."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_private and not address.is_unspecified
