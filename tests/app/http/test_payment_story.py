"""A payment's whole story over HTTP: everything that happened, in order, and nothing that was said."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from attrs import define

from halobestie_adapters.ids import uuid7
from halobestie_core.words import UserType
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

CUSTOMER, MITRA, OPERATOR = UserType.CUSTOMER, UserType.MITRA, UserType.OPERATOR
MEMBERS: Final = (
    "payment held_by customer price_source invoices captures ledger failures requests session extensions"
    " webhooks timeline moves"
)
REQUESTS: Final = "/api/client/chat-requests"
SECRET: Final = "kata-rahasia-7731"
"""What somebody says in a chat, and a webhook in its body."""


@define
class Evening:
    """A reception, and the people of one evening."""

    house: Reception
    ayu: UUID
    sari: UUID
    boss: UUID

    async def asks(self, path: str, body: object = None, status: int = 201) -> Mapping[str, Any]:
        """The customer commands something."""
        return await self.house.said(status, CUSTOMER, self.ayu, "POST", path, body)

    async def story(self, payment: str) -> Mapping[str, Any]:
        """The whole of it."""
        shown = await self.house.said(200, OPERATOR, self.boss, "GET", f"/internal/payments/{payment}")
        assert " ".join(shown) == MEMBERS
        assert shown["moves"] == len(shown["timeline"])
        assert [move["at"] for move in shown["timeline"]] == sorted(move["at"] for move in shown["timeline"])
        return shown


@pytest.fixture
async def evening(database_url: str) -> AsyncIterator[Evening]:
    """Ayu with a phone, Sari offline, and an operator."""
    async with reception(database_url) as house:
        ayu = await house.customer("Ayu")
        await house.run(b"UPDATE customers SET phone = '+6281234567890' WHERE id = %s", ayu)
        yield Evening(house, ayu, await house.mitra("Sari", online=False), await house.operator())


def moves(story: Mapping[str, Any]) -> Sequence[str]:
    """The timeline in short."""
    return [
        f"{move['machine']} {move['command']} > {move['to_state']} by {move['actor']['type']}"
        for move in story["timeline"]
    ]


async def test_a_whole_evening(evening: Evening) -> None:
    """A refused target, the fallback, a chat, an extension that was not wanted: all in one order."""
    house, sari = evening.house, evening.sari
    payment = await house.paid(evening.ayu, targeted_mitra_id=str(sari))
    body = {"payment_session_id": payment, "mitra_id": str(sari)}
    await evening.asks(f"{REQUESTS}/returning", body, 409)
    status = {"is_online": True}
    await house.said(200, MITRA, sari, "PUT", "/api/mitra/status", status)
    request = await evening.asks(f"{REQUESTS}/{payment}/fallback-to-blast")
    accepted = await house.said(200, MITRA, sari, "POST", f"/api/mitra/chat-requests/{request['id']}/accept")
    chat = accepted["session_id"]
    said = {"client_message_id": str(uuid4()), "text": SECRET}
    await evening.asks(f"/api/shared/chat/{chat}/messages", said)
    more = await house.paid(evening.ayu, is_extension=True)
    asked = await evening.asks(
        f"/api/client/chat/sessions/{chat}/extensions", {"extension_payment_session_id": more}
    )
    refused = {"accepted": False}
    await house.said(200, MITRA, sari, "POST", f"/api/mitra/extensions/{asked['id']}/respond", refused)
    await evening.asks(f"/api/client/chat/sessions/{chat}/end", {"closing_message": SECRET}, 200)

    story = await evening.story(payment)
    assert SECRET not in str(story)
    assert story["customer"] == {"id": str(evening.ayu), "display_name": "Ayu", "phone": "+6281******890"}
    assert (story["payment"]["id"], story["payment"]["status"]) == (payment, "consumed")
    assert (story["price_source"]["kind"], story["price_source"]["version"]["price"]) == ("tier", 10_000)
    assert [(kept["provider"], kept["amount"]) for kept in story["captures"]] == [("development", 10_000)]
    assert [entry["kind"] for entry in story["ledger"]] == ["refund_due", "refund_reversed", "session"]
    [failure] = story["failures"]
    assert (failure["cause_tag"], failure["superseded_at"] is None) == ("targeted_mitra_offline", False)
    first, second = story["requests"]
    assert (first["kind"], first["status"], first["answers"]) == ("returning", "auto_rejected", [])
    assert first["targeted_mitra"] == {"id": str(sari), "display_name": "Sari"}
    assert (second["kind"], second["waves"], second["offered"], second["answered"]) == ("general", 1, 1, 1)
    [answer] = second["answers"]
    assert (answer["mitra"]["display_name"], answer["answer"]) == ("Sari", "accepted")
    session = story["session"]
    assert (session["id"], session["status"], session["end_reason"]) == (chat, "ended", "customer_ended")
    assert session["messages"] == 1
    assert [(kept["id"], kept["status"]) for kept in story["extensions"]] == [(asked["id"], "rejected")]
    assert moves(story) == [
        "payment create > pending by customer",
        "payment confirm > confirmed by customer",
        "payment hold > confirmed by customer",
        "pairing open > pending by customer",
        "pairing target_unavailable > auto_rejected by customer",
        "payment fail > failed_pairing by customer",
        "payment fall_back > confirmed by customer",
        "pairing open > pending by customer",
        "pairing accept > accepted by mitra",
        "chat start > active by mitra",
        "payment consume > consumed by mitra",
        "extension ask > pending by customer",
        "chat request_extension > extending by customer",
        "extension reject > rejected by mitra",
        "chat extension_refused > active by mitra",
        "chat end > ended by customer",
    ]
    assert story["timeline"][8]["actor"] == {"type": "mitra", "id": str(sari), "display_name": "Sari"}
    assert story["timeline"][4]["cause_tag"] == "targeted_mitra_offline"

    prolonging = await evening.story(more)
    assert (prolonging["requests"], prolonging["session"]["id"]) == ([], chat)
    assert [kept["id"] for kept in prolonging["extensions"]] == [asked["id"]]
    assert [row["cause_tag"] for row in prolonging["failures"]] == ["extension_rejected"]
    assert {move["machine"] for move in prolonging["timeline"]} == {"payment", "chat", "extension"}


async def test_a_payment_elsewhere(evening: Evening) -> None:
    """Its invoices and what the gateway sent of them are shown, the bodies of webhooks are not."""
    begun = await evening.asks("/api/client/payment-sessions", {"duration_minutes": 5})
    await evening.house.run(
        b"INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, url, amount, status)"
        b" VALUES ('xendit', 'inv-1', %s, 'https://pay.example/1', 10000, 'pending')",
        begun["id"],
    )
    for status in ("EXPIRED", None):
        await evening.house.run(
            b"INSERT INTO webhook_inbox"
            b" (id, provider, provider_invoice_id, provider_status, body, received_at)"
            b" VALUES (%s, 'xendit', %s, %s, %s, now())",
            uuid7(), "inv-1" if status else "another", status, SECRET.encode(),
        )  # fmt: skip
    story = await evening.story(begun["id"])
    [invoice], [webhook] = story["invoices"], story["webhooks"]
    assert (invoice["invoice_id"], invoice["status"]) == ("inv-1", "pending")
    assert (webhook["invoice_id"], webhook["status"], webhook["attempts"]) == ("inv-1", "EXPIRED", 0)
    assert SECRET not in str(story)
    assert story["session"] is None
    assert [story[name] for name in ("captures", "ledger", "failures", "requests", "extensions")] == [[]] * 5
    assert moves(story) == ["payment create > pending by customer"]


async def test_an_operators_action_is_told(evening: Evening) -> None:
    """Who settled failed money is in its row; the move that closed the fallback names the operator."""
    house, sari = evening.house, evening.sari
    payment = await house.paid(evening.ayu, targeted_mitra_id=str(sari))
    body = {"payment_session_id": payment, "mitra_id": str(sari)}
    await evening.asks(f"{REQUESTS}/returning", body, 409)
    [row] = (await evening.story(payment))["failures"]
    act = {"action": "refunded", "note": "tunai"}
    path = f"/internal/failed-pairings/{row['id']}/action"
    acted = await house.said(200, OPERATOR, evening.boss, "POST", path, act)
    story = await evening.story(payment)
    assert story["failures"] == [acted]
    assert moves(story)[-1] == "payment forfeit_fallback > failed_pairing by cc_user"
    assert story["timeline"][-1]["actor"]["display_name"] == f"{evening.boss}@example.org"
    assert story["payment"]["refund"] == "refunded"


async def test_unknown_payment(evening: Evening) -> None:
    """What is no payment has no story, and nobody but operators is told one."""
    for id_ in (uuid4(), evening.ayu):
        await evening.house.said(404, OPERATOR, evening.boss, "GET", f"/internal/payments/{id_}")
    answer = await evening.house.ask(CUSTOMER, evening.ayu, "GET", f"/internal/payments/{uuid4()}")
    assert answer.status_code == 404
