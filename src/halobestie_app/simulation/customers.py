"""Customers: they pay, search, talk, ask for more, give up, and at times do what makes no sense."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import define

from halobestie_app.simulation.habits import Act, live, pick
from halobestie_app.simulation.town import Town
from halobestie_app.simulation.weather import likely
from halobestie_app.usecases import chats, extensions, pairings, payments
from halobestie_app.usecases.billing import bill
from halobestie_app.usecases.extensions import Wanted
from halobestie_app.usecases.payments import NewPayment
from halobestie_core.chat import ChatSession
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.reads import PaymentSeen
from halobestie_core.words import TopicSensitivity

PAUSE = 0.8
NOBODY = UUID(int=1)


@define
class Customer:
    """One of them. ``leaves``: how soon they give up or end what goes on."""

    town: Town
    id: UUID
    leaves: float = 1.0

    async def live(self) -> None:
        """Until the town closes."""
        await live(self.town, PAUSE, self.choose, self._wakes)

    def _wakes(self) -> Sequence[datetime]:
        tables = self.town.tables
        mine = (*tables.payments, *tables.requests, *tables.chats)
        return [one.wake_at for one in mine if one.customer_id == self.id and one.wake_at is not None]

    # -- what to do next -------------------------------------------------------------------------------------

    def choose(self) -> Act | None:
        """Choose by what there is; now and then anything."""
        paid, talk = self._open(), self._talk()
        free = paid is None and talk is None
        pending = paid is not None and paid.status is PaymentStatus.PENDING
        unused = paid is not None and paid.status is PaymentStatus.CONFIRMED and paid.held_by is None
        searching = paid is not None and paid.held_by is not None
        failed = paid is not None and paid.fallback_open
        silly = 0.2
        return pick(
            self.town.chance,
            (
                (9 if free else 2 if failed else silly, self._begin),
                (9 if pending else silly, self._pay),
                (2 if pending else silly, self._look),
                (1 if pending else silly, self._go_back),
                (9 if unused else silly, self._search),
                (7 if unused and paid and paid.targeted_mitra_id else silly, self._ask_again),
                (self.leaves if unused or searching else silly, self._give_up),
                (5 if failed else silly, self._fall_back),
                (self.leaves if talk else silly, self._end),
                (10 if talk else silly, self._prolong),
                (1.5 if talk else silly, self._begin_more),
            ),
        )

    def _open(self) -> PaymentSession | None:
        return self.town.tables.payments.holder("payment_sessions_one_open_per_customer", self.id)

    def _talk(self) -> ChatSession | None:
        return self.town.tables.chats.holder("chat_sessions_one_live_per_customer", self.id)

    def _payment(self) -> UUID:
        """Mostly the open one, at times an old one or somebody else's."""
        chance, tables = self.town.chance, self.town.tables
        found = self._open()
        if found is not None and likely(chance, 0.95):
            return found.id
        mine = [one for one in tables.payments if one.customer_id == self.id or likely(chance, 0.05)]
        return chance.choice(mine).id if mine else NOBODY

    # -- paying ----------------------------------------------------------------------------------------------

    async def _begin(self, *, is_extension: bool = False) -> PaymentSession | None:
        town, chance = self.town, self.town.chance
        minutes = chance.choice([tier.minutes for tier in town.tables.tiers if tier.is_active])
        target = chance.choice(town.mitras) if not is_extension and likely(chance, 0.4) else None
        if likely(chance, 0.02):
            minutes, target = minutes + 1, chance.choice((target, NOBODY))
        wanted = NewPayment(minutes, targeted_mitra_id=target, is_extension=is_extension)
        seen = await town.ask(lambda here, key: payments.create(here.desk, self.id, wanted, key), keyed=True)
        if not isinstance(seen, PaymentSeen):
            return None
        if town.outside.invoices is not None and likely(chance, 0.9):
            await town.ask(lambda here, _key: bill(here.desk, seen))
        return seen.payment

    async def _pay(self, payment_id: UUID | None = None) -> None:
        town, chance = self.town, self.town.chance
        which = self._payment() if payment_id is None else payment_id
        if town.outside.invoices is not None:
            self._on_the_page(which)
        if town.outside.invoices is None or likely(chance, 0.6):
            await town.ask(lambda here, _key: payments.confirm(here.desk, self.id, which))

    def _on_the_page(self, payment_id: UUID) -> None:
        """Pay an invoice (any that there is of this payment), the right sum nearly always."""
        town, chance = self.town, self.town.chance
        gateway = town.outside.invoices
        if gateway is None:
            return
        for invoice in gateway.invoices:
            if invoice.external_id == str(payment_id) and likely(chance, 0.9):
                amount = invoice.amount + 1 if likely(chance, 0.03) else None
                gateway.pay(invoice.id, amount=amount, after_all=likely(chance, 0.6))

    async def _look(self) -> None:
        which = self._payment()
        await self.town.ask(lambda here, _key: payments.read(here.desk, self.id, which))

    async def _go_back(self) -> None:
        which = self._payment()
        await self.town.ask(lambda here, _key: payments.cancel(here.desk, self.id, which))

    # -- searching -------------------------------------------------------------------------------------------

    async def _search(self) -> None:
        which, topic = self._payment(), self.town.chance.choice(tuple(TopicSensitivity))
        await self.town.ask(
            lambda here, key: pairings.open_general(here.desk, self.id, which, topic, key), keyed=True
        )

    async def _ask_again(self) -> None:
        which, chance = self._payment(), self.town.chance
        paid = self.town.tables.payments.get(which)
        target = None if paid is None else paid.targeted_mitra_id
        if target is None or likely(chance, 0.03):
            target = chance.choice(self.town.mitras)
        topic = TopicSensitivity.NORMAL
        await self.town.ask(
            lambda here, key: pairings.open_returning(here.desk, self.id, which, target, topic, key),
            keyed=True,
        )

    async def _give_up(self) -> None:
        which = self._payment()
        await self.town.ask(lambda here, _key: pairings.cancel_search(here.desk, self.id, which))

    async def _fall_back(self) -> None:
        which = self._payment()
        await self.town.ask(lambda here, key: pairings.fall_back(here.desk, self.id, which, key), keyed=True)

    # -- talking ---------------------------------------------------------------------------------------------

    def _session(self) -> UUID:
        chance, found = self.town.chance, self._talk()
        if found is not None and likely(chance, 0.97):
            return found.id
        some = list(self.town.tables.chats)
        return chance.choice(some).id if some else NOBODY

    async def _end(self) -> None:
        which = self._session()
        await self.town.ask(lambda here, _key: chats.end_by_customer(here.desk, self.id, which))

    async def _begin_more(self) -> None:
        paid = await self._begin(is_extension=True)
        if paid is not None and likely(self.town.chance, 0.7):
            await self._pay(paid.id)

    async def _prolong(self) -> None:
        """Ask for more with a payment for that, making one if there is none."""
        chance = self.town.chance
        mine = [
            one
            for one in self.town.tables.payments
            if one.customer_id == self.id and one.is_extension and one.status is PaymentStatus.CONFIRMED
        ]
        if not mine and likely(chance, 0.9):
            await self._begin_more()
            return
        which = chance.choice(mine).id if mine and likely(chance, 0.95) else self._payment()
        session, wanted = self._session(), Wanted(which)
        await self.town.ask(lambda here, key: extensions.ask(here.desk, self.id, session, wanted, key))


__all__ = ["Customer"]
