"""People, wherever they are named. Knows nothing else of them."""

from uuid import UUID

from attrs import frozen

from halobestie_core.ports.store import Named


@frozen
class Person:
    """A customer or a mitra."""

    id: UUID
    display_name: str


@frozen
class Caller:
    """Whom an offer comes from: a name and no more, until it is accepted."""

    display_name: str


def person(named: Named) -> Person:
    """Show somebody."""
    return Person(named.id, named.display_name)
