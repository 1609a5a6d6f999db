"""The three apps as people use them, by test ids, and how people get there. Knows no story.

Each of them has `api`, the same person without a browser, for what a story only needs to have happened.
"""

from typing import Final, TypeVar
from uuid import UUID

import attrs

from halobestie_app.fakes.xendit_serving import XenditPlace
from halobestie_core.words import UserType
from support.browser import DESK, Street, Visitor
from support.evening import House
from support.people import PASSWORD, Customer, Mitra

T = TypeVar("T", bound=Visitor)
PHONE_OF: Final = "SELECT phone FROM mitras WHERE id = %s"
RENAME: Final = "UPDATE mitras SET display_name = %s WHERE id = %s"


class CustomerPage(Visitor):
    """The customer's app."""

    home = "/app/"
    api: Customer


class MitraPage(Visitor):
    """The mitra's app."""

    home = "/mitra/"
    api: Mitra
    phone: str


class OperatorPage(Visitor):
    """The control center."""

    home = "/"
    email: str


@attrs.frozen
class People:
    """Whoever comes to a house with a browser. ``xendit`` is where they pay, if they do."""

    house: House
    street: Street
    xendit: XenditPlace | None = None

    async def stranger(self, kind: type[T], **options: object) -> T:
        """Somebody who never was here, before an empty tab."""
        inside = issubclass(kind, OperatorPage)
        where = self.house.first.internal if inside else self.house.first.public
        return await self.street.comes(kind, where, **({"viewport": DESK} if inside else {}), **options)

    async def customer(self, name: str = "Ayu", **options: object) -> CustomerPage:
        """A customer who is signed in, at their app's first screen."""
        page = await self.stranger(CustomerPage, **options)
        url = f"{page.road.url}/api/shared/auth/anonymous"
        tokens = await self._signs_in(page, url, "customer-web", display_name=name)
        id_ = tokens["user"]["id"]
        page.api = Customer(self.house, self.house.first, id_, self.house.token(UUID(id_), UserType.CUSTOMER))
        return await page.opens()

    async def mitra(self, name: str = "Budi", *, opens: bool = True, **options: object) -> MitraPage:
        """A mitra who is signed in and offline, at their app's first screen."""
        page = await self.stranger(MitraPage, **options)
        [page.api] = await self.house.mitras(1, online=False)
        await self.house.rows(RENAME, name, page.api.id)
        page.phone = await self.house.value(PHONE_OF, page.api.id)
        url = f"{page.road.url}/api/mitra/auth/otp"
        await self._signs_in(page, f"{url}/request", "mitra-web", status=202, phone=page.phone)
        code = self.house.first.code_for(page.phone)
        await self._signs_in(page, f"{url}/verify", "mitra-web", phone=page.phone, code=code)
        return await page.opens() if opens else page

    async def operator(self, **options: object) -> OperatorPage:
        """An operator who is signed in."""
        page = await self.stranger(OperatorPage, **options)
        page.email = await self.house.employs()
        url = f"{page.road.url}/internal/auth/login"
        await self._signs_in(page, url, None, email=page.email, password=PASSWORD)
        return await page.opens()

    async def _signs_in(
        self, page: Visitor, url: str, client: str | None, *, status: int | None = None, **body: str
    ) -> dict[str, dict[str, str]]:
        """What the app would send; the browser keeps the cookie."""
        headers = {} if client is None else {"X-Client": client}
        answer = await page.context.request.post(url, headers=headers, data=body)
        assert answer.ok if status is None else answer.status == status, await answer.text()
        said: dict[str, dict[str, str]] = await answer.json()
        self.house.secrets.note([body, said])
        return said
