"""What nobody in the town decides: deliveries of the gateway, strangers, troubles that come and go."""

import asyncio
from uuid import UUID

import orjson
from attrs import define

from halobestie_app.simulation.instance import TOKEN, Instance
from halobestie_app.simulation.town import Call, Lost, Town
from halobestie_app.simulation.voices import mark, read, say
from halobestie_app.simulation.weather import Fault, likely
from halobestie_app.usecases import chats, extensions, pairings, payments, presence
from halobestie_app.usecases.extensions import Wanted
from halobestie_app.usecases.payments import NewPayment
from halobestie_core.ports.presence import User
from halobestie_core.words import TopicSensitivity, UserType

WRONG = ("external_id", "amount", "currency", "status", "paid_amount", "id")
JUNK = (b"", b"{", b"[]", b'{"id": 7}', b"\xff\xfe")


@define
class Carrier:
    """Brings webhooks: once and soon, or in a bad night several times, late, wrong, in any order, never."""

    town: Town
    _seen: int = 0

    async def live(self) -> None:
        """Until the town closes, and then what is left."""
        gateway, chance = self.town.outside.invoices, self.town.chance
        if gateway is None:
            return
        async with asyncio.TaskGroup() as group:
            while self.town.is_open:
                await asyncio.sleep(0.2)
                new, self._seen = gateway.deliveries[self._seen :], len(gateway.deliveries)
                for body in new:
                    bad = self.town.outside.weather.has(Fault.WEBHOOKS)
                    for _ in range(chance.choice((0, 1, 1, 2, 5)) if bad else 1):
                        late = chance.choice((0.0, 0.5, 5.0, 20.0, 70.0)) if bad else 0.1
                        group.create_task(self._bring(self._bent(body) if bad else body, late))

    def _bent(self, body: bytes) -> bytes:
        chance = self.town.chance
        if likely(chance, 0.03):
            return chance.choice(JUNK)
        if not likely(chance, 0.15):
            return body
        said = orjson.loads(body)
        if likely(chance, 0.5):
            return orjson.dumps(said | {"status": "PAID", "paid_amount": said["amount"]})
        return orjson.dumps(said | {chance.choice(WRONG): chance.choice(("other", 1, 2.5, "PAID"))})

    async def _bring(self, body: bytes, late: float) -> None:
        chance = self.town.chance
        await asyncio.sleep(chance.uniform(0.0, late))
        for _ in range(3):
            try:
                await self.town.deliver(lambda here: _knock(here, body))
            except Lost:
                await asyncio.sleep(chance.uniform(1.0, 20.0))
            else:
                return


async def _knock(here: Instance, body: bytes) -> None:
    if here.door is not None and here.door.admits(TOKEN.encode()):
        await here.door.keep(body)


@define
class Stranger:
    """Sends any command in anybody's name, about anybody's things."""

    town: Town

    async def live(self) -> None:
        """Until the town closes."""
        while self.town.is_open:
            await asyncio.sleep(self.town.chance.expovariate(1.5))
            await self.town.awake.wait()
            if self.town.outside.weather.has(Fault.HOSTILE):
                await self.town.ask(self._any())

    def _any(self) -> Call:
        town, chance = self.town, self.town.chance
        customer, mitra = chance.choice(town.customers), chance.choice(town.mitras)
        payment, request = self._one("payments"), self._one("requests")
        session, asked = self._one("chats"), self._one("extensions")
        topic = TopicSensitivity.NORMAL
        somebody = chance.choice((User(UserType.CUSTOMER, customer), User(UserType.MITRA, mitra)))
        wanted = NewPayment(
            chance.choice((-1, 0, 1, 2, 5, 10**9)),
            tier_id=payment if likely(chance, 0.2) else None,
            targeted_mitra_id=mitra if likely(chance, 0.5) else payment,
            is_extension=likely(chance, 0.4),
        )
        more = Wanted(chance.choice((None, payment)), chance.choice((None, 1, 999)), chance.choice((None, 1)))
        yes = likely(chance, 0.5)
        calls: tuple[Call, ...] = (
            lambda here, key: payments.create(here.desk, customer, wanted, key),
            lambda here, _: payments.confirm(here.desk, customer, payment),
            lambda here, _: payments.cancel(here.desk, customer, payment),
            lambda here, key: pairings.open_general(here.desk, customer, payment, topic, key),
            lambda here, key: pairings.open_returning(here.desk, customer, payment, mitra, topic, key),
            lambda here, _: pairings.cancel_search(here.desk, customer, payment),
            lambda here, key: pairings.fall_back(here.desk, customer, payment, key),
            lambda here, _: pairings.accept(here.desk, mitra, request),
            lambda here, _: pairings.decline(here.desk, mitra, request),
            lambda here, key: extensions.ask(here.desk, customer, session, more, key),
            lambda here, _: extensions.answer(here.desk, mitra, asked, accepted=yes),
            lambda here, _: chats.end_by_customer(here.desk, customer, session),
            lambda here, _: chats.end_by_mitra(here.desk, mitra, session),
            lambda here, _: presence.heartbeat(here.desk, here.beats, mitra),
            lambda here, key: say(town, here, somebody, session, key.id, "let me in"),
            lambda here, _: read(town, here, somebody, session, 0),
            lambda here, _: mark(town, here, somebody, session, 3),
            lambda here, _: presence.switch(here.desk, here.beats, payment, online=yes),
        )
        return chance.choice(calls)

    def _one(self, kind: str) -> UUID:
        chance, tables = self.town.chance, self.town.tables
        if likely(chance, 0.1):
            kind = chance.choice(("payments", "requests", "chats", "extensions"))
        some = list(getattr(tables, kind).rows)[-20:]
        return chance.choice(some) if some and likely(chance, 0.95) else UUID(int=chance.getrandbits(128))


@define
class Troubles:
    """What comes and goes in a bad night: crashes, Redis, the gateway."""

    town: Town

    async def live(self) -> None:
        """Until the town closes."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._crashes())
            group.create_task(self._redis())
            group.create_task(self._gateway())

    async def _crashes(self) -> None:
        chance, weather = self.town.chance, self.town.outside.weather
        while self.town.is_open:
            await asyncio.sleep(chance.expovariate(1 / 6))
            up = [one for one in self.town.instances if one.is_up]
            if weather.has(Fault.CRASH) and up and self.town.awake.is_set():
                victim = chance.choice(up)
                victim.kill()
                await asyncio.sleep(chance.choice((0.0, 0.5, 3.0)))
                if not victim.is_up and self.town.awake.is_set():
                    victim.start()

    async def _redis(self) -> None:
        chance, outside = self.town.chance, self.town.outside
        while self.town.is_open:
            await asyncio.sleep(chance.expovariate(1 / 10))
            if outside.weather.has(Fault.REDIS_AWAY):
                outside.bus.is_up = False
                await asyncio.sleep(chance.uniform(0.5, 12.0))
                outside.bus.is_up = True

    async def _gateway(self) -> None:
        chance, outside = self.town.chance, self.town.outside
        while self.town.is_open:
            await asyncio.sleep(chance.expovariate(1 / 15))
            if outside.invoices is not None and outside.weather.has(Fault.GATEWAY_AWAY):
                outside.invoices.is_away = True
                await asyncio.sleep(chance.uniform(0.5, 20.0))
                outside.invoices.is_away = False


__all__ = ["Carrier", "Stranger", "Troubles"]
