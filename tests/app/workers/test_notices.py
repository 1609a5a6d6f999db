"""What pushes say, each to the right side: the words, the data, and what takes whose place on the screen."""

import pytest

from halobestie_app.usecases import chats, clock
from halobestie_core.ports.agenda import Due
from halobestie_core.words import UserType
from support.extending import talking
from support.pushing import Mailroom, connect, everything, write

pytestmark = pytest.mark.anyio


async def test_titles_and_bodies(room: Mailroom) -> None:
    """In Indonesian, each to the right side; a message without its text."""
    await everything(room)
    shown = [(one.token, *one.message["notification"].values()) for one in room.post.fake.inbox]
    assert [*shown[:6], *sorted(shown[6:])] == [
        ("mitra", "Curhat Baru", "Ayu ingin curhat 5 menit"),
        ("customer", "Bestie ditemukan", "Sari siap mendengarkan"),
        ("mitra", "Permintaan Perpanjang", "Ayu mau lanjut +12 menit"),
        ("customer", "Perpanjang", "Sari setuju, curhat lanjut +12 menit"),
        ("mitra", "Permintaan Perpanjang", "Ayu mau lanjut +12 menit"),
        ("customer", "Perpanjang", "Perpanjangan +12 menit belum disetujui"),
        ("customer", "Sari", "Pesan baru"),
        ("mitra", "Ayu", "Pesan baru"),
    ]


async def test_data(room: Mailroom) -> None:
    """Exactly the members of the contract, all of them strings."""
    talk = await everything(room)
    data = [dict(one.data) for one in room.post.fake.inbox]
    assert [sorted(one) for one in data[:6]] == [
        ["action", "deadline_at", "request_id", "request_type", "timeout_seconds", "type"],
        ["action", "mitra_name", "session_id", "type"],
        [
            "action",
            "duration_minutes",
            "extension_id",
            "price",
            "session_id",
            "timeout_seconds",
            "type",
        ],
        ["accepted", "action", "session_id", "type"],
        [
            "action",
            "duration_minutes",
            "extension_id",
            "price",
            "session_id",
            "timeout_seconds",
            "type",
        ],
        ["accepted", "action", "session_id", "type"],
    ]
    session_id = str(talk.session_id)
    assert data[0]["request_type"] == "returning"
    assert data[0]["timeout_seconds"] == "20"
    assert data[0]["deadline_at"].endswith("Z")
    assert data[1] == {
        "type": "paired",
        "session_id": session_id,
        "mitra_name": "Sari",
        "action": "open_chat",
    }
    assert (data[2]["price"], data[2]["duration_minutes"], data[2]["action"]) == (
        "25000",
        "12",
        "open_extension",
    )
    assert [one["accepted"] for one in (data[3], data[5])] == ["true", "false"]
    assert data[6:] == [{"type": "message", "session_id": session_id, "action": "open_chat"}] * 2


async def test_silence_says_why(room: Mailroom) -> None:
    """An answer that nobody gave carries its reason: the policy, or the safeguard."""
    talk = await talking(room.office)
    await room.phone(talk.customer, "customer", UserType.CUSTOMER)
    await room.round()
    for policy, reason in (("auto_reject", "timeout"), ("auto_approve", "safeguard")):
        room.office.change(extension_default_action_on_timeout=policy)
        asked = await talk.asks()
        await talk.over(asked)
        await clock.fire(room.office.desk, Due("extension", asked.id))
        await room.round()
        assert room.post.fake.inbox[-1].data == {
            "type": "extension_response",
            "session_id": str(talk.session_id),
            "accepted": "false",
            "reason": reason,
            "action": "open_chat",
        }


async def test_collapse_keys(room: Mailroom) -> None:
    """A phone that is off keeps four at most, so no app ever sees more; what is shown is one per chat."""
    talks = [await talking(room.office) for _ in range(6)]
    await everything(room)
    mitra = next(one.token for one in room.post.fake.inbox if one.data["type"] == "extension_request")
    for talk in talks:
        await room.phone(talk.mitra, f"mitra {talk.mitra}")
        await write(room, talk, 1)
    await room.round()
    keys: dict[str, set[str]] = {}
    for one in room.post.fake.inbox:
        side = "mitra" if one.token.startswith(mitra) else "customer"
        keys.setdefault(side, set()).add(one.message["android"]["collapse_key"])
    assert all(len(of_side) <= 4 for of_side in keys.values())
    tags = {
        one.message["android"]["notification"]["tag"]
        for one in room.post.fake.inbox
        if one.data["type"] == "message"
    }
    assert len(tags) == 7


async def test_many_messages_are_one_push(room: Mailroom) -> None:
    """What waits when a newer one of the same chat is there is not sent: one push says as much as three."""
    talk = await talking(room.office)
    await room.phone(talk.mitra, "mitra")
    await room.round()
    for seq in (1, 2, 3):
        await write(room, talk, seq)
    await room.round()
    assert room.sent == [("mitra", "message")]
    assert sorted(outcome or "" for kind, outcome in await room.outcomes() if kind == "message") == [
        "nobody",
        "sent",
        "unneeded",
        "unneeded",
        "unneeded",
        "unneeded",
    ]


async def test_a_message_to_whoever_is_connected(room: Mailroom) -> None:
    """The socket shows it; there is no push, and no two seconds either."""
    talk = await talking(room.office)
    await room.phone(talk.mitra, "mitra")
    connect(room, talk.mitra)
    await room.round()
    await write(room, talk, 1)
    await room.round()
    assert room.sent == []
    assert (await room.outcomes())[-1] == ("message", "unneeded")


async def test_a_message_of_an_ended_chat(room: Mailroom) -> None:
    """Nobody is called back to a chat that is over."""
    talk = await talking(room.office)
    await room.phone(talk.mitra, "mitra")
    await room.round()
    await write(room, talk, 1)
    await chats.end_by_customer(room.office.desk, talk.customer, talk.session_id)
    await room.round()
    assert room.sent == []
