"""The agenda: what is due and how long until the next, who is stale, and commands for later."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core.ports.agenda import Due, LaterRow
from halobestie_core.ports.store import Actor, Scope
from halobestie_core.presence import GoOffline
from halobestie_core.words import ActorType
from support.places import Place, later
from support.steps import CHAT, HOUSE, PAYMENT, REQUEST, SARI, TINI, do, pay, search, talk

pytestmark = pytest.mark.anyio


async def test_nothing_waits(house: Place) -> None:
    """An empty house has no deadline."""
    peek = await house.agenda.peek(10, deep=True)
    assert (list(peek.due), peek.next_in) == ([], None)


async def test_a_deadline_before_and_after(house: Place) -> None:
    """Before its time a deadline is next; from its very instant it is due."""
    await pay(house)
    peek = await house.agenda.peek(10, deep=True)
    assert (list(peek.due), peek.next_in) == ([], timedelta(minutes=20))
    await later(house, minutes=20)
    peek = await house.agenda.peek(10, deep=False)
    assert (list(peek.due), peek.next_in) == ([Due("payment", PAYMENT)], None)


async def test_a_held_payment_does_not_wait(house: Place) -> None:
    """The search that holds it has the deadline."""
    await search(house)
    await later(house, minutes=30)
    assert list((await house.agenda.peek(10, deep=True)).due) == [Due("pairing", REQUEST)]


async def test_chats_wait(house: Place) -> None:
    """A chat's paid time is a deadline."""
    await talk(house)
    assert (await house.agenda.peek(10, deep=True)).next_in == timedelta(minutes=5)
    await later(house, minutes=5)
    assert list((await house.agenda.peek(10, deep=True)).due) == [Due("chat", CHAT)]


async def test_a_limit(house: Place) -> None:
    """No more than asked for."""
    await pay(house)
    await later(house, minutes=20)
    assert list((await house.agenda.peek(0, deep=True)).due) == []


async def test_stale_mitras(house: Place) -> None:
    """Online and silent for longer than the threshold; nobody where pings are not required."""
    await do(house, Scope(mitra_id=TINI), lambda _: GoOffline(), Actor(ActorType.MITRA, TINI))
    await later(house, seconds=47)  # a heartbeat of two seconds ago may not be written yet
    assert list(await house.agenda.stale(HOUSE, 10)) == []
    await later(house, seconds=1)
    assert list(await house.agenda.stale(HOUSE, 10)) == [Due("presence", SARI)]
    assert list(await house.agenda.stale(evolve(HOUSE, require_ping=False), 10)) == []


async def test_a_later_command_is_taken_for_a_moment(house: Place) -> None:
    """Whoever took it may die; a little later it is there for the next, each time for longer."""
    await search(house)
    wanted = [LaterRow(1, "look_again", {"request_id": str(REQUEST)})]
    taken = [evolve(row, id=1) for row in await house.agenda.take_later(10)]
    assert taken == wanted
    assert list(await house.agenda.take_later(10)) == []
    await later(house, seconds=1.5)
    assert len(await house.agenda.take_later(10)) == 1
    await later(house, seconds=1.5)
    assert list(await house.agenda.take_later(10)) == []
    await later(house, seconds=1.5)
    assert len(await house.agenda.take_later(10)) == 1


async def test_a_dismissed_command_is_over(house: Place) -> None:
    """Once dealt with it is not seen again."""
    await search(house)
    [row] = await house.agenda.take_later(10)
    await house.agenda.dismiss(row.id)
    await house.agenda.dismiss(row.id)
    await later(house, minutes=5)
    assert list(await house.agenda.take_later(10)) == []


@pytest.mark.parametrize(
    "command, replaced",
    [
        (
            "mitra_went_away",
            {"command": "withdraw", "request_id": str(REQUEST), "mitra_id": str(SARI), "detail": "stale"},
        ),
        (
            "house_changed",
            {"command": "look_again", "request_id": str(REQUEST), "whom": "everybody"},
        ),
    ],
)
async def test_a_command_about_a_mitra_becomes_one_per_search(
    house: Place, command: str, replaced: dict[str, str]
) -> None:
    """It is replaced once, by one command for every open request that it concerns."""
    await search(house)
    [row] = await house.agenda.take_later(10)
    about = LaterRow(row.id, command, {"mitra_id": str(SARI), "detail": "stale"})
    await house.agenda.fan_out(about)
    await house.agenda.fan_out(about)
    new = [one for one in (await house.rows())["outbox"] if one["kind"] == "later" and one["sent_at"] is None]
    assert [one["payload"] for one in new] == [replaced]


