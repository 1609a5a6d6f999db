"""Hypothesis strategies for whoever imports the core: whole lives, and the snapshots that occur in them.

Every snapshot was reached by deciding wishes, so none is impossible; and every example shrinks to a short
life. Needs Hypothesis, which nothing else of the core does.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.testing.acts import Act, every, fitting, passing
from halobestie_core.testing.stages import STAGES, Stage, asking_again, chatting, extending, searching
from halobestie_core.testing.world import CHEAPER, PROMOTION, World
from halobestie_core.words import Provider, TimeoutPolicy


def worlds(mitras: int = 3) -> SearchStrategy[World]:
    """Draw a world in which nothing has happened yet: settings, gateway, promotion, mitras online."""

    def made(promotion: Any, provider: Provider, **settings: Any) -> World:  # noqa: ANN401 - drawn below
        world = World.of(mitras, **settings)
        world.promotion, world.provider = promotion, provider
        return world

    return st.builds(
        made,
        st.sampled_from([PROMOTION, CHEAPER, None]),
        st.sampled_from([Provider.DEVELOPMENT, Provider.XENDIT]),
        payment_session_timeout_minutes=st.sampled_from([20, 1]),
        pairing_wave_size=st.sampled_from([0, 1, 2]),
        extension_default_action_on_timeout=st.sampled_from(TimeoutPolicy),
        closure_grace_seconds=st.sampled_from([60, 0]),
        max_customers_per_mitra=st.sampled_from([3, 1]),
        mitra_require_ping=st.booleans(),
    )


def evenings(mitras: int = 3, longest: int = 40) -> SearchStrategy[World]:
    """Draw one customer's whole evening among ``mitras``: from any stage, up to ``longest`` acts further."""
    return _lives(mitras, longest, None, *STAGES.values())


def payments() -> SearchStrategy[PaymentSession]:
    """Draw a payment as it may stand at some moment."""
    return _some(lambda world: world.payments, *STAGES.values())


def requests() -> SearchStrategy[PairingRequest]:
    """Draw a pairing request as it may stand at some moment, offers included."""
    return _some(lambda world: world.requests, searching, asking_again)


def chats() -> SearchStrategy[ChatSession]:
    """Draw a chat session as it may stand at some moment."""
    return _some(lambda world: world.chats, chatting, extending)


def extensions() -> SearchStrategy[Extension]:
    """Draw an extension as it may stand at some moment."""
    return _some(lambda world: world.extensions, extending)


@st.composite
def _lives(draw: DrawFn, mitras: int, longest: int, *stages: Stage | None) -> World:
    world = draw(worlds(mitras))
    stage = draw(st.sampled_from(stages))
    if stage is not None:
        stage(world).story.append(stage.__name__)
    for _ in range(draw(st.integers(0, longest))):
        draw(acts(world))(world)
    return world


def _some(shelf: Callable[[World], dict[Any, Any]], *stages: Stage) -> SearchStrategy[Any]:
    lives = _lives(3, 15, *stages)
    return lives.flatmap(lambda world: st.sampled_from(list(shelf(world).values())))


@st.composite
def acts(draw: DrawFn, world: World) -> Act:
    """Draw one act: what fits this moment, the passing of time, or anything at all."""
    kind = draw(st.sampled_from((fitting, passing, every)))
    return draw(st.sampled_from(kind(world)))
