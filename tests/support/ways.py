"""The ways an evening may go, from paying to goodbye, and what people were told of every payment in it.

Whatever failed or was given up before, each evening ends with a chat. Everything is asked until it is
answered, so an evening goes the same way whatever is broken, but for an extension: whether the mitra answered
in time is for the server to say. Knows no fault.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Final
from uuid import uuid4

from attrs import asdict, define, field, frozen

from halobestie_app.fakes.xendit_serving import XenditPlace
from support.asking import AGAIN, PATIENCE, Asking
from support.evening import House
from support.hearing import listening
from support.people import Customer, Json, Mitra, Operator

WORDS: Final = 4
"""Messages in one chat."""
MINUTES: Final = 12
KEPT: Final = """
SELECT p.amount, p.status,
    ARRAY(SELECT kind || ' ' || amount FROM customer_transactions
        WHERE payment_session_id = p.id ORDER BY id) AS ledger,
    ARRAY(SELECT status FROM session_extensions WHERE payment_session_id = p.id) AS extensions,
    ARRAY(SELECT cause_tag || CASE WHEN superseded_at IS NULL THEN '' ELSE ', superseded' END
            || coalesce(', ' || operator_action, '')
        FROM pairing_failures WHERE payment_session_id = p.id ORDER BY id) AS failures,
    ARRAY(SELECT status FROM chat_sessions WHERE payment_session_id = p.id) AS chats,
    ARRAY(SELECT seq || ' ' || client_message_id FROM chat_messages
        WHERE session_id IN (SELECT id FROM chat_sessions WHERE payment_session_id = p.id)
        ORDER BY seq) AS messages
