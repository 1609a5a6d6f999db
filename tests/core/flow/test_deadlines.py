"""Deadlines: what the clock asks of each waiting thing."""

from datetime import timedelta

import pytest

from halobestie_core import TimeoutPolicy, chat, extension, pairing, payment
from halobestie_core.flow.deadlines import CLOCKS, Timed, extension_clock, misdated, pairing_clock, waits
from halobestie_core.testing import STAGES, World, extending, searching


def test_each_waiting_machine_has_its_clock() -> None:
    """A payment is ticked, a chat and an extension are told that time is up, with the facts of now."""
    assert CLOCKS["payment"]() == payment.Tick()
    assert CLOCKS["chat"](60) == chat.TimeUp(60)
    facts = extension_clock(TimeoutPolicy.AUTO_REJECT, 60, ws_connected=True, online=False)
    assert facts == extension.TimeUp(
        policy=TimeoutPolicy.AUTO_REJECT, ws_connected=True, online=False, grace_seconds=60
    )
    assert set(CLOCKS) == {"payment", "pairing", "chat", "extension"}


def test_the_clock_of_a_search() -> None:
    """Its end comes before its next wave; before either there is nothing to ask."""
    world = searching(World.of(1, pairing_wave_size=1))
    request = world.request
    assert request is not None
    assert request.next_wave_at is not None
    assert pairing_clock(request, request.created_at) is None
    assert pairing_clock(request, request.next_wave_at) == pairing.NextWave(frozenset())
    assert pairing_clock(request, request.deadline_at) == pairing.TimeUp()
    plain = searching(World.of(1)).request
    assert plain is not None
    assert pairing_clock(plain, plain.deadline_at - timedelta(seconds=1)) is None


def things(world: World) -> list[Timed]:
    """Return everything of a world that may wait."""
    shelves = (world.payments, world.requests, world.chats, world.extensions)
    return [item for shelf in shelves for item in shelf.values()]


def test_what_waits_has_its_time() -> None:
    """At every stage of an evening something waits, what waits has a time, and nothing else has one."""
    for stage in STAGES.values():
        found = things(stage(World.of(1)))
        assert any(waits(item) for item in found)
        assert [item.wake_at is not None for item in found] == [waits(item) for item in found]
        assert list(misdated(found)) == []


def test_a_chat_that_extends_waits_for_its_extension() -> None:
    """The extension has the time; the chat has none of its own."""
    world = extending(World.of(1))
    assert world.chat is not None
    assert world.extension is not None
    assert (waits(world.chat), waits(world.extension)) == (False, True)


def test_what_waits_without_a_time_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence for each, with how it stands."""
    world = searching(World.of(1))
    assert world.request is not None
    monkeypatch.setattr(pairing.PairingRequest, "wake_at", None)
    said = f"PairingRequest {world.request.id} is pending, to be looked at: None"
    assert list(misdated(things(world))) == [said]
