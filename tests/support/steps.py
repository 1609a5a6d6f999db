"""Single steps of an evening at any place, for the tests of contracts. Knows no test."""

from collections.abc import Callable
from uuid import UUID

from halobestie_core import pairing, payment
from halobestie_core.flow import OpenPairing, RecordCapture, decide, pricing
from halobestie_core.flow.availability import House
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import Capture
from halobestie_core.ports.store import Actor, Loaded, Look, Scope
from halobestie_core.words import ActorType, Mode, Provider
from support.places import Place

AYU, BIMA = UUID(int=0xC1), UUID(int=0xC2)
SARI, TINI = UUID(int=0xA1), UUID(int=0xA2)
PAYMENT, REQUEST, CHAT = UUID(int=0xD1), UUID(int=0xD2), UUID(int=0xD3)
NOBODY = UUID(int=0xFF)
HOUSE = House(cap=2, stale_after_seconds=45, require_ping=True)
OF_AYU = Actor(ActorType.CUSTOMER, AYU)

Wish = Callable[[Loaded], object]


async def do(
    place: Place, scope: Scope, wish: Wish, actor: Actor = OF_AYU, *, done: int | None = None
) -> Moved:
    """Perform one command that moves."""
    async with place.store.unit(scope) as unit:
        verdict = decide(unit.loaded.evening, wish(unit.loaded), unit.loaded.now)
        assert isinstance(verdict, Moved), verdict
        await unit.save(verdict, actor, done=done)
    return verdict


async def look(place: Place, scope: Scope) -> Loaded:
    """Load, and save nothing."""
    async with place.store.unit(scope) as unit:
        return unit.loaded


def create(loaded: Loaded, payment_id: UUID = PAYMENT, customer_id: UUID = AYU) -> payment.Create:
    """A payment of five minutes, at its price."""
    quote = pricing.quote(loaded.tiers, loaded.promotion, loaded.buyer, mode=Mode.CHAT, minutes=5)
    return payment.Create(
        payment_id,
        customer_id,
        quote.price,
        Mode.CHAT,
        5,
        is_extension=False,
        is_first_session_discount=quote.is_first_session_discount,
        timeout_minutes=20,
        price_source_id=quote.price_source_id,
        provider=Provider.DEVELOPMENT if quote.price else Provider.NONE,
    )


def captured(loaded: Loaded, invoice: str = "invoice") -> RecordCapture:
    """The whole amount arrives."""
    paid = loaded.evening.payment
    assert paid is not None
    money = Capture(Provider.DEVELOPMENT, invoice, paid.id, paid.amount, "IDR", loaded.now)
    return RecordCapture(money, first=not loaded.captured, matches=True, timeout_minutes=20)


async def pay(place: Place) -> None:
    """Ayu has a confirmed payment."""
    await do(place, Scope(customer_id=AYU, prices=True), create)
    await do(place, Scope(customer_id=AYU, payment_id=PAYMENT), captured)


async def search(place: Place) -> None:
    """Ayu searches with it."""
    await pay(place)
    scope = Scope(customer_id=AYU, payment_id=PAYMENT, searching=True, look=Look(HOUSE))
    await do(place, scope, lambda loaded: OpenPairing(REQUEST, 60, mitra_ids=loaded.eligible))


def accepts(mitra_id: UUID, session_id: UUID = CHAT) -> Wish:
    """A mitra takes it, with the facts that the locks showed."""

    def wish(loaded: Loaded) -> pairing.Accept:
        assert loaded.mitra is not None
        here = loaded.mitra.presence.is_online
        return pairing.Accept(mitra_id, session_id, here, loaded.mitra.live_chats, HOUSE.cap)

    return wish


async def talk(place: Place) -> None:
    """Sari and Ayu talk."""
    await search(place)
    await do(place, Scope(request_id=REQUEST, mitra_id=SARI), accepts(SARI), Actor(ActorType.MITRA, SARI))
