"""Servers with one mistake each: the simulation finds it within a few nights, and not without its fault."""

from collections.abc import Callable

import pytest
from attrs import evolve

from halobestie_app.simulation import Fault, Report, night
from halobestie_app.simulation import instance as instances
from halobestie_app.simulation.instance import Build, honest
from halobestie_app.usecases import pairings, payments, refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.workers import later
from halobestie_core.flow import pricing
from halobestie_core.flow.pricing import Quote, Tier
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.store import Loaded
from support import planted

NIGHTS = 20
STEPS = 200


def found(build: Build, *faults: Fault) -> Report | None:
    """The first night in which something is wrong."""
    every = (night(seed, build, steps=STEPS, faults=frozenset(faults)) for seed in range(1, NIGHTS + 1))
    return next((report for report in every if report.breaches), None)


@pytest.mark.parametrize(
    "build, fault, law",
    [
        pytest.param(planted.lockless, Fault.DATABASE_SLOW, "C1", id="reads without the lock"),
        pytest.param(planted.own_clock, Fault.SKEW, "T2", id="judges by its own clock"),
        pytest.param(planted.sure_of_sockets, Fault.REDIS_AWAY, "X3", id="takes unknown for connected"),
        pytest.param(planted.gullible, Fault.WEBHOOKS, "M10", id="believes a webhook"),
        pytest.param(planted.generous, Fault.GATEWAY_AWAY, "M9", id="does not look how much was paid"),
        pytest.param(planted.blinkered, Fault.SETTINGS, "P4", id="does not look who is left"),
        pytest.param(planted.never_looks, Fault.WEBHOOKS, "M10", id="waits for webhooks"),
    ],
)
def test_a_wrong_desk_is_found(build: Build, fault: Fault, law: str) -> None:
    """Each of these breaks one law, and that one is named."""
    report = found(build, fault)
    assert report is not None
    assert any(law in breach for breach in report.breaches), report.breaches


def test_frames_marked_too_early_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that marks before it sends loses frames when it dies, or sending fails, in between."""
    monkeypatch.setattr(instances, "OutboxLine", planted.Eager)
    report = found(honest, Fault.CRASH, Fault.REDIS_AWAY)
    assert report is not None
    assert any("T4" in breach for breach in report.breaches), report.breaches


def test_trust_in_nudges_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that only moves when it is nudged leaves commands undone when nudges are lost."""
    monkeypatch.setattr(later, "LONGEST_SLEEP", 1e9)
    report = found(honest, Fault.NUDGES_LOST)
    assert report is not None
    assert any("T4" in breach for breach in report.breaches), report.breaches


def test_a_webhook_kept_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An inbox that does not know what it has applies a webhook as often as it comes."""
    monkeypatch.setattr(instances, "MemoryInbox", planted.Forgetful)
    report = found(honest, Fault.WEBHOOKS)
    assert report is not None
    assert any("webhooks_count_once" in breach for breach in report.breaches), report.breaches


def test_a_search_ended_too_soon_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A no ends a search that others were offered and may still take."""
    monkeypatch.setattr(PairingRequest, "all_others_declined", lambda _request, _mitra_id: True)
    report = found(honest)
    assert report is not None
    assert any("rejected_by_all" in breach for breach in report.breaches), report.breaches


def test_a_new_id_at_each_try_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that forgets the key of a command makes its effect twice."""

    def forgetful(desk: Desk, _attempt: object) -> object:
        return desk.new_id()

    for module in (payments, pairings):
        monkeypatch.setattr(module, "id_for", forgetful)
    report = found(honest, Fault.COMMIT_UNKNOWN)
    assert report is not None
    assert any("T5" in breach for breach in report.breaches), report.breaches


def test_unasked_owners_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A use case that does not ask whose payment it is serves strangers."""

    def whoever(loaded: Loaded, _customer_id: object) -> PaymentSession:
        if loaded.evening.payment is None:
            raise refusals.not_found("payment session")
        return loaded.evening.payment

    monkeypatch.setattr(payments, "own", whoever)
    assert found(honest, Fault.HOSTILE) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda quote: evolve(quote, price=quote.price + 1), id="a rupiah more"),
        pytest.param(lambda quote: evolve(quote, price_source_id=None), id="from nowhere"),
        pytest.param(lambda quote: evolve(quote, price_source_id=quote.tier.id), id="from no version"),
        pytest.param(lambda quote: evolve(quote, is_first_session_discount=True), id="called a promotion"),
    ],
)
def test_a_wrong_price_is_found(monkeypatch: pytest.MonkeyPatch, wrong: Callable[[Quote], Quote]) -> None:
    """What a payment costs, and by which version of what, is held against the price list."""
    quote = pricing.quote
    monkeypatch.setattr(pricing, "quote", lambda *given, **named: wrong(quote(*given, **named)))
    report = found(honest)
    assert report is not None
    assert any("M8" in breach for breach in report.breaches), report.breaches


def test_an_old_price_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that remembers the price list sells by one that was taken down."""
    quote, remembered = pricing.quote, dict[int, tuple[Tier, ...]]()

    def once_and_for_all(tiers: tuple[Tier, ...], *given: object, **named: object) -> Quote:
        return quote(remembered.setdefault(0, tiers), *given, **named)  # type: ignore[arg-type] # as given

    monkeypatch.setattr(pricing, "quote", once_and_for_all)
    report = found(honest, Fault.SETTINGS)
    assert report is not None
    assert any("M8" in breach for breach in report.breaches), report.breaches


@pytest.mark.parametrize("fault", Fault)
def test_the_honest_server_passes(fault: Fault) -> None:
    """With any one fault, all is well."""
    report = night(3, steps=STEPS, faults=frozenset({fault}))
    assert report.breaches == ()
    assert report.steps >= STEPS
