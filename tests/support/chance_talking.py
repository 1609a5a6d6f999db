"""Talking by chance: what is said and read, how chats end, and how some are prolonged (*Perpanjang*)."""

from collections.abc import Sequence
from uuid import UUID

from attrs import define

from halobestie_app.usecases import chats, extensions, payments, presence, talking
from halobestie_core.chat import ChatSession, SessionStatus
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.chance import NOBODY, Choice, Kind, pay
from support.chance_searching import MINUTES
from support.lives import CUSTOMERS, MITRAS, OPERATOR, Act, Beats, Life

WORDS = ("Halo, makasih sudah ada.", "Iya, aku dengar.", "Ada apa hari ini?")


@define
class Talking(Choice):
    """While somebody listens."""

    def kinds(self) -> Sequence[Kind]:
        """By who talks."""
        live = [chat for chat in self.tables.chats if chat.is_live]
        closing = any(chat.status is SessionStatus.CLOSING for chat in live)
        return (
            (8, bool(live), self._say),
            (2, bool(live), self._again),
            (2, bool(live), self._read),
            (2, bool(live), self._mark),
            (2, bool(live), self._end),
            (6, closing, self._end),
            (3, closing, self._goodbye),
            (1.5, bool(live), self._be_ended),
        )

    def _side(self, chat: ChatSession | None) -> tuple[User, UUID]:
        """Somebody in a chat, at times somebody who is not."""
        if chat is None:
            return User(UserType.CUSTOMER, CUSTOMERS[0]), NOBODY
        if self.often(0.05):
            return User(UserType.MITRA, self.random.choice(MITRAS)), chat.id
        if self.often(0.5):
            return User(UserType.CUSTOMER, chat.customer_id), chat.id
        return User(UserType.MITRA, chat.mitra_id), chat.id

    def _say(self) -> Act:
        who, chat = self._side(self.talk())
        said, text = UUID(int=self.random.getrandbits(128)), self.random.choice(WORDS)
        return lambda life: talking.say(life.talking, who, chat, said, text)

    def _again(self) -> Act:
        """Say once more what was said, at times in other words under the same id."""
        who, chat = self._side(self.talk())
        before = self.one(self.tables.messages.get(chat, ()))
        said = NOBODY if before is None else before.client_message_id
        text = WORDS[0] if before is None or before.text is None or self.often(0.2) else before.text
        return lambda life: talking.say(life.talking, who, chat, said, text)

    def _read(self) -> Act:
        who, chat = self._side(self.talk())
        after, limit = self.random.choice((0, 0, 1, 5)), self.random.choice((2, 50))
        return lambda life: talking.read(life.talking, who, chat, after, limit)

    def _mark(self) -> Act:
        who, chat = self._side(self.talk())
        seq = self.random.choice((0, 1, 2, 3, 99))
        return lambda life: talking.mark(life.talking, who, chat, seq)

    def _end(self) -> Act:
        chat = self.talk()
        if chat is None:
            return lambda life: chats.end_by_customer(life.desk, CUSTOMERS[0], NOBODY)
        if self.often(0.5):
            return lambda life: chats.end_by_customer(life.desk, chat.customer_id, chat.id)
        return lambda life: chats.end_by_mitra(life.desk, chat.mitra_id, chat.id)

    def _goodbye(self) -> Act:
        """End with last words."""
        chat, text = self.talk(), self.random.choice(WORDS)
        customer, which = (CUSTOMERS[0], NOBODY) if chat is None else (chat.customer_id, chat.id)

        async def leave(life: Life) -> object:
            words = chats.LastWords(life.place.messages, text)
            return await chats.end_by_customer(life.desk, customer, which, words)

        return leave

    def _be_ended(self) -> Act:
        chat = self.talk()
        which = NOBODY if chat is None else chat.id
        return lambda life: chats.end_by_operator(life.desk, OPERATOR, which, "a rule")


@define
class Asking(Choice):
    """When somebody wants to go on."""

    def kinds(self) -> Sequence[Kind]:
        """By how far it has come: a payment for more time, its money, the question, the answer or none."""
        customers = {chat.customer_id for chat in self.tables.chats if chat.is_live}
        usable = [paid for paid in self._more(PaymentStatus.CONFIRMED) if paid.held_by is None]
        pending = self._more(PaymentStatus.PENDING)
        begun = {paid.customer_id for paid in (*usable, *pending)}
        asked = any(one.is_pending for one in self.tables.extensions)
        return (
            (20, bool(customers - begun), self._pay),
            (24, bool(pending), self._confirm),
            (28, any(paid.customer_id in customers for paid in usable), self._ask),
            (10, asked, self._agree),
            (8, asked, self._disagree),
            (26, asked, self._outlast),
            (16, asked, self._connect),
            (2, asked, self._hang_up),
        )

    def _more(self, status: PaymentStatus) -> list[PaymentSession]:
        return [one for one in self.tables.payments if one.is_extension and one.status is status]

    def _pay(self) -> Act:
        chat = self.talk()
        customer = self.random.choice(CUSTOMERS) if chat is None else chat.customer_id
        wanted = payments.NewPayment(self.random.choice(MINUTES), is_extension=True)
        billed = self.often(0.8)
        return lambda life: pay(life, customer, wanted, billed=billed)

    def _confirm(self) -> Act:
        customer, paid = self.payment(self._more(PaymentStatus.PENDING))
        return lambda life: payments.confirm(life.desk, customer, paid)

    def _ask(self) -> Act:
        """Mostly with one's own paid payment, at times with any, or with none."""
        chat = self.talk()
        customer, which = (CUSTOMERS[0], NOBODY) if chat is None else (chat.customer_id, chat.id)
        paid = self._more(PaymentStatus.CONFIRMED)
        mine = self.one(one for one in paid if one.customer_id == customer or self.often(0.05))
        if self.often(0.1):
            mine = self.one(self.tables.payments)
        minutes = self.random.choice((None, None, None, 5))
        wanted = extensions.Wanted(None if mine is None else mine.id, minutes)
        return lambda life: extensions.ask(life.desk, customer, which, wanted)

    def _answerer(self) -> tuple[UUID, UUID]:
        asked = self.asked()
        if asked is None:
            return MITRAS[0], NOBODY
        mitra = self.tables.chats.rows[asked.session_id].mitra_id
        return self.random.choice(MITRAS) if self.often(0.05) else mitra, asked.id

    def _agree(self) -> Act:
        mitra, asked = self._answerer()
        return lambda life: extensions.answer(life.desk, mitra, asked, accepted=True)

    def _disagree(self) -> Act:
        mitra, asked = self._answerer()
        return lambda life: extensions.answer(life.desk, mitra, asked, accepted=False)

    def _outlast(self) -> Act:
        """Say nothing until the window ends, or a moment before."""
        asked = (one.deadline_at for one in self.tables.extensions if one.is_pending)
        return self.until(asked, late=(-0.002, -0.001, 0.0, 0.5, 26.0))

    def _mitra(self) -> set[User]:
        mitra, _ = self._answerer()
        return {User(UserType.MITRA, mitra)}

    def _connect(self) -> Act:
        """Have a socket, and mostly be online too."""
        who, online = self._mitra(), self.often(0.8)

        async def come(life: Life) -> None:
            await life.connections.hold(who)
            for one in who if online else ():
                await presence.switch(life.desk, Beats(life), one.id, online=True)

        return come

    def _hang_up(self) -> Act:
        who = self._mitra()
        return lambda life: life.connections.drop(who)
