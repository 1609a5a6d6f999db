"""Who gets a push, about what, and until when it is worth sending."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given

from halobestie_core.flow.effects import Push, PushType, Tell, ToCustomer, ToMitra, ToOffered
from halobestie_core.pairing import NextWave
from halobestie_core.presence import GoOffline
from halobestie_core.testing import (
    CUSTOMER,
    World,
    a_mitra,
    asking_again,
    chatting,
    evenings,
    extending,
    paid,
    run_clock,
    searching,
)
from support.told import pushed


def pushes_of(world: World) -> list[Push]:
    """Return every push of a world so far."""
    return [effect for effect in world.effects if isinstance(effect, Push)]


def test_a_blast_is_pushed_to_its_wave() -> None:
    """One push for the whole wave, until the window ends."""
    world = paid(World.of(3))
    [push] = pushed(world.search())
    request = world.request
    assert request is not None
    assert (push.type, push.audience) == (PushType.CHAT_REQUEST, ToOffered(request.id, 1))
    assert push.ids == {"pairing_request_id": str(request.id)}
    assert push.until == request.deadline_at


def test_a_later_wave_has_a_push_of_its_own() -> None:
    """The next wave is pushed to, and nobody of the first one again."""
    world = searching(World.of(3, pairing_wave_size=1))
    request = world.request
    assert request is not None
    assert request.next_wave_at is not None
    world.now = request.next_wave_at
    [push] = pushed(world.of_request(NextWave(world.next_wave(request.id))))
    assert (push.audience, push.until) == (ToOffered(request.id, 2), request.deadline_at)


def test_a_blast_that_reaches_nobody_is_not_pushed() -> None:
    """Without a wave there is nobody to push to."""
    world = paid(World.of(1))
    world.of_mitra(a_mitra(world), GoOffline())
    assert pushed(world.search()) == []


def test_a_returning_request_is_pushed_to_its_target() -> None:
    """One person, who may acknowledge the frame instead."""
    world = paid(World.of(2))
    [push] = pushed(world.search_again())
    request = world.request
    assert request is not None
    assert (push.type, push.audience) == (PushType.CHAT_REQUEST, ToMitra(a_mitra(world)))
    assert push.until == request.deadline_at


@pytest.mark.parametrize("stage", [searching, asking_again])
def test_paired_is_pushed_to_the_customer_alone(stage: Callable[[World], World]) -> None:
    """The winner has the app in hand; for the customer it matters while time runs."""
    world = stage(World.of(2))
    [push] = pushed(world.accept(a_mitra(world)))
    assert world.chat is not None
    assert world.request is not None
    assert (push.type, push.audience) == (PushType.PAIRED, ToCustomer(CUSTOMER))
    assert push.ids == {"pairing_request_id": str(world.request.id), "session_id": str(world.chat.id)}
    assert push.until == world.chat.expires_at


def test_an_extension_is_pushed_to_the_mitra() -> None:
    """The question, as long as it may be answered."""
    world = extending(World.of(1))
    asked = world.extension
    assert asked is not None
    [push] = [one for one in pushes_of(world) if one.type is PushType.EXTENSION_REQUEST]
    assert push.audience == ToMitra(a_mitra(world))
    assert push.ids == {"extension_id": str(asked.id), "session_id": str(asked.session_id)}
    assert push.until == asked.deadline_at


@pytest.mark.parametrize("accepted", [True, False])
def test_an_answer_is_pushed_to_the_customer(accepted: bool) -> None:
    """Yes or no, until the chat's time is over as it stands after the answer."""
    world = extending(World.of(1))
    [push] = pushed(world.answer(accepted=accepted))
    assert world.chat is not None
    assert (push.type, push.audience) == (PushType.EXTENSION_RESPONSE, ToCustomer(CUSTOMER))
    assert push.until == world.chat.expires_at


def test_a_refusal_in_closing_is_worth_a_push_until_the_end() -> None:
    """Nothing is left but the goodbye, and so long the answer matters."""
    world = chatting(World.of(1))
    assert world.chat is not None
    run_clock(world, world.chat.expires_at)
    world.create(12, for_extension=True)
    assert world.extension_payment is not None
    world.pay(world.extension_payment.id)
    world.ask_extension()
    [push] = pushed(world.answer(accepted=False))
    assert world.chat is not None
    assert push.until == world.chat.closing_until == world.now + timedelta(seconds=60)


@given(evenings(mitras=3))
def test_every_push_has_its_frame(evening: World) -> None:
    """A push is never all that somebody gets, and holds ids alone."""
    frames = [effect for effect in evening.effects if isinstance(effect, Tell)]
    told = {(frame.frame, tuple(frame.ids.items())) for frame in frames}
    for push in pushes_of(evening):
        assert (push.type, tuple(push.ids.items())) in told
        assert push.until is not None
