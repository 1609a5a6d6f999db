"""The three apps as people use them, by test ids, and how people get there. Knows no story.

Each of them has `api`, the same person without a browser, for what a story only needs to have happened.
"""

from contextlib import suppress
from typing import Final, Literal, TypeVar
from uuid import UUID

import attrs
from playwright.async_api import TimeoutError as TooLate
from playwright.async_api import expect

from halobestie_app.fakes.xendit_serving import XenditPlace
from halobestie_core.words import UserType
from support.browser import DESK, Street, Visitor
from support.evening import House
from support.people import PASSWORD, Customer, Mitra

T = TypeVar("T", bound=Visitor)
PHONE_OF: Final = "SELECT phone FROM mitras WHERE id = %s"
GREETING: Final = 3000
"""Milliseconds after which the name of whoever was found gives way to the chat."""
GOING_ON: Final = """
SELECT customer_id, NULL AS session_id, payment_session_id AS payment_id FROM pairing_requests
WHERE status = 'pending'
UNION ALL SELECT customer_id, id, NULL FROM chat_sessions WHERE status <> 'ended'"""
RENAME: Final = "UPDATE mitras SET display_name = %s WHERE id = %s"


class Talker(Visitor):
    """Either side of a chat."""

    async def says(self, text: str) -> None:
        """Write something, and send it."""
        await self.writes("chat_input", text)
        await self.taps("chat_send_button")

    async def hears(self, text: str) -> None:
        """Wait until it was said."""
        await expect(self.see("chat_log")).to_contain_text(text)

    async def left(self) -> int:
        """How many seconds their chat says that it lasts."""
        return int(await self.see("chat_time_left").get_attribute("data-seconds") or 0)

    async def marked(self, text: str, state: Literal["pending", "sent", "read"]) -> None:
        """Wait until what one said is so far."""
        said = self.see("chat_message").filter(has_text=text)
        await expect(said).to_have_attribute("data-state", state)


class CustomerPage(Talker):
    """The customer's app."""

    home = "/app/"
    api: Customer

    async def chooses(self, minutes: int = 12) -> None:
        """From home to the price of so many minutes."""
        await self.taps("home_start_button")
        await self.taps(f"payment_tier_{minutes}")

    async def pays(self, minutes: int = 12) -> None:
        """Choose and pay, from home, where paying takes no page of anybody else."""
        await self.chooses(minutes)
        await self.taps("payment_pay_button")

    async def asks_again(self) -> None:
        """Curhat lagi with the one they talked with last, paid for, from wherever they are."""
        await self.goes("history")
        await self.see("history_again_button").first.click()
        await self.taps("payment_tier_12")
        await self.taps("payment_pay_button")
        await self.sees("asking_overlay")

    async def asks_more(self, minutes: int = 12) -> None:
        """Perpanjang, paid for, in a chat."""
        await self.taps("chat_extend_button")
        await self.taps(f"extend_tier_{minutes}")
        await self.taps("extend_pay_button")

    async def says_goodbye(self, words: str | None = None) -> None:
        """Cukup, akhiri sesi: asked, asked again, and last words or none."""
        await self.taps("chat_end_button")
        await self.taps("end_sure_yes_button")
        await self.taps("end_really_yes_button")
        if words is None:
            await self.taps("goodbye_skip_button")
        else:
            await self.writes("goodbye_input", words)
            await self.taps("goodbye_send_button")
        await self.sees("home_screen")

    async def meets(self, name: str) -> None:
        """Wait until somebody is found, who is named for a moment, and go to the chat with them."""
        named = self.see("found_name").or_(self.see("chat_peer_name"))
        await expect(named.filter(has_text=name)).to_be_visible()
        await self.enters()

    async def enters(self) -> None:
        """Wait until somebody is found, and go to the chat, unless it came by itself."""
        await expect(self.see("found_screen").or_(self.see("chat_screen"))).to_be_visible()
        with suppress(TooLate):
            await self.see("found_go_button").click(timeout=GREETING)
        await self.sees("chat_screen")


class MitraPage(Talker):
    """The mitra's app."""

    home = "/mitra/"
    api: Mitra
    phone: str

    async def comes(self) -> None:
        """Be online, by the switch."""
        await self.taps("mitra_online_switch")
        await expect(self.see("mitra_standing")).to_have_attribute("data-online", "true")


class OperatorPage(Visitor):
    """The control center."""

    home = "/"
    email: str

    async def goes(self, place: str) -> None:
        """Go to a page, and wait until it has what it asks for."""
        await super().goes(place)
        await self.settles()

    async def settles(self) -> None:
        """Wait until nothing on the page waits for an answer."""
        await expect(self.page.locator("main h1").first).to_be_visible()
        await expect(self.page.locator("main [aria-busy=true]")).to_have_count(0)


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

    async def customer(self, name: str = "Ayu", *, opens: bool = True, **options: object) -> CustomerPage:
        """A customer who is signed in, at their app's first screen."""
        page = await self.stranger(CustomerPage, **options)
        url = f"{page.road.url}/api/shared/auth/anonymous"
        tokens = await self._signs_in(page, url, "customer-web", display_name=name)
        id_ = tokens["user"]["id"]
        page.api = Customer(self.house, self.house.first, id_, self.house.token(UUID(id_), UserType.CUSTOMER))
        return await page.opens() if opens else page

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

    async def part(self) -> None:
        """Whatever still goes on ends, so that the next story meets nobody of this one."""
        for row in await self.house.rows(GOING_ON):
            token = self.house.token(row["customer_id"], UserType.CUSTOMER)
            customer = Customer(self.house, self.house.first, str(row["customer_id"]), token)
            if row["session_id"] is not None:
                await customer.end(str(row["session_id"]))
            else:
                await customer.give_up({"id": str(row["payment_id"])})

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