FROM payment_sessions p WHERE p.id = %s
"""


@define
class Told:
    """What was told of one payment, as `KEPT` shows it."""

    id: str
    amount: int
    status: str = "pending"
    ledger: list[str] = field(factory=list)
    extensions: list[str] = field(factory=list)
    failures: list[str] = field(factory=list)
    """Causes, and what became of them."""
    chats: list[str] = field(factory=list)
    messages: list[str] = field(factory=list)
    """Number and id of each."""

    def charged(self, kind: str) -> None:
        """It was used."""
        self.status = "consumed"
        self.ledger.append(f"{kind} {self.amount}")

    def failed(self, cause: str) -> None:
        """It is owed back."""
        self.status = "failed_pairing"
        self.ledger.append(f"refund_due {self.amount}")
        self.failures.append(cause)

    def fell_back(self) -> None:
        """It is used after all."""
        self.status = "confirmed"
        self.ledger.append(f"refund_reversed {self.amount}")
        self.failures[-1] += ", superseded"

    def refunded(self) -> None:
        """It was given back."""
        self.ledger.append(f"refunded {self.amount}")
        self.failures[-1] += ", refunded"

    async def kept(self, house: House) -> list[str]:
        """What is not there, or is there twice; nothing is the only good answer."""
        right = asdict(self)
        found = await house.rows(KEPT, right.pop("id"))
        return [] if found == [right] else [f"payment {self.id}, told as {right}, stands as {found}"]


@frozen
class Town:
    """What all evenings share."""

    asking: Asking
    xendit: XenditPlace
    chance: Random
    mitras: Sequence[Mitra]
    """Everybody who is there."""
    away: Mitra
    """Somebody who is not."""
    boss: Callable[[], Awaitable[Operator]]
    is_late: Callable[[], bool]
    """Whether people are to go home."""


class Evening:
    """One customer's; ``told`` is what they were told in it, by payment."""

    def __init__(self, town: Town, ayu: Customer) -> None:
        self.told: list[Told] = []
        self.ayu = ayu
        self.budi, self.sari = town.chance.sample(town.mitras, 2)
        self.town = town
        self._asks = town.asking.command

    # ------------------------------------------------------------------------------------------- paying

    async def begins(self, **members: Json) -> tuple[Told, Json]:
        """Begin a payment."""
        wanted = {"duration_minutes": MINUTES, **members}
        payment = (await self._asks(self.ayu, "/api/client/payment-sessions", wanted)).ok(201)
        self.told.append(Told(payment["id"], payment["amount"]))
        return self.told[-1], payment

    async def pays(self, **members: Json) -> Told:
        """Pay, and say so until that is believed: the gateway may be away."""
        told, payment = await self.begins(**members)
        await self._at_the_gateway(payment)
        path = f"/api/client/payment-sessions/{told.id}/confirm"
        async with asyncio.timeout(PATIENCE):
            while (answer := await self._asks(self.ayu, path)).code == "PAYMENT_NOT_SETTLED":  # noqa: ASYNC110  nobody says when
                await asyncio.sleep(2 * AGAIN)
        told.status = answer.ok()["status"]
        return told

    async def _at_the_gateway(self, payment: Json) -> None:
        """Pay on the gateway's page, as soon as there is one; the development gateway has none."""
        if payment["provider"] == "development":
            return
        fake = self.town.xendit.fake
        async with asyncio.timeout(PATIENCE):
            while not (bills := [one for one in fake.books.named(payment["id"]) if one.status == "PENDING"]):  # noqa: ASYNC110  the gateway does not say
                await asyncio.sleep(AGAIN)
        fake.pay(bills[-1].id)

    async def leaves(self) -> None:
        """Begin a payment and go back before paying."""
        told, _ = await self.begins()
        path = f"/api/client/payment-sessions/{told.id}/cancel"
        told.status = (await self._asks(self.ayu, path)).ok()["status"]

    async def refunded(self, told: Told) -> None:
        """An operator finds what failed, and says that the money was given back."""
        boss = await self.town.boss()
        listed = await self.town.asking.look(boss, f"/internal/failed-pairings?q={told.id}&state=open")
        [row] = listed["rows"]
        path = f"/internal/failed-pairings/{row['id']}/action"
        (await self._asks(boss, path, {"action": "refunded"})).ok()
        told.refunded()

    # ---------------------------------------------------------------------------------------- searching

    async def searches(self, told: Told) -> Json:
        """Ask everybody."""
        body = {"payment_session_id": told.id}
        return (await self._asks(self.ayu, "/api/client/chat-requests", body)).ok(201)

    async def asks_again(self, told: Told, mitra: Mitra) -> Json:
        """Ask one mitra, Curhat lagi; gives the request, or nothing where that mitra is away."""
        body = {"payment_session_id": told.id, "mitra_id": mitra.id}
        answer = await self._asks(self.ayu, "/api/client/chat-requests/returning", body)
        if mitra is self.town.away:
            answer.refused("TARGETED_MITRA_OFFLINE")
            told.failed("targeted_mitra_offline")
            return None
        return answer.ok(201)

    async def declines(self, mitra: Mitra, request: Json) -> None:
        """One mitra says no."""
        (await self._asks(mitra, f"/api/mitra/chat-requests/{request['id']}/decline")).ok()

    async def all_decline(self, told: Told, request: Json) -> None:
        """Everybody says no."""
        await asyncio.gather(*(self.declines(mitra, request) for mitra in self.town.mitras))
        told.failed("all_mitras_rejected")

    async def falls_back(self, told: Told) -> Json:
        """Chat dengan bestie lain, with the same money."""
        answer = await self._asks(self.ayu, f"/api/client/chat-requests/{told.id}/fallback-to-blast")
        told.fell_back()
        return answer.ok(201)

    async def gives_up(self, told: Told) -> None:
        """Stop searching."""
        body = {"payment_session_id": told.id}
        (await self._asks(self.ayu, "/api/client/chat-requests/cancel", body)).ok()
        told.failed("customer_cancelled")

    # ------------------------------------------------------------------------------------------ talking

    async def talks(
        self, told: Told, request: Json, mitra: Mitra, more: Callable[[Json], Awaitable[None]] | None = None
    ) -> None:
        """A mitra accepts; say everything, half of it after ``more``, and goodbye."""
        accepted = await self._asks(mitra, f"/api/mitra/chat-requests/{request['id']}/accept")
        session = accepted.ok()["session"]
        told.charged("session")
        async with listening(self.town.asking, mitra, session["id"]) as heard:
            for number in range(WORDS):
                if more is not None and number == WORDS // 2:
                    await more(session)
                words = {"client_message_id": str(uuid4()), "text": f"kata {number}"}
                row = (await self._asks(self.ayu, f"/api/shared/chat/{session['id']}/messages", words)).ok(
                    201
                )
                told.messages.append(f"{row['seq']} {words['client_message_id']}")
            await heard(WORDS)
        (await self._asks(self.ayu, f"/api/client/chat/sessions/{session['id']}/end")).ok()
        told.chats.append("ended")

    async def prolongs(self, session: Json, *, accepted: bool | None) -> None:
        """Perpanjang: the mitra says yes or no, or nothing, which may come to either."""
        told = await self.pays(is_extension=True)
        body = {"extension_payment_session_id": told.id}
        path = f"/api/client/chat/sessions/{session['id']}/extensions"
        extension = (await self._asks(self.ayu, path, body)).ok(201)
        if accepted is None:
            became = await self._waits(told, extension)
        else:
            became = await self._answers(extension, accepted=accepted)
        told.extensions.append(became)
        if became == "accepted":
            told.charged("extension")
        else:
            told.failed("extension_rejected" if became == "rejected" else "extension_safeguard_tripped")

    async def _answers(self, extension: Json, *, accepted: bool) -> str:
        """Say yes or no; gives what it came to, for that may have been too late."""
        path = f"/api/mitra/extensions/{extension['id']}/respond"
        answer = await self._asks(self.budi, path, {"accepted": accepted})
        if answer.status == 200:
            return str(answer.body["status"])
        answer.refused("EXTENSION_RESOLVED")
        return "timeout" if accepted else "accepted"

    async def _waits(self, told: Told, extension: Json) -> str:
        """Wait for the mitra's time to be over; or not that long when it is late."""
        path = f"/api/client/payment-sessions/{told.id}"
        async with asyncio.timeout(PATIENCE):
            while (await self.town.asking.look(self.ayu, path))["status"] == "confirmed":
                if self.town.is_late():
                    return await self._answers(extension, accepted=True)
                await asyncio.sleep(4 * AGAIN)
        became = (await self.town.asking.look(self.ayu, path))["status"]
        return "accepted" if became == "consumed" else "timeout"


