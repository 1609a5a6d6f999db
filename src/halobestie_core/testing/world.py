"""The world: one customer, some mitras and a gateway, living through `decide` alone. Every verb is one wish.

The verbs gather the facts as a server would (who is eligible, who is reachable, what is recorded) and put
the wish; they return its verdict. Nothing here judges: refused wishes are part of life.
"""

from typing import Any, Final
from uuid import UUID

from attrs import define, evolve, field

from halobestie_core import chat, extension, pairing, payment, presence
from halobestie_core.flow import effects, pricing, wishes
from halobestie_core.flow.availability import House, Listener, eligible, wave
from halobestie_core.flow.decide import Verdict
from halobestie_core.flow.evening import Evening
from halobestie_core.testing.memory import Memory
from halobestie_core.words import CURRENCY, Mode, OperatorAction, Party, Provider, RequestKind

CUSTOMER: Final = UUID(int=0xC0)
CADENCE_SECONDS: Final = 30
TIERS: Final = tuple(
    pricing.Tier(UUID(int=0xA0 + n), Mode.CHAT, minutes, price, n, source_id=UUID(int=0xB0 + n))
    for n, (minutes, price) in enumerate(((5, 10_000), (12, 20_000), (60, 75_000)))
)
PROMOTION: Final = pricing.Promotion(
    Mode.CHAT, 12, 0, "Gratis", requires_phone=False, is_active=True, source_id=UUID(int=0xBF)
)
CHEAPER: Final = evolve(PROMOTION, price=4_000, label="Hemat")
"""A promotion that still costs something, so that its money can come late."""


