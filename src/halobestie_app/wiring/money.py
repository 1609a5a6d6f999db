"""Who takes the money, put together from the environment. Raises `BadVariable`."""

from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from functools import partial

from attrs import frozen
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.inbox import PostgresInbox
from halobestie_adapters.postgres.invoices import PostgresInvoiceBook
from halobestie_adapters.postgres.reads import PostgresReads
from halobestie_adapters.postgres.unit import PostgresStore
from halobestie_adapters.xendit import notices
from halobestie_adapters.xendit.gateway import XenditGateway
from halobestie_adapters.xendit.invoices import Returns, XenditInvoices
from halobestie_adapters.xendit.invoices import new_client as xendit_client
from halobestie_app.environment import BadVariable, Environment, Role
from halobestie_app.environment import Gateway as Chosen
from halobestie_app.http.returning import FAILURE, SUCCESS, page_url
from halobestie_app.metrics import Metrics
from halobestie_app.server import Background
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.setting_aside import Aside
from halobestie_app.usecases.settings import LiveSettings
from halobestie_app.usecases.till import RHYTHM, Rhythm, Till
from halobestie_app.usecases.webhooks import Door, Reason, digests
from halobestie_app.workers.inbox import InboxWorker
from halobestie_app.workers.invoices import InvoiceErrands
from halobestie_app.workers.reconciler import Reconciler
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.gateway import Gateway, Invoices
from halobestie_core.ports.inbox import Inbox
from halobestie_core.ports.presence import User
from halobestie_core.ports.webhooks import Why


async def gateway(env: Environment, stack: AsyncExitStack) -> tuple[Gateway, Invoices | None]:
    """Return the gateway, and its invoices if it has any; its client is closed with the stack."""
    if env.payment_gateway is not Chosen.XENDIT:
        return DevelopmentGateway(), None
    if env.xendit_secret_key is None:
        raise BadVariable("XENDIT_SECRET_KEY", "is needed by the chosen provider")
    back = Returns(partial(page_url, env.public_url, SUCCESS), partial(page_url, env.public_url, FAILURE))
    client = await stack.enter_async_context(xendit_client())
    key = env.xendit_secret_key.reveal()
    return XenditGateway(), XenditInvoices(client, env.xendit_base_url, key, back)


def till(
    invoices: Invoices | None, pool: AsyncConnectionPool, metrics: Metrics, rhythm: Rhythm = RHYTHM
) -> Till | None:
    """Return what payments on invoices need, where there are any; ``rhythm``: how often one is asked for."""
    if invoices is None:
        return None
    if isinstance(invoices, XenditInvoices):
        metrics.show_breaker("xendit", lambda: invoices.breaker.is_open)
    aside = Aside(PostgresInbox(pool), uuid7, metrics.quarantined)
    return Till(invoices, PostgresInvoiceBook(pool), rhythm, metrics.gateway, aside=aside)


def _nothing(_moved: Moved) -> None:
    """Where no gateway waits to be asked."""


@frozen
class Counter:
    """Money that arrives: where webhooks are kept and come in, and what works on them.

    ``saved`` hears of every commit. Without invoices nothing comes in; what was kept can still be read.
    """

    inbox: Inbox
    door: Door | None = None
    applying: tuple[Background, ...] = ()
    working: tuple[Background, ...] = ()
    saved: Callable[[Moved], None] = _nothing

    def loops(self, roles: frozenset[Role]) -> tuple[Background, ...]:
        """Return what runs beside the listeners: who takes a webhook in applies it, and any worker does."""
        applies = roles & {Role.PUBLIC, Role.WORKER}
        return (*(self.applying if applies else ()), *(self.working if Role.WORKER in roles else ()))


def counter(env: Environment, pool: AsyncConnectionPool, desk: Desk, metrics: Metrics) -> Counter:
    """Put together what takes in money by itself."""
    metrics.expect_quarantine([*map(str, Reason), *map(str, Why)])
    inbox = PostgresInbox(pool)
    if desk.till is None:
        return Counter(inbox)
    worker = InboxWorker(desk, desk.till, inbox, notices.read, metrics.quarantined)
    errands = InvoiceErrands(desk, desk.till)
    reconciler = Reconciler(desk, desk.till, metrics.looked)
    tokens = digests(tuple(token.reveal() for token in env.xendit_callback_token))
    door = Door(inbox, notices.read, tokens, uuid7, worker.nudge, metrics.webhook)
    return Counter(inbox, door, (worker.run,), (errands.run, reconciler.run), errands.saved)


class _NobodyKnows:
    """Who has a socket, where no command needs to know."""

    async def hold(self, users: Collection[User]) -> None:
        """Nobody has any here."""

    async def drop(self, users: Collection[User]) -> None:
        """Nobody had."""

    async def is_connected(self, user: User) -> bool | None:
        """Not known."""
        return None

    async def which_connected(self, users: Collection[User]) -> frozenset[User] | None:
        """Not known."""
        return None


def _till_alone(invoices: Invoices, pool: AsyncConnectionPool) -> Till:
    return Till(invoices, PostgresInvoiceBook(pool), aside=Aside(PostgresInbox(pool), uuid7))


async def desk_alone(env: Environment, pool: AsyncConnectionPool, stack: AsyncExitStack) -> Desk:
    """Make a desk for a command about money: servers hear of what it saves by looking, not by nudges."""

    async def nobody() -> None:
        """No server is told to look."""

    settings = LiveSettings(PostgresConfigStore(pool), env.mitra_heartbeat_cadence_seconds, nobody)
    await settings.refresh()
    takes_money, invoices = await gateway(env, stack)
    return Desk(
        store=PostgresStore(pool),
        reads=PostgresReads(pool),
        gateway=takes_money,
        connections=_NobodyKnows(),
        settings=settings,
        cadence=env.mitra_heartbeat_cadence_seconds,
        new_id=uuid7,
        saved=_nothing,
        till=None if invoices is None else _till_alone(invoices, pool),
    )
