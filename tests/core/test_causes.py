"""Causes, reasons and errors: closed lists, each with its sentence."""

import pytest

from halobestie_core import BrokenReactionError, Cause, HaloBestieError, Reason, RefusedError
from halobestie_core.causes import FALLBACK_CAUSES, SENTENCES, Sentence
from halobestie_core.chat import CHAT
from halobestie_core.extension import EXTENSION
from halobestie_core.machine import CARRIED
from halobestie_core.pairing import PAIRING
from halobestie_core.payment import PAYMENT
from halobestie_core.presence import PRESENCE
from halobestie_core.reasons import SENTENCES as REASONS
from halobestie_core.testing import World, pending

NORMATIVE = [
    "no_mitra_available",
    "all_mitras_rejected",
    "targeted_mitra_offline",
    "targeted_mitra_rejected",
    "targeted_mitra_timeout",
    "payment_session_expired",
    "customer_cancelled",
    "extension_rejected",
    "extension_safeguard_tripped",
    "late_payment",
    "duplicate_payment",
    "payment_mismatch",
    "operator_ended",
]
BY_OTHER_MEANS = {
    Cause.DUPLICATE_PAYMENT: "a surplus capture",
    Cause.PAYMENT_MISMATCH: "a surplus capture",
    Cause.OPERATOR_ENDED: "carried by the end of a chat",
}


def test_the_causes_are_spelt_as_everywhere() -> None:
    """The spelling in the database, in the API and in the documents."""
    assert [cause.value for cause in Cause] == NORMATIVE


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_its_sentence_in_two_languages(cause: Cause) -> None:
    """An operator reads why, in Indonesian and in English, and no two read alike."""
    sentence = SENTENCES[cause]
    assert isinstance(sentence, Sentence)
    for text in (sentence.id, sentence.en):
        assert text[0].isupper()
        assert text.endswith(".")
        assert sum(text in {other.id, other.en} for other in SENTENCES.values()) == 1


def test_every_cause_is_given_by_some_table() -> None:
    """None stands in the list for nothing."""
    tables = (PAYMENT, PAIRING, CHAT, EXTENSION, PRESENCE)
    given = {row.cause for table in tables for row in table.rows} - {None, CARRIED}
    assert given | set(BY_OTHER_MEANS) == set(Cause)


def test_what_leaves_a_fallback_open() -> None:
    """The search's own failures do; time, the customer and the money do not."""
    assert {cause.value for cause in FALLBACK_CAUSES} == set(NORMATIVE[:5])


def test_every_reason_has_its_sentence() -> None:
    """Whoever is refused hears a sentence, and no two refusals read alike."""
    assert set(REASONS) == set(Reason)
    assert len(set(REASONS.values())) == len(Reason)


def test_a_refusal_can_be_raised() -> None:
    """It keeps snapshot, command, reason and what is allowed, and writes its sentence late."""
    verdict = pending(World.of(1)).confirm()
    with pytest.raises(RefusedError) as refused:
        verdict.moved()  # type: ignore[union-attr] # a refusal, as the next line says
    error = refused.value
    assert error.reason is Reason.PAYMENT_NOT_SETTLED
    assert str(error) == (
        "Confirm in pending: The money for this payment has not arrived yet."
        f" Allowed now: {', '.join(error.allowed)}."
    )
    assert isinstance(error, HaloBestieError)


def test_a_refusal_of_the_whole_evening_reads_well_too() -> None:
    """An evening has no status of its own, and nothing to suggest."""
    error = RefusedError(object(), World(), Reason.ALREADY_ACTIVE, ())
    assert str(error) == (
        "World in this state: Something else of this customer is still open. Allowed now: nothing."
    )


def test_a_broken_reaction_says_what_was_wanted() -> None:
    """The event and the refusal are kept for whoever mends the table."""
    error = BrokenReactionError("the event", "the refusal")
    assert (error.cause_event, error.refused) == ("the event", "the refusal")
    assert str(error) == "after 'the event' the reactions table wants what was refused: 'the refusal'"
