"""The operators' routes over mitras. Holds no rule of its own."""

from typing import Any, Final

from attrs import field, frozen
from attrs.validators import and_, ge, le, max_len, min_len, optional

from halobestie_app.http.auth import Validator
from halobestie_app.http.route import OPERATORS, Call, Reply, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import identity_rules as rules
from halobestie_app.views.back_office import MitraRow, MitraRows, mitra_row, mitra_user
from halobestie_core.ports.back_office import MitraKept, Standing

_NAME: Final[Validator] = and_(min_len(1), max_len(rules.NAME_CHARACTERS))
_FURTHEST: Final = 2**31 - 1


@frozen
class MitrasQuery:
    """Which mitras: ``q`` is part of a name or of a phone; ``state`` may be several."""

    q: str | None = field(default=None, validator=optional(max_len(100)), repr=False)
    state: tuple[Standing, ...] = ()
    limit: int = field(default=50, validator=and_(ge(1), le(200)))
    offset: int = field(default=0, validator=and_(ge(0), le(_FURTHEST)))


@frozen
class NewMitra:
    """Somebody who will listen; codes are sent to the phone (E.164)."""

    phone: str = field(validator=and_(min_len(1), max_len(32)), repr=False)
    display_name: str = field(validator=_NAME)


@frozen
class MitraChange:
    """Any of these; what is left out stays."""

    display_name: str | None = field(default=None, validator=optional(_NAME))
    blocked: bool | None = None


async def list_mitras(call: Call[None, MitrasQuery]) -> MitraRows:
    """A page of mitras."""
    asked = call.query
    found, total = await call.services.mitras.found(asked.q, asked.state, asked.limit, asked.offset)
    connected = await call.services.desk.connections.which_connected([mitra_user(one) for one in found])
    cap = call.services.desk.settings().max_customers_per_mitra
    return MitraRows(tuple(mitra_row(one, cap, connected) for one in found), total)


async def register_mitra(call: Call[NewMitra, None]) -> Reply:
    """A new mitra; the same again is answered with the one there is."""
    given = call.body
    author = call.caller.user_id
    kept = await call.services.mitras.registered(author, given.phone, given.display_name)
    return Reply(await _row(call, kept))


async def change_mitra(call: Call[MitraChange, None]) -> MitraRow:
    """Another name, shut out, or let in again."""
    given = call.body
    kept = await call.services.mitras.changed(
        call.caller.user_id, call.path["id"], display_name=given.display_name, blocked=given.blocked
    )
    return await _row(call, kept)


async def _row(call: Call[Any, Any], kept: MitraKept) -> MitraRow:
    desk = call.services.desk
    connected = await desk.connections.which_connected([mitra_user(kept)])
    return mitra_row(kept, desk.settings().max_customers_per_mitra, connected)


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/internal/mitras",
        list_mitras,
        "Mitras, by name, phone or how they stand",
        OPERATORS,
        MitraRows,
        query=MitrasQuery,
    ),
    Route(
        "POST",
        "/internal/mitras",
        register_mitra,
        "Register a mitra, who can then log in with a code",
        OPERATORS,
        MitraRow,
        status=201,
        body=NewMitra,
        keyed=True,
        problems=(Code.INVALID_STATE,),
    ),
    Route(
        "PATCH",
        "/internal/mitras/{id}",
        change_mitra,
        "Rename a mitra, shut them out, or let them in again",
        OPERATORS,
        MitraRow,
        body=MitraChange,
    ),
)
