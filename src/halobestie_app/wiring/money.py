"""Who takes the money, put together from the environment. Raises `BadVariable`."""

from contextlib import AsyncExitStack
from functools import partial

from halobestie_adapters.gateway.development import DevelopmentGateway
from halobestie_adapters.xendit.gateway import XenditGateway
from halobestie_adapters.xendit.invoices import Returns, XenditInvoices
from halobestie_adapters.xendit.invoices import new_client as xendit_client
from halobestie_app.environment import BadVariable, Environment
from halobestie_app.environment import Gateway as Chosen
from halobestie_app.http.returning import FAILURE, SUCCESS, page_url
from halobestie_core.ports.gateway import Gateway, Invoices


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
