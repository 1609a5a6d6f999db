"""Deadlines: what the clock asks of each waiting thing."""

from datetime import timedelta

from halobestie_core import TimeoutPolicy, chat, extension, pairing, payment
from halobestie_core.flow.deadlines import CLOCKS, extension_clock, pairing_clock
from halobestie_core.testing import World, searching


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
