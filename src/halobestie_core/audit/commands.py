"""Commands from their facts: what the log says of a command, read back into the command. Knows no database.

Strict: a fact that the command has no field for, a missing one, or one of another type is an error. Of a set
of mitras the log has the size and the fingerprint; whose ids they are, the request's waves know.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, get_origin
from uuid import UUID

from attrs import Attribute, fields

from halobestie_core.audit.digests import fingerprint_of
from halobestie_core.machine import Machine, snake
from halobestie_core.pairing import Wave
from halobestie_core.wire import WireError, from_wire


class UnreadableError(ValueError):
    """The facts are not those of such a command; says why."""


def commands_of(table: Machine[Any]) -> Mapping[str, type]:
    """Return every command that the log of a machine may name, its birth included."""
    return {snake(command): command for command in (table.opening, *table.commands)}


def command_from(cls: type, facts: object, waves: Sequence[Wave]) -> tuple[Any, int]:
    """Return the command, and how many of the ``waves`` it accounts for (those that follow, in order).

    Raises `UnreadableError`.
    """
    sets = _sets_of(cls)
    try:
        if not sets:
            return from_wire(facts, cls), 0
        if not isinstance(facts, dict):
            raise UnreadableError("they are no object")
        return _with_mitras(cls, facts, waves, sets)
    except WireError as wrong:
        raise UnreadableError(str(wrong)) from None


def _with_mitras(
    cls: type, facts: Mapping[str, object], waves: Sequence[Wave], sets: frozenset[str]
) -> tuple[Any, int]:
    known: tuple[Attribute[Any], ...] = fields(cls)
    names = {attribute.name for attribute in known}
    if facts.keys() != names:
        unlike = ", ".join(sorted(facts.keys() ^ names))
        raise UnreadableError(f"lacking or unexpected: {unlike}")
    values: dict[str, object] = {}
    used = 0
    for attribute in known:
        said = facts[attribute.name]
        if attribute.name in sets:
            values[attribute.name] = ids = _mitras(said, waves[used:])
            used += 1 if ids else 0
        else:
            values[attribute.name] = from_wire(said, attribute.type)  # type: ignore[arg-type] # commands are annotated
    return cls(**values), used


def _mitras(said: object, waves: Sequence[Wave]) -> AbstractSet[UUID]:
    match said:
        case {"count": int(count), "sha256": str(fingerprint), **others} if not others:
            pass
        case _:
            raise UnreadableError("a set of mitras is not a count and a fingerprint")
    if count == 0:
        ids: AbstractSet[UUID] = frozenset()
    elif waves:
        ids = waves[0].mitra_ids
    else:
        raise UnreadableError(f"it was shown to {count} mitras, but no wave says to whom")
    if len(ids) != count:
        raise UnreadableError(f"it was shown to {count} mitras, but its wave names {len(ids)}")
    if fingerprint_of(ids) != fingerprint:
        raise UnreadableError(f"its wave names other mitras than the {count} whom it was shown to")
    return ids


@cache
def _sets_of(cls: type) -> frozenset[str]:
    known: tuple[Attribute[Any], ...] = fields(cls)
    return frozenset(each.name for each in known if get_origin(each.type) is AbstractSet)
