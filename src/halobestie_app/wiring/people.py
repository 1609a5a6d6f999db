"""Identity, put together: tokens, codes, passwords, log-ins. Knows no business beyond who somebody is."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import MappingProxyType
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.breaker import Breaker
from halobestie_adapters.identity import oidc
from halobestie_adapters.identity.codes import HashedCodes
from halobestie_adapters.identity.jwt import LIFETIME, JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.identity.otp import HttpOtp, PrintedOtp, new_client
from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_adapters.identity.phones import E164Phones
from halobestie_adapters.identity.refresh import SealedRefreshTokens
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.identity import PostgresIdentityStore
from halobestie_adapters.postgres.revocations import PostgresRevocations
from halobestie_adapters.redis.bus import RedisBus
from halobestie_app.environment import Environment, OtpProvider
from halobestie_app.metrics import Metrics
from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.identity_budgets import Limits, limits
from halobestie_app.usecases.log_ins import LogIns
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_app.workers.housekeeping import Chore
from halobestie_app.workers.revocations import Revocations
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import MitraShutOut
from halobestie_core.ports.id_tokens import IdentityProvider, IdTokens
from halobestie_core.ports.identity import Audience, OtpSender
from halobestie_core.ports.notify import Topic


def nobody_listens(_login: UUID) -> None:
    """Hear of an ended log-in where no list of them is kept: on the command line."""


async def revocations(pool: AsyncConnectionPool, bus: RedisBus) -> Revocations:
    """Make the list of ended log-ins, and load it: nobody is served before. Raises the store's errors."""
    made = Revocations(PostgresRevocations(pool), LIFETIME, lambda: bus.publish(Topic.REVOCATION))
    await made.refresh()
    bus.subscribe(Topic.REVOCATION, made.look_soon)
    return made


def shuts_out(moved: Moved) -> bool:
    """Say whether a saved decision ended somebody's log-ins."""
    return any(isinstance(later, MitraShutOut) for later in moved.later)


def identity(
    env: Environment,
    pool: AsyncConnectionPool,
    sender: OtpSender | None,
    ended: Callable[[UUID], None] = nobody_listens,
    id_tokens: Mapping[IdentityProvider, IdTokens] = MappingProxyType({}),
) -> Identity:
    """Make the use cases of customers and mitras; without ``sender`` no codes are sent.

    ``ended`` hears of every log-in that ends here; ``id_tokens`` are of the houses whose word is taken.
    """
    keys = KeyRing([secret.reveal().encode() for secret in env.auth_jwt_secret])
    store = PostgresIdentityStore(pool)
    log_ins = LogIns(store, JwtTokens(keys, Audience.PUBLIC), SealedRefreshTokens(keys), uuid7, ended)
    return Identity(
        store,
        log_ins,
        HashedCodes(keys),
        E164Phones(env.otp_country_codes),
        sender,
        uuid7,
        _limits(env),
        id_tokens,
    )


def operators(
    env: Environment,
    pool: AsyncConnectionPool,
    passwords: Argon2Passwords,
    ended: Callable[[UUID], None] = nobody_listens,
) -> OperatorAccounts:
    """Make the use cases of operators' accounts; ``ended`` hears of every log-in that ends here."""
    keys = KeyRing([secret.reveal().encode() for secret in env.auth_jwt_secret_internal])
    store = PostgresIdentityStore(pool)
    log_ins = LogIns(store, JwtTokens(keys, Audience.INTERNAL), SealedRefreshTokens(keys), uuid7, ended)
    return OperatorAccounts(store, log_ins, HashedCodes(keys), passwords, uuid7, _limits(env))


def _limits(env: Environment) -> Limits:
    return limits(production=env.production, daily_cap=env.otp_daily_cap)


def chores(pool: AsyncConnectionPool) -> list[Chore]:
    """Say what of this is to be swept."""
    return [Chore("budgets of identity", PostgresIdentityStore(pool).purge_budgets)]


async def id_tokens(
    env: Environment, stack: AsyncExitStack, metrics: Metrics | None = None
) -> Mapping[IdentityProvider, IdTokens]:
    """Make judges of identity tokens, of the houses for which client ids are set up."""
    houses = (
        (oidc.google(env.google_jwks_url), env.google_client_ids),
        (oidc.apple(env.apple_jwks_url), env.apple_client_ids),
    )
    if not any(ids for _, ids in houses):
        return {}
    client = await stack.enter_async_context(oidc.new_client())
    judges = {
        house.provider: oidc.OidcIdTokens(client, house, frozenset(ids)) for house, ids in houses if ids
    }
    for provider, judge in judges.items():
        _shown(metrics, provider, judge.breaker)
    return judges


async def otp_sender(
    env: Environment, stack: AsyncExitStack, metrics: Metrics | None = None
) -> OtpSender | None:
    """The one that was chosen; None where nobody sends codes."""
    if env.otp_provider is OtpProvider.DEVELOPMENT:
        return PrintedOtp()
    if (
        env.otp_provider is OtpProvider.HTTP
        and env.otp_http_url is not None
        and env.otp_http_token is not None
    ):
        client = await stack.enter_async_context(new_client())
        sender = HttpOtp(client, env.otp_http_url, env.otp_http_token.reveal())
        _shown(metrics, "otp", sender.breaker)
        return sender
    return None


def _shown(metrics: Metrics | None, of: str, breaker: Breaker) -> None:
    if metrics is not None:
        metrics.show_breaker(of, lambda: breaker.is_open)
