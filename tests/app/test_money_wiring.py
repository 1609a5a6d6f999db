"""Which gateway an environment means."""

from contextlib import AsyncExitStack

import pytest

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.xendit.gateway import XenditGateway
from halobestie_adapters.xendit.invoices import XenditInvoices
from halobestie_app.environment import BadVariable, changed, read
from halobestie_app.fakes.xendit_serving import xendit_served
from halobestie_app.wiring.money import gateway
from support.paying import wish

pytestmark = pytest.mark.anyio


async def test_development_has_no_invoices() -> None:
    """It has the money at the confirm."""
    async with AsyncExitStack() as stack:
        taking, invoices = await gateway(read({}), stack)
    assert isinstance(taking, DevelopmentGateway)
    assert invoices is None


@pytest.mark.parametrize("public", [None, "https://halobestie.example/app"])
async def test_xendit(public: str | None) -> None:
    """Invoices are really asked for; people come back to our page, or into the app if it has no address."""
    async with xendit_served() as place, AsyncExitStack() as stack:
        env = changed(place.named_in(read({})), public_url=public)
        taking, invoices = await gateway(env, stack)
        assert isinstance(taking, XenditGateway)
        assert isinstance(invoices, XenditInvoices)
        wanted = wish()
        made = await invoices.create(wanted)
        target = place.fake.books.get(made.id).success_redirect_url
        if public is None:
            assert target == f"halobestie://payment/{wanted.payment_id}?result=success"
        else:
            assert target == f"{public}/payment/return/success?payment_session_id={wanted.payment_id}"


async def test_no_key() -> None:
    """Nothing is tried without one."""
    async with AsyncExitStack() as stack:
        with pytest.raises(BadVariable, match="XENDIT_SECRET_KEY"):
            await gateway(read({"PAYMENT_GATEWAY": "xendit"}), stack)
