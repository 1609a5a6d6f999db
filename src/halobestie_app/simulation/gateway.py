"""The way to the gateway, which may answer nobody although it did what it was asked. Changes no answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from attrs import define

from halobestie_adapters.memory import MemoryInvoices
from halobestie_app.simulation.lines import Plug
from halobestie_app.simulation.weather import Fault
from halobestie_core.ports.gateway import GatewayAway, Invoice, InvoiceWish

T = TypeVar("T")


@define
class GatewayLine:
    """`Invoices`, over a line that breaks."""

    gateway: MemoryInvoices
    plug: Plug

    async def create(self, wish: InvoiceWish) -> Invoice:
        """Make an invoice."""
        return await self._ask(lambda: self.gateway.create(wish))

    async def get(self, invoice_id: str) -> Invoice | None:
        """One invoice."""
        return await self._ask(lambda: self.gateway.get(invoice_id))

    async def of_payment(self, payment_id: UUID) -> Sequence[Invoice]:
        """Every invoice of a payment."""
        return await self._ask(lambda: self.gateway.of_payment(payment_id))

    async def expire(self, invoice_id: str) -> Invoice:
        """Close an invoice."""
        return await self._ask(lambda: self.gateway.expire(invoice_id))

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        chance = self.plug.weather.chance
        await asyncio.sleep(chance.uniform(0.01, 0.3))
        if self.plug.pulled:
            raise GatewayAway("this instance is dead")
        answer = await call()
        if self.plug.weather.strikes(Fault.GATEWAY_AWAY, 0.15):
            await asyncio.sleep(4.0)
            raise GatewayAway("it was done, and nobody heard of it")
        await asyncio.sleep(chance.uniform(0.0, 0.05))
        return answer


__all__ = ["GatewayLine"]