# --------------------------------------------------------------------------------------------------- ways

Way = Callable[[Evening], Awaitable[None]]


async def well(it: Evening) -> None:
    """Somebody accepts."""
    told = await it.pays()
    await it.talks(told, await it.searches(told), it.budi)


async def longer(it: Evening) -> None:
    """Somebody accepts, and also more minutes."""
    told = await it.pays()
    request = await it.searches(told)
    await it.talks(told, request, it.budi, lambda session: it.prolongs(session, accepted=True))


async def no_longer(it: Evening) -> None:
    """Somebody accepts, but no more minutes than were paid for."""
    told = await it.pays()
    request = await it.searches(told)
    await it.talks(told, request, it.budi, lambda session: it.prolongs(session, accepted=False))


async def perhaps_longer(it: Evening) -> None:
    """Somebody accepts, and does not see that more minutes are wished for."""
    told = await it.pays()
    request = await it.searches(told)
    await it.talks(told, request, it.budi, lambda session: it.prolongs(session, accepted=None))


async def at_the_second_try(it: Evening) -> None:
    """Nobody wants to, and then somebody does, for the same money."""
    told = await it.pays()
    await it.all_decline(told, await it.searches(told))
    await it.talks(told, await it.falls_back(told), it.budi)


async def after_a_refund(it: Evening) -> None:
    """Nobody wants to; the money is given back, and other money is paid."""
    told = await it.pays()
    await it.all_decline(told, await it.searches(told))
    await it.refunded(told)
    await well(it)


async def after_giving_up(it: Evening) -> None:
    """The search is given up, and begun anew."""
    told = await it.pays()
    await it.searches(told)
    await it.gives_up(told)
    await well(it)


async def after_leaving(it: Evening) -> None:
    """A payment is begun and left, and another is paid."""
    await it.leaves()
    await well(it)


async def again(it: Evening) -> None:
    """Curhat lagi, and that mitra accepts."""
    told = await it.pays(targeted_mitra_id=it.budi.id)
    await it.talks(told, await it.asks_again(told, it.budi), it.budi)


async def again_with_another(it: Evening) -> None:
    """Curhat lagi, which that mitra declines and another accepts."""
    told = await it.pays(targeted_mitra_id=it.sari.id)
    await it.declines(it.sari, await it.asks_again(told, it.sari))
    told.failed("targeted_mitra_rejected")
    await it.talks(told, await it.falls_back(told), it.budi)


async def again_with_nobody_there(it: Evening) -> None:
    """Curhat lagi with somebody who is away; another accepts."""
    told = await it.pays(targeted_mitra_id=it.town.away.id)
    await it.asks_again(told, it.town.away)
    await it.talks(told, await it.falls_back(told), it.budi)


WAYS: Final[Sequence[Way]] = (
    well, longer, at_the_second_try, again,
    well, after_giving_up, no_longer, again_with_another,
    well, after_leaving, perhaps_longer, after_a_refund,
    well, again_with_nobody_there,
)  # fmt: skip
"""One after the other, so that few evenings have seen most of them."""
