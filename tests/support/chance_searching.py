"""Paying and searching by chance: what customers and mitras do until they talk."""

from collections.abc import Sequence
from uuid import UUID

from attrs import define

from halobestie_app.usecases import pairings, payments
from halobestie_core.payment import PaymentStatus
from halobestie_core.words import TopicSensitivity
from support.chance import Choice, Kind, pay
from support.lives import CUSTOMERS, MITRAS, Act

MINUTES = (5, 12, 60)


@define
class Searching(Choice):
    """Until somebody listens."""

    def kinds(self) -> Sequence[Kind]:
        """By what waits for whom."""
        tables = self.tables
        searching = any(request.is_open for request in tables.requests)
        open_ones = [paid for paid in tables.payments if paid.is_open and not paid.is_extension]
        pending = any(paid.status is PaymentStatus.PENDING for paid in open_ones)
        unused = [p for p in open_ones if p.status is PaymentStatus.CONFIRMED and p.held_by is None]
        talking = {chat.customer_id for chat in tables.chats if chat.is_live}
        free = len(CUSTOMERS) > len({*talking, *(paid.customer_id for paid in open_ones)})
        return (
            (10 if free else 2, True, self._pay),
            (12, pending, self._confirm),
            (12, bool(unused), self._search),
            (14, any(paid.targeted_mitra_id for paid in unused), self._search_again),
            (2, searching, self._give_up),
            (1, pending, self._go_back),
            (8, any(paid.fallback_open for paid in tables.payments), self._fall_back),
            (14, searching, self._accept),
            (9, searching, self._decline),
            (6, any(one.is_open and one.targeted_mitra_id for one in tables.requests), self._outlast),
        )

    def _payment(self) -> tuple[UUID, UUID]:
        """Mostly an open payment with its customer; at times an old one, or somebody else's."""
        paid = list(self.tables.payments)
        return super().payment([one for one in paid if one.is_open] if self.often(0.8) else paid)

    def _pay(self) -> Act:
        customer, target = self.random.choice(CUSTOMERS), None
        if self.often(0.4):
            target = self.random.choice(MITRAS)
        wanted = payments.NewPayment(self.random.choice(MINUTES), targeted_mitra_id=target)
        billed = self.often(0.8)
        return lambda life: pay(life, customer, wanted, billed=billed)

    def _confirm(self) -> Act:
        customer, paid = self._payment()
        return lambda life: payments.confirm(life.desk, customer, paid)

    def _go_back(self) -> Act:
        customer, paid = self._payment()
        return lambda life: payments.cancel(life.desk, customer, paid)

    def _search(self) -> Act:
        customer, paid = self._payment()
        return lambda life: pairings.open_general(life.desk, customer, paid, TopicSensitivity.NORMAL)

    def _search_again(self) -> Act:
        mine = [paid for paid in self.tables.payments if paid.is_open and paid.targeted_mitra_id]
        customer, paid = self.payment(mine) if self.often(0.8) else self._payment()
        payment = self.tables.payments.get(paid)
        target = None if payment is None else payment.targeted_mitra_id
        mitra = target or MITRAS[0]
        topic = TopicSensitivity.SENSITIVE
        return lambda life: pairings.open_returning(life.desk, customer, paid, mitra, topic)

    def _give_up(self) -> Act:
        customer, paid = self._payment()
        return lambda life: pairings.cancel_search(life.desk, customer, paid)

    def _fall_back(self) -> Act:
        failed = [one for one in self.tables.payments if one.fallback_open]
        customer, paid = self.payment(failed) if failed and self.often(0.5) else self._payment()
        return lambda life: pairings.fall_back(life.desk, customer, paid)

    def _offer(self) -> tuple[UUID, UUID]:
        """Mostly an open request and somebody who was shown it; at times anything."""
        found = self.one(one for one in self.tables.requests if one.is_open or self.often(0.02))
        if found is None:
            return MITRAS[0], UUID(int=2)
        shown = sorted({mitra for wave in found.waves for mitra in wave.mitra_ids})
        return self.random.choice(shown if shown and self.often(0.8) else MITRAS), found.id

    def _outlast(self) -> Act:
        """Have the one who was asked say nothing until the window ends, or a moment before."""
        alone = (one for one in self.tables.requests if one.is_open and one.targeted_mitra_id)
        return self.until((one.deadline_at for one in alone), late=(-0.002, -0.001, 0.0, 0.5))

    def _accept(self) -> Act:
        mitra, request = self._offer()
        return lambda life: pairings.accept(life.desk, mitra, request)

    def _decline(self) -> Act:
        mitra, request = self._offer()
        return lambda life: pairings.decline(life.desk, mitra, request)
