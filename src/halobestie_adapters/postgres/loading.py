"""Which statements a scope needs, and how their rows become what a decision sees. Knows no connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from attrs import evolve, frozen

from halobestie_adapters.postgres import rows
from halobestie_adapters.postgres.packed import PackedIds
from halobestie_adapters.postgres.trip import Answer
from halobestie_core.flow.availability import Listener
from halobestie_core.flow.evening import Evening
from halobestie_core.pairing import Wave
from halobestie_core.ports.store import Loaded, Look, Named, Scope


@frozen
class MitraRow:
    """A mitra with name, presence and load."""

    listener: Listener
    display_name: str


def _mitra(*, display_name: str, **columns: Any) -> MitraRow:  # noqa: ANN401 - passed on by name, checked there
    return MitraRow(rows.listener_row(**columns), display_name)


# What a row of each becomes, made from its columns by name.
_MAKERS: Final[Mapping[str, Callable[..., object]]] = {
    "customer": Named,
    "mitra": _mitra,
    "payment": rows.payment_row,
    "failure": rows.failure_row,
    "request": rows.request_row,
    "waves": Wave,
    "answers": rows.answer_row,
    "chat": rows.chat_row,
    "extension": rows.extension_row,
    "extension_payment": rows.payment_row,
    "tiers": rows.tier_row,
    "promotion": rows.promotion_row,
    "buyer": rows.buyer_row,
}
_SINGLE_VALUES: Final = frozenset({"captured", "recorded", "eligible", "clock"})
_MANY_ROWS: Final = frozenset({"waves", "answers", "tiers"})

Step = tuple[str, str]
"""What the rows are, and the name of the query."""


def steps(scope: Scope) -> Iterator[Step]:
    """Yield the statements of a scope in their order: locks, rows, the clock last."""
    yield from _locks(scope)
    yield from _payment(scope)
    yield from _pairing(scope)
    yield from _chat(scope)
    if scope.prices:
        yield from (("tiers", "tiers"), ("promotion", "promotion"), ("buyer", "buyer"))
    if scope.look is not None:
        yield "eligible", "eligible" if scope.look.unoffered_of is None else "eligible_unoffered"
    yield "clock", "clock"


def _locks(scope: Scope) -> Iterator[Step]:
    for given, query in (
        (scope.customer_id, "lock_customer"),
        (scope.payment_id, "lock_customer_of_payment"),
        (scope.request_id, "lock_customer_of_request"),
        (scope.session_id, "lock_customer_of_session"),
        (scope.extension_id, "lock_customer_of_extension"),
        (scope.failure_id, "lock_customer_of_failure"),
    ):
        if given is not None:
            yield "customer", query
            break
    if scope.mitra_id is not None:
        yield "mitra", "lock_mitra"
    elif scope.mitra_of_session:
        yield "mitra", "lock_mitra_of_session"


def _payment(scope: Scope) -> Iterator[Step]:
    if scope.payment_id is not None:
        yield from (("payment", "payment"), ("captured", "payment_captured"), ("failure", "open_failure"))
    elif scope.request_id is not None:
        yield "payment", "payment_of_request"
    elif scope.failure_id is not None:
        yield from (("payment", "payment_of_failure"), ("failure", "failure"))
    elif scope.prices:
        yield "payment", "open_payment"
    if scope.invoice is not None:
        yield "recorded", "invoice_recorded"


def _pairing(scope: Scope) -> Iterator[Step]:
    if scope.request_id is not None:
        yield from (("request", "request"), ("waves", "waves"), ("answers", "answers"))
    elif scope.searching:
        yield from (("request", "open_request"), ("waves", "open_waves"), ("answers", "open_answers"))


def _chat(scope: Scope) -> Iterator[Step]:
    if scope.extension_id is not None:
        yield from (
            ("chat", "session_of_extension"),
            ("extension", "extension"),
            ("extension_payment", "payment_of_extension"),
        )
    elif scope.session_id is not None:
        yield from (("chat", "session"), ("extension", "pending_extension"))
        asked = scope.extension_payment_id is not None
        yield "extension_payment", "asked_payment" if asked else "payment_of_pending_extension"
    elif scope.searching or scope.live_chat:
        yield "chat", "live_session"


def parameters(scope: Scope) -> dict[str, object]:
    """Return what every statement of the scope may ask for by name."""
    return {
        "customer_id": scope.customer_id,
        "payment_id": scope.payment_id,
        "request_id": scope.request_id,
        "session_id": scope.session_id,
        "extension_id": scope.extension_id,
        "extension_payment_id": scope.extension_payment_id,
        "failure_id": scope.failure_id,
        **({} if scope.invoice is None else {"provider": scope.invoice[0], "invoice_id": scope.invoice[1]}),
        "mitra_id": scope.mitra_id,
        **({} if scope.look is None else looking(scope.look)),
    }


def looking(look: Look) -> dict[str, object]:
    """Return the parameters of a look at the eligible mitras."""
    house = look.house
    silence = timedelta(seconds=house.stale_after_seconds) if house.require_ping else None
    return {
        "cap": house.cap,
        "silence": silence,
        "limit": look.limit or None,
        "unoffered_of": look.unoffered_of,
    }


def read(what: str, answer: Answer) -> Any:  # noqa: ANN401 - one row, many, or one value, as `what` says
    """Return what an answer holds: a value, a tuple, or the one row, if it is there."""
    if what in _SINGLE_VALUES:
        return answer.rows[0][0]
    make = _MAKERS[what]
    made = tuple(make(**row) for row in answer.by_name())
    if what in _MANY_ROWS:
        return made
    return made[0] if made else None


def buying(found: Mapping[str, Any]) -> rows.BuyerRow:
    """Give who buys; somebody about whom nothing is known, if nobody does."""
    return found.get("buyer") or rows.BuyerRow()


def assembled(found: Mapping[str, Any]) -> Loaded:
    """Put together what was read; what was not asked for, or not found, is absent."""
    request = found.get("request")
    if request is not None:
        request = evolve(request, waves=found["waves"], answers=found["answers"])
    mitra: MitraRow | None = found.get("mitra")
    evening = Evening(
        payment=found.get("payment"),
        request=request,
        chat=found.get("chat"),
        extension=found.get("extension"),
        extension_payment=found.get("extension_payment"),
        failure=found.get("failure"),
        mitra=None if mitra is None else mitra.listener.presence,
    )
    return Loaded(
        now=found["clock"],
        evening=evening,
        customer=found.get("customer"),
        mitra=None if mitra is None else mitra.listener,
        mitra_name=None if mitra is None else mitra.display_name,
        captured=found.get("captured", False),
        recorded=found.get("recorded", False),
        eligible=found.get("eligible", PackedIds()),
        tiers=found.get("tiers", ()),
        promotion=found.get("promotion"),
        buyer=buying(found).buyer,
    )


__all__ = ["assembled", "buying", "parameters", "read", "steps"]
