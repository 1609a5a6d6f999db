"""How phones are remembered that had the first-session discount, put together. Decides nothing."""

from typing import Final

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.crypto.wrapping import AesKeyWrap
from halobestie_adapters.phone_hashes import PhoneHashes
from halobestie_adapters.postgres.deployment_keys import kept_key
from halobestie_app import log
from halobestie_app.environment import BadVariable, Environment

PHONES: Final = "discount_phone"
"""The name of the key, for ever."""

_log = log.get(__name__)


def key_wrap(env: Environment) -> AesKeyWrap:
    """Make what wraps the keys that a database keeps. Raises `BadVariable`."""
    try:
        return AesKeyWrap([secret.reveal().encode() for secret in env.chat_encryption_keys])
    except ValueError as wrong:
        raise BadVariable("CHAT_ENCRYPTION_KEYS", str(wrong)) from None


async def phone_hashes(env: Environment, pool: AsyncConnectionPool) -> PhoneHashes:
    """Make the hashes of phones, with the key that this database keeps for them."""
    key = await kept_key(pool, key_wrap(env), PHONES)
    if key is None:
        # Nobody can tell then who had the discount, so nobody with a phone gets it.
        _log.error("the key of discounts by phone cannot be opened", variable="CHAT_ENCRYPTION_KEYS")
    return PhoneHashes(key)
