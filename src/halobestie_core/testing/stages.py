"""Stages: how far an evening has come before a test begins. Each plays the shortest way there."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from halobestie_core.testing.world import World

Stage = Callable[[World], World]


def a_mitra(world: World) -> UUID:
    """Return the first mitra of a world."""
    return next(iter(world.mitras))


def pending(world: World) -> World:
    """A payment of 60 minutes waits for its money; its target is the first mitra."""
    world.create(60, target=a_mitra(world))
    return world


def paid(world: World) -> World:
    """The money has come; nothing was searched yet."""
    pending(world).pay()
    return world


def searching(world: World) -> World:
    """A blast is open."""
    paid(world).search()
    return world


def asking_again(world: World) -> World:
    """The target is being asked (*Curhat lagi*)."""
    paid(world).search_again()
    return world


def chatting(world: World) -> World:
    """A chat runs with the first mitra."""
    searching(world).accept(a_mitra(world))
    return world


def ready_to_extend(world: World) -> World:
    """An extension of 12 minutes is paid, not asked for."""
    chatting(world).create(12, for_extension=True)
    world.pay(next(paid.id for paid in world.payments.values() if paid.is_extension))
    return world


def extending(world: World) -> World:
    """The chat is paused for an extension that waits for the mitra."""
    ready_to_extend(world).ask_extension()
    return world


STAGES: Final[Mapping[str, Stage]] = {
    stage.__name__: stage
    for stage in (pending, paid, searching, asking_again, chatting, ready_to_extend, extending)
}
