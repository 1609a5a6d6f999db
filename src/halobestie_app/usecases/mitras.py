"""Mitras as operators keep them: found, registered, renamed, shut out. Knows no route.

A block is a move of the presence machine and stands in its log; what no machine looks at has a history of its
own. Both name the operator, in the transaction of the change.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, final
from uuid import UUID

from attrs import frozen

from halobestie_adapters.errors import Clash, Conflict
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import identity_rules as rules
from halobestie_app.usecases import presence, refusals
from halobestie_app.usecases.desk import Desk
from halobestie_core.ports.back_office import BackOffice, MitraKept, MitraSearch, Standing
from halobestie_core.ports.identity import Change, ChangeKind, InvalidPhone, Person, Phones
from halobestie_core.ports.identity_store import IdentityStore
from halobestie_core.words import UserType

_IN_PHONES: Final = frozenset("0123456789+ -().")


@final
@frozen
class Mitras:
    """The use cases. `new_id` makes the ids of mitras."""

    desk: Desk
    store: IdentityStore
    office: BackOffice
    phones: Phones
    new_id: Callable[[], UUID]

    async def found(
        self, words: str | None, standings: Collection[Standing], limit: int, offset: int
    ) -> tuple[Sequence[MitraKept], int]:
        """A page of mitras by name, and how many there are; ``words``: part of a name or of a phone."""
        return await self.office.mitras(search(words, standings), limit, offset)

    async def registered(self, author: UUID, phone: str, display_name: str) -> MitraKept:
        """Register a mitra. The same phone and name again is a repeat and changes nothing.

        Raises Problem VALIDATION_ERROR; INVALID_STATE when the phone is somebody's of another name.
        """
        try:
            phone = self.phones.normalise(phone)
        except InvalidPhone as unfit:
            raise _invalid("$.phone", str(unfit)) from None
        name = _name(display_name)
        try:
            return await self._one(await self._register(author, phone, name))
        except Conflict as there:  # two operators at once; who was second finds what the first has written
            if there.clash is not Clash.MITRA_PHONE:
                raise
            return await self._one(await self._register(author, phone, name))

    async def _register(self, author: UUID, phone: str, name: str) -> UUID:
        async with self.store.unit() as unit:
            known = await unit.person_by_phone(UserType.MITRA, phone)
            if known is not None:
                return _same(known, name)
            mitra_id = self.new_id()
            await unit.add_mitra(mitra_id, phone, name)
            after = {"display_name": name}
            await unit.keep_change(Change(UserType.MITRA, mitra_id, ChangeKind.CREATED, author, after=after))
        return mitra_id

    async def changed(
        self, author: UUID, mitra_id: UUID, *, display_name: str | None, blocked: bool | None
    ) -> MitraKept:
        """Rename, block or unblock a mitra; what is None stays. Raises Problem VALIDATION_ERROR, NOT_FOUND.

        The name and the block are one transaction each; whoever hears of a failure between them repeats both.
        """
        name = None if display_name is None else _name(display_name)
        if name is not None:
            await self._rename(author, mitra_id, name)
        if blocked is not None:
            await presence.block(self.desk, author, mitra_id, blocked=blocked)
        return await self._one(mitra_id)

    async def _rename(self, author: UUID, mitra_id: UUID, name: str) -> None:
        async with self.store.unit() as unit:
            before = await unit.lock_mitra(mitra_id)
            if before is None:
                raise refusals.not_found("mitra")
            if before.display_name == name:
                return
            await unit.rename(UserType.MITRA, mitra_id, name)
            names = ({"display_name": before.display_name}, {"display_name": name})
            await unit.keep_change(Change(UserType.MITRA, mitra_id, ChangeKind.RENAMED, author, *names))

    async def _one(self, mitra_id: UUID) -> MitraKept:
        found = await self.office.mitra(mitra_id)
        if found is None:
            raise refusals.not_found("mitra")
        return found


def search(words: str | None, standings: Collection[Standing]) -> MitraSearch:
    """Read what an operator typed: what may be a phone is looked for in phones too, however it is spelled."""
    words = (words or "").strip()
    digits = "".join(filter(str.isdecimal, words)) if set(words) <= _IN_PHONES else ""
    if digits.startswith("0"):  # as people write it at home: 0812... for +62 812...
        digits = digits.lstrip("0")
    return MitraSearch(words or None, digits or None, standings)


def _same(known: Person, name: str) -> UUID:
    """Give the mitra whose phone it is. Raises Problem INVALID_STATE when they are called otherwise."""
    if known.display_name != name:
        raise Problem(
            Code.INVALID_STATE,
            "This phone is registered for a mitra of another name.",
            state="registered",
            allowed=[],
            mitra={"id": known.id, "display_name": known.display_name},
        )
    return known.id


def _name(text: str) -> str:
    name = rules.name_of(text)
    if name is None:
        sentence = f"must be 1 to {rules.NAME_CHARACTERS} visible characters long, on one line"
        raise _invalid("$.display_name", sentence)
    return name


def _invalid(path: str, message: str) -> Problem:
    errors = [{"path": path, "message": message}]
    return Problem(Code.VALIDATION_ERROR, "The request is not valid.", errors=errors)
