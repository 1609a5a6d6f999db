"""Counting what people call, put together. Knows no figure."""

from halobestie_adapters.budgets import LocalBudgets
from halobestie_adapters.redis.budgets import RedisBudgets
from halobestie_adapters.redis.connection import RedisLink
from halobestie_app.environment import Environment
from halobestie_app.http.budgets import Rates


def counting(env: Environment, link: RedisLink) -> Rates:
    """Make what counts the calls of this instance's listeners."""
    here = LocalBudgets()
    return Rates(RedisBudgets(link, here), here, env.trusted_proxies)