@define
class World(Memory):
    """One customer's life among ``mitras``; ``busy`` counts their chats with other customers."""

    busy: dict[UUID, int] = field(factory=dict)
    sockets: set[UUID] = field(factory=set)
    promotion: pricing.Promotion | None = PROMOTION
    provider: Provider = Provider.DEVELOPMENT

    @classmethod
    def of(cls, mitras: int, **settings: Any) -> "World":  # noqa: ANN401 - any of the settings
        """Return a world with this many mitras, all online with a socket, and these settings."""
        world = cls()
        world.settings = evolve(world.settings, **settings)
        for _ in range(mitras):
            mitra_id = world.new_id()
            world.mitras[mitra_id] = presence.MitraPresence(mitra_id)
            world.go_online(mitra_id)
        return world

    # -- mitras ----------------------------------------------------------------------------------------------

    @property
    def house(self) -> House:
        """The rules of eligibility in force."""
        return House.of(self.settings, CADENCE_SECONDS)

    def load(self, mitra_id: UUID) -> int:
        """Return how many live chats a mitra has."""
        return self.books.live_chats.get(mitra_id, 0) + self.busy.get(mitra_id, 0)

    def is_here(self, mitra_id: UUID) -> bool:
        """Return whether a mitra is online, fresh and not blocked."""
        return self.house.is_here(self.mitras[mitra_id], self.now)

    def eligible(self) -> tuple[UUID, ...]:
        """Return who may be offered a request now, least busy first."""
        every = (Listener(item, self.load(item.id)) for item in self.mitras.values())
        return eligible(every, self.house, self.now)

    def of_mitra(self, mitra_id: UUID, command: object) -> Verdict:
        """Put a presence command."""
        return self.wish(command, self.evening(mitra_id=mitra_id))

    def go_online(self, mitra_id: UUID) -> Verdict:
        """Switch on, with a socket."""
        self.sockets.add(mitra_id)
        return self.of_mitra(mitra_id, presence.GoOnline())

    def heartbeat(self, mitra_id: UUID) -> Verdict:
        """Be heard of."""
        return self.of_mitra(mitra_id, presence.Heartbeat(self.now))

    def sweep(self, mitra_id: UUID) -> Verdict:
        """Look at the last heartbeat."""
        house = self.house
        return self.of_mitra(mitra_id, presence.Stale(house.require_ping, house.stale_after_seconds))

    # -- money -----------------------------------------------------------------------------------------------

    @property
    def buyer(self) -> pricing.Buyer:
        """What pricing must know; a payment that a new one replaces reserves nothing any more."""
        paid = [item for item in self.payments.values() if item.status is payment.PaymentStatus.CONSUMED]
        return pricing.Buyer(had_session=any(not item.is_extension for item in paid), phone_verified=True)

    def create(
        self, minutes: int = 12, *, target: UUID | None = None, for_extension: bool = False
    ) -> Verdict:
        """Begin a payment for this block of minutes, at this customer's price."""
        price = pricing.quote(
            TIERS, self.promotion, self.buyer, mode=Mode.CHAT, minutes=minutes, is_extension=for_extension
        )
        return self.wish(
            payment.Create(
                id=self.new_id(),
                customer_id=CUSTOMER,
                amount=price.price,
                mode=Mode.CHAT,
                duration_minutes=minutes,
                is_extension=for_extension,
                is_first_session_discount=price.is_first_session_discount,
                timeout_minutes=self.settings.payment_session_timeout_minutes,
                price_source_id=price.price_source_id,
                targeted_mitra_id=target,
                provider=self.provider if price.price else Provider.NONE,
            )
        )

    def pay(
        self,
        payment_id: UUID | None = None,
        *,
        invoice_id: str | None = None,
        amount: int | None = None,
        currency: str = CURRENCY,
        matches: bool = True,
    ) -> Verdict:
        """The gateway takes money for a payment; by default what it costs, with its one invoice."""
        paid = self._paid(payment_id)
        invoice = f"invoice of {paid.id}" if invoice_id is None else invoice_id
        taken = effects.Capture(
            provider=self.provider,
            invoice_id=invoice,
            payment_session_id=paid.id,
            amount=paid.amount if amount is None else amount,
            currency=currency,
            paid_at=self.now,
        )
        before = self.books.captures
        first = not any(
            (known.payment_session_id, known.amount, known.currency) == (paid.id, paid.amount, CURRENCY)
            for known in before
        )
        return self.wish(
            wishes.RecordCapture(
                taken,
                first=first,
                matches=matches and paid.amount > 0,
                timeout_minutes=self.settings.payment_session_timeout_minutes,
                known=any(known.invoice_id == invoice for known in before),
            ),
            self.evening(payment_id=paid.id),
        )

    def pay_nobody(
        self, invoice_id: str = "nobody's invoice", amount: int = 10_000, currency: str = CURRENCY
    ) -> Verdict:
        """The gateway takes money that is for none of our payments."""
        taken = effects.Capture(self.provider, invoice_id, None, amount, currency, self.now)
        known = any(known.invoice_id == invoice_id for known in self.books.captures)
        minutes = self.settings.payment_session_timeout_minutes
        wish = wishes.RecordCapture(taken, first=True, matches=False, timeout_minutes=minutes, known=known)
        return self.wish(wish, Evening())

    def confirm(self, payment_id: UUID | None = None) -> Verdict:
        """The customer confirms; only what is free or already paid will be."""
        minutes = self.settings.payment_session_timeout_minutes
        return self._of_payment(payment_id, payment.Confirm(captured=False, timeout_minutes=minutes))

    def abandon(self, payment_id: UUID | None = None) -> Verdict:
        """The customer goes back before paying."""
        return self._of_payment(payment_id, payment.Abandon())

    def cancel(self, payment_id: UUID | None = None) -> Verdict:
        """The customer gives up what is paid, searching or not."""
        return self._of_payment(payment_id, wishes.CancelSearch())

    def act(
        self,
        action: OperatorAction = OperatorAction.REFUNDED,
        payment_id: UUID | None = None,
        failure_id: UUID | None = None,
    ) -> Verdict:
        """An operator deals with a failed payment, or with one failure row, whosoever it is."""
        payment_id = None if failure_id is not None else self._paid(payment_id).id
        evening = self.evening(payment_id=payment_id, failure_id=failure_id)
        return self.wish(wishes.ActOnFailure(action, "a note"), evening)

    def _paid(self, payment_id: UUID | None) -> payment.PaymentSession:
        paid = self.payment if payment_id is None else self.payments[payment_id]
        if paid is None:
            raise LookupError("there is no payment yet; create one first")
        return paid

    def _of_payment(self, payment_id: UUID | None, wish: object) -> Verdict:
        return self.wish(wish, self.evening(payment_id=self._paid(payment_id).id))

    # -- pairing ---------------------------------------------------------------------------------------------

    def search(self, payment_id: UUID | None = None) -> Verdict:
        """Open a general request."""
        size = self.settings.pairing_wave_size
        return self._of_payment(
            payment_id,
            wishes.OpenPairing(
                id=self.new_id(),
                timeout_seconds=self.settings.pairing_blast_timeout_seconds,
                mitra_ids=wave(self.eligible(), size),
                wave_size=size,
            ),
        )

    def search_again(self, payment_id: UUID | None = None, target: UUID | None = None) -> Verdict:
        """Ask the payment's target (*Curhat lagi*), or whoever is said to be."""
        asked = self._paid(payment_id).targeted_mitra_id if target is None else target
        gone = asked not in self.mitras or not self.is_here(asked)
        full = asked in self.mitras and self.load(asked) >= self.house.cap
        return self._of_payment(
            payment_id,
            wishes.OpenPairing(
                id=self.new_id(),
                timeout_seconds=self.settings.returning_chat_confirmation_timeout_seconds,
                kind=RequestKind.RETURNING,
                targeted_mitra_id=asked,
                target_gone=gone,
                target_full=full,
                target_detail="at_capacity" if full and not gone else None,
            ),
        )

    def fall_back(self, payment_id: UUID | None = None) -> Verdict:
        """Use the failed money once more, for a blast."""
        size = self.settings.pairing_wave_size
        return self._of_payment(
            payment_id,
            wishes.FallBackToBlast(
                id=self.new_id(),
                timeout_seconds=self.settings.pairing_blast_timeout_seconds,
                mitra_ids=wave(self.eligible(), size),
                wave_size=size,
            ),
        )

    def accept(self, mitra_id: UUID, request_id: UUID | None = None) -> Verdict:
        """A mitra takes the request."""
        return self.of_request(
            pairing.Accept(
                mitra_id, self.new_id(), self.is_here(mitra_id), self.load(mitra_id), self.house.cap
            ),
            request_id,
        )

    def decline(self, mitra_id: UUID, request_id: UUID | None = None) -> Verdict:
        """A mitra says no."""
        asked = self.requests.get(request_id) if request_id else self.request
        unoffered = asked is not None and bool(asked.offerable(frozenset(self.eligible())) - {mitra_id})
        return self.of_request(pairing.Decline(mitra_id, unoffered), request_id)

    def next_wave(self, request_id: UUID) -> frozenset[UUID]:
        """Return who would be shown a request next, if it goes out in waves."""
        asked = self.requests[request_id]
        unoffered = asked.offerable(frozenset(self.eligible()))
        return wave((one for one in self.eligible() if one in unoffered), asked.wave_size)

    def offer(self, *mitra_ids: UUID) -> Verdict:
        """Show the open request to those of these mitras who are eligible now and may (again) be shown it.

        A store looks for these alone, so that a logged offer names whom its wave does.
        """
        able = frozenset(mitra_ids) & frozenset(self.eligible())
        shown = able if self.request is None else self.request.offerable(able)
        return self.of_request(pairing.Offer(shown))

    def withdraw(self, mitra_id: UUID) -> Verdict:
        """Take an offer back, if the mitra is gone indeed."""
        return self.of_request(pairing.Withdraw(mitra_id, gone=not self.is_here(mitra_id)))

    def target_unavailable(self, mitra_id: UUID, detail: str | None = None) -> Verdict:
        """The target of a returning request went away, if so indeed."""
        gone = not self.is_here(mitra_id)
        return self.of_request(
            pairing.TargetUnavailable(gone, at_capacity=False, at_start=False, detail=detail)
        )

    def of_request(self, command: object, request_id: UUID | None = None) -> Verdict:
        """Put a pairing command to a request; by default the open one."""
        asked = self.request if request_id is None else self.requests[request_id]
        if asked is None:
            raise LookupError("there is no request yet; search first")
        return self.wish(command, self.evening(request_id=asked.id))

    # -- chats and extensions --------------------------------------------------------------------------------

    def ask_extension(self, payment_id: UUID | None = None) -> Verdict:
        """Ask to go on, with an extension payment."""
        paid = self.extension_payment if payment_id is None else self.payments[payment_id]
        wish = wishes.AskExtension(self.new_id(), self.settings.extension_timeout_seconds)
        return self.wish(wish, self.evening(extension_payment_id=None if paid is None else paid.id))

    def answer(self, *, accepted: bool, extension_id: UUID | None = None) -> Verdict:
        """The mitra answers an extension."""
        command = extension.Accept if accepted else extension.Reject
        return self.of_extension(command, extension_id)

    def of_extension(self, command: type[extension.Silence], extension_id: UUID | None = None) -> Verdict:
        """Put a command to an extension, with whether its mitra can be reached now."""
        asked = self.extension if extension_id is None else self.extensions[extension_id]
        if asked is None:
            raise LookupError("there is no extension yet; ask for one first")
        mitra_id = self.chats[asked.session_id].mitra_id
        facts = command(
            policy=self.settings.extension_default_action_on_timeout,
            ws_connected=mitra_id in self.sockets,
            online=self.is_here(mitra_id),
            grace_seconds=self.settings.closure_grace_seconds,
        )
        return self.wish(facts, self.evening(extension_id=asked.id))

    def end(self, by: Party = Party.CUSTOMER) -> Verdict:
        """Somebody ends the chat."""
        return self.wish(chat.End(by, "a reason" if by is Party.OPERATOR else None))
