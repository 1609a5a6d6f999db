"""Each law cries out over what it guards, also where no single bent row leads there."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from halobestie_core.causes import Cause
from halobestie_core.chat import SessionStatus
from halobestie_core.explore import laws, moving, reading
from halobestie_core.explore.ask import Ask, Standing
from halobestie_core.explore.bounds import Bounds
from halobestie_core.explore.night import NOBODY, OVER, PAYMENT, ROW, Gateway, Night, Purse
from halobestie_core.explore.turning import Turn, take
from halobestie_core.explore.walk import Walk
from halobestie_core.extension import Extension, ExtensionStatus
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import FailureSuperseded
from halobestie_core.flow.evening import Evening, FailedMoney
from halobestie_core.pairing import PairingRequest, RequestStatus
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.words import OperatorAction, RequestKind


@pytest.fixture(scope="module")
def nights() -> list[Night]:
    """Every night of one customer and one mitra."""
    walk = Walk(Bounds(1, 1, brief=True))
    walk.run()
    return [walk.nights.night(number) for number in range(len(walk.nights))]


def first(nights: list[Night], wanted: Callable[[Night], bool]) -> Night:
    """Return the first night like this."""
    return next(night for night in nights if wanted(night))


def searching(night: Night) -> bool:
    """A search is open."""
    return night.is_searching


def offered(night: Night) -> bool:
    """A blast is open, and the mitra was shown it."""
    asked = night.request
    return asked is not None and asked.is_open and asked.kind is RequestKind.GENERAL and bool(asked.waves)


def extending(night: Night) -> bool:
    """An extension waits."""
    return night.extension is not None and night.extension.is_pending


def prolonged(night: Night) -> bool:
    """An extension was accepted."""
    return night.extension is not None and night.extension.status is ExtensionStatus.ACCEPTED


def failed(night: Night) -> bool:
    """A payment has failed."""
    return night.purse is not None and night.purse.rows == 1


def asked(**bent: Any) -> Callable[[Night], Night]:  # noqa: ANN401 - any field
    """Bend the search."""

    def bend(night: Night) -> Night:
        assert night.request is not None
        return evolve(night, request=evolve(night.request, **bent))

    return bend


def pursed(**bent: Any) -> Callable[[Night], Night]:  # noqa: ANN401 - any field
    """Bend the purse."""

    def bend(night: Night) -> Night:
        assert night.purse is not None
        return evolve(night, purse=evolve(night.purse, **bent))

    return bend


def paid(**bent: Any) -> Callable[[Night], Night]:  # noqa: ANN401 - any field
    """Bend the payment."""

    def bend(night: Night) -> Night:
        assert night.purse is not None
        return evolve(night, purse=evolve(night.purse, payment=evolve(night.purse.payment, **bent)))

    return bend


def longer(**bent: Any) -> Callable[[Night], Night]:  # noqa: ANN401 - any field
    """Bend the extension."""

    def bend(night: Night) -> Night:
        assert night.extension is not None
        return evolve(night, extension=evolve(night.extension, **bent))

    return bend


def acted(night: Night) -> Night:
    """Let an operator have acted while the same money may still be used."""
    assert night.purse is not None
    row = FailedMoney(ROW, PAYMENT, 20_000, OperatorAction.REFUNDED)
    return paid(fallback_open=True)(pursed(row=row, settled=1)(night))


def no_deadline(kind: type) -> Callable[[pytest.MonkeyPatch], None]:
    """Let no snapshot of this kind have a deadline."""
    return lambda patch: patch.setattr(kind, "wake_at", property(lambda _item: None))


BENT: list[tuple[str, Callable[[Night], bool], Callable[[Night], Night]]] = [
    ("status_and_cause_agree", searching, asked(cause_tag=Cause.LATE_PAYMENT)),
    ("status_and_cause_agree", searching, asked(winner_mitra_id=NOBODY)),
    ("status_and_cause_agree", extending, longer(cause_tag=Cause.LATE_PAYMENT)),
    ("held_by_one_that_is_open", searching, paid(held_by=None)),
    ("held_by_one_that_is_open", searching, paid(status=PaymentStatus.PENDING)),
    ("failed_is_owed_once", failed, pursed(settled=2)),
    ("failed_is_owed_once", failed, acted),
    ("failed_is_owed_once", failed, pursed(due=1)),
    ("spent_is_charged_once", searching, pursed(served=1)),
    ("spent_is_charged_once", searching, pursed(charges=(1,))),
    ("heard_money_counts", searching, pursed(gateway=Gateway.OPEN)),
    ("heard_money_counts", searching, pursed(heard=False)),
    (
        "one_discount",
        lambda night: night.purse is not None and night.purse.confirmed > 0,
        lambda night: evolve(
            pursed(discount=1)(paid(is_first_session_discount=True)(night)), had_session=True
        ),
    ),
    ("one_accepted", searching, asked(kind=RequestKind.RETURNING, targeted_mitra_id=NOBODY)),
    ("one_accepted", searching, asked(winner_mitra_id=NOBODY)),
    ("extends_while_asked", extending, longer(requested_price=1)),
    ("extends_while_asked", extending, lambda night: evolve(night, chat=None)),
    ("extends_while_asked", prolonged, lambda night: evolve(night, extra=None)),
]


@pytest.mark.parametrize("law, wanted, bend", BENT, ids=[f"{n}-{one[0]}" for n, one in enumerate(BENT)])
def test_a_bent_night_breaks_its_law(
    law: str, wanted: Callable[[Night], bool], bend: Callable[[Night], Night], nights: list[Night]
) -> None:
    """The night as it was found is sound; bent, its law says what is wrong."""
    shown = [
        one
        for one in nights
        if wanted(one) and (one.request is None or one.request.waves or not searching(one))
    ]
    night = shown[0]
    assert list(laws.breaches(night)) == []
    assert law in {name for name, _said in laws.breaches(bend(night))}


def falling_back(night: Night) -> bool:
    """A payment has failed, and its money may be used again."""
    return night.purse is not None and night.purse.payment.fallback_open


@pytest.mark.parametrize(
    "kind, wanted",
    [(PaymentSession, falling_back), (PairingRequest, searching), (Extension, extending)],
)
def test_what_waits_without_a_deadline_is_found(
    kind: type, wanted: Callable[[Night], bool], nights: list[Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payment, a search or an extension that waits must have a time to be looked at."""
    night = first(nights, wanted)
    no_deadline(kind)(monkeypatch)
    assert list(laws.waiting_has_a_deadline(night))


