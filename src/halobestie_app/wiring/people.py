"""Identity, put together: tokens, codes, passwords, log-ins. Knows no business beyond who somebody is."""

from contextlib import AsyncExitStack

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.identity.codes import HashedCodes
from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.identity.otp import HttpOtp, PrintedOtp, new_client
from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_adapters.identity.phones import E164Phones
from halobestie_adapters.identity.refresh import SealedRefreshTokens
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.identity import PostgresIdentityStore
from halobestie_app.environment import Environment, OtpProvider
from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.log_ins import LogIns
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_core.ports.identity import Audience, OtpSender


def identity(env: Environment, pool: AsyncConnectionPool, sender: OtpSender | None) -> Identity:
    """Make the use cases of customers and mitras; without ``sender`` no codes are sent."""
    keys = KeyRing([secret.reveal().encode() for secret in env.auth_jwt_secret])
    store = PostgresIdentityStore(pool)
    log_ins = LogIns(store, JwtTokens(keys, Audience.PUBLIC), SealedRefreshTokens(keys), uuid7)
    return Identity(store, log_ins, HashedCodes(keys), E164Phones(), sender, uuid7)


def operators(env: Environment, pool: AsyncConnectionPool, passwords: Argon2Passwords) -> OperatorAccounts:
    """Make the use cases of operators' accounts."""
    keys = KeyRing([secret.reveal().encode() for secret in env.auth_jwt_secret_internal])
    store = PostgresIdentityStore(pool)
    log_ins = LogIns(store, JwtTokens(keys, Audience.INTERNAL), SealedRefreshTokens(keys), uuid7)
    return OperatorAccounts(store, log_ins, HashedCodes(keys), passwords, uuid7)


async def otp_sender(env: Environment, stack: AsyncExitStack) -> OtpSender | None:
    """The one that was chosen; None where nobody sends codes."""
    if env.otp_provider is OtpProvider.DEVELOPMENT:
        return PrintedOtp()
    if (
        env.otp_provider is OtpProvider.HTTP
        and env.otp_http_url is not None
        and env.otp_http_token is not None
    ):
        client = await stack.enter_async_context(new_client())
        return HttpOtp(client, env.otp_http_url, env.otp_http_token.reveal())
    return None