async def _left_for_later(house: Place) -> list[object]:
    rows = (await house.rows())["outbox"]
    return [one["payload"] for one in rows if one["kind"] == "later" and one["sent_at"] is None]


async def test_a_newcomer_is_offered_every_open_blast(house: Place) -> None:
    """It is replaced once, by one command for every blast that the mitra is not shown already."""
    await search(house)
    [row] = await house.agenda.take_later(10)
    newcomer = UUID(int=0xA9)
    await house.mitra(newcomer, "Lina", online=True)
    about = LaterRow(row.id, "mitra_became_eligible", {"mitra_id": str(newcomer)})
    await house.agenda.fan_out(about)
    await house.agenda.fan_out(about)
    offer = {"command": "offer", "request_id": str(REQUEST), "mitra_id": str(newcomer)}
    assert await _left_for_later(house) == [offer]


@pytest.mark.parametrize("online", [True, False])
async def test_who_is_shown_it_or_gone_is_offered_nothing(house: Place, online: bool) -> None:
    """Sari sees the request already, Lina is not here: no command is left that could only be ignored."""
    await search(house)
    [row] = await house.agenda.take_later(10)
    lina = UUID(int=0xA9)
    await house.mitra(lina, "Lina", online=False)
    await house.agenda.fan_out(
        LaterRow(row.id, "mitra_became_eligible", {"mitra_id": str(SARI if online else lina)})
    )
    assert await _left_for_later(house) == []


async def test_who_left_while_it_was_shown_is_withdrawn(house: Place) -> None:
    """One command for each mitra who is shown a blast and is not here, not for those who answered."""
    await search(house)
    [row] = await house.agenda.take_later(10)
    await house.agenda.dismiss(row.id)
    await house.agenda.withdraw_gone(REQUEST)
    assert await _left_for_later(house) == []
    await do(house, Scope(mitra_id=TINI), lambda _: GoOffline(), Actor(ActorType.MITRA, TINI))
    [away] = await house.agenda.take_later(10)
    await house.agenda.dismiss(away.id)
    await house.agenda.withdraw_gone(REQUEST)
    withdraw = {"command": "withdraw", "request_id": str(REQUEST), "mitra_id": str(TINI), "detail": None}
    assert await _left_for_later(house) == [withdraw]


async def test_urgent_commands_are_taken_first(house: Place) -> None:
    """Whoever waits without knowing it comes before what only adds to an offer."""
    await search(house)
    await do(house, Scope(mitra_id=TINI), lambda _: GoOffline(), Actor(ActorType.MITRA, TINI))
    assert [one.command for one in await house.agenda.take_later(10)] == ["mitra_went_away", "look_again"]


async def test_a_shut_out_mitras_chats_are_ended(house: Place) -> None:
    """One command per live chat of theirs."""
    await talk(house)
    [row] = await house.agenda.take_later(10)
    await house.agenda.fan_out(LaterRow(row.id, "mitra_shut_out", {"mitra_id": str(SARI)}))
    new = [one for one in (await house.rows())["outbox"] if one["kind"] == "later" and one["sent_at"] is None]
    assert [one["payload"] for one in new] == [{"command": "end_chat", "session_id": str(CHAT)}]


async def test_nobody_concerned(house: Place) -> None:
    """A command that concerns nobody is simply over."""
    await search(house)
    [row] = await house.agenda.take_later(10)
    nobody = str(UUID(int=0xFE))
    await house.agenda.fan_out(LaterRow(row.id, "mitra_went_away", {"mitra_id": nobody, "detail": None}))
    assert all(one["sent_at"] for one in (await house.rows())["outbox"] if one["kind"] == "later")