def test_what_is_left_behind_is_judged_once_more(nights: list[Night]) -> None:
    """A payment whose slot is taken has to be sound as it stood then."""
    night = first(nights, failed)
    assert night.purse is not None
    assert list(laws.breaches_left_behind(night.purse)) == []
    assert list(laws.breaches_left_behind(evolve(night.purse, rows=2)))


# -- moves ---------------------------------------------------------------------------------------------------


def moved(night: Night, ask: Ask) -> Turn:
    """Return what one ask does to a night, which has to move."""
    turn = take(night, ask)
    assert isinstance(turn, Turn)
    assert turn.verdict is not None
    return turn


def with_before(turn: Turn, **bent: Any) -> Turn:  # noqa: ANN401 - any field
    """Bend what stood before the first move of a turn."""
    assert turn.verdict is not None
    one, *others = turn.verdict.moves
    assert one.before is not None
    return evolve(
        turn, verdict=evolve(turn.verdict, moves=(evolve(one, before=evolve(one.before, **bent)), *others))
    )


@pytest.fixture
def accepted(nights: list[Night]) -> Turn:
    """A mitra accepts."""
    night = first(nights, offered)
    return moved(evolve(night, chat=None, extension=None, extra=None), Ask("accept", "", 0, Standing.HERE))


def test_a_sound_acceptance_breaks_nothing(accepted: Turn) -> None:
    """In time, by somebody who was offered it."""
    assert list(moving.breaches(accepted)) == []


@pytest.mark.parametrize("bent", [{"deadline_at": OVER}, {"targeted_mitra_id": NOBODY}, {"waves": ()}])
def test_a_late_or_foreign_acceptance_is_found(accepted: Turn, bent: dict[str, Any]) -> None:
    """Too late, for another target, or without an offer."""
    assert list(moving.accepted_rightly(with_before(accepted, **bent)))


def test_an_acceptance_for_somebody_else_is_found(accepted: Turn) -> None:
    """Who answers is who wins."""
    assert list(moving.accepted_rightly(evolve(accepted, command=None)))


def test_a_rejection_while_somebody_is_left_is_found(nights: list[Night]) -> None:
    """The facts recorded with the move have to say that nobody eligible was left."""
    night = first(nights, offered)
    turn = moved(night, Ask("decline", mitra=0))
    assert turn.after.request is not None
    assert turn.after.request.status is RequestStatus.REJECTED
    assert list(moving.rejected_by_all(turn)) == []
    assert list(moving.rejected_by_all(evolve(turn, ask=Ask("decline", mitra=0, flag=True))))


def test_a_move_without_a_row_is_found(accepted: Turn) -> None:
    """What no row of the table allows is a defect."""
    with pytest.raises(LookupError, match="no row moves"):
        reading.row_of(with_before(accepted, status=RequestStatus.EXPIRED).moves[0])


def test_superseding_what_was_acted_on_is_found(nights: list[Night]) -> None:
    """An operator's action and a fallback exclude each other."""
    night = first(nights, failed)
    assert night.purse is not None
    row = FailedMoney(ROW, PAYMENT, 20_000, OperatorAction.REFUNDED)
    before = Night(purse=evolve(night.purse, row=row))
    verdict = Moved(Evening(), (), (), (), (FailureSuperseded(PAYMENT),), Evening())
    assert list(moving.failure_rows_are_set_once(Turn(Ask("fall_back"), before, before, verdict)))


def test_nobody_acts_where_nothing_failed(nights: list[Night]) -> None:
    """Without a failure row there is nothing to act on."""
    night = first(nights, searching)
    assert isinstance(night.purse, Purse)
    assert night.chat is None or night.chat.status is SessionStatus.ENDED
    assert take(night, Ask("act", "purse", detail="refunded")) is None
