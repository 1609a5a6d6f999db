"""A payment's whole story as an operator sees it: the API's objects where it has them, else what was kept."""

from uuid import UUID

from attrs import frozen

from halobestie_app.views.failures import FailedPairing, failed_pairing
from halobestie_app.views.payments import PaymentSession, payment_session
from halobestie_core.ports.stories import (
    CaptureKept,
    ChatKept,
    EntryKept,
    ExtensionKept,
    InvoiceKept,
    MoveKept,
    Payer,
    PriceSource,
    Search,
    Story,
    WebhookKept,
)


@frozen
class PaymentStory:
    """Everything recorded of one payment; ``timeline`` ends after a thousand of ``moves``."""

    payment: PaymentSession
    held_by: UUID | None
    customer: Payer
    price_source: PriceSource | None
    invoices: tuple[InvoiceKept, ...]
    captures: tuple[CaptureKept, ...]
    ledger: tuple[EntryKept, ...]
    failures: tuple[FailedPairing, ...]
    requests: tuple[Search, ...]
    session: ChatKept | None
    extensions: tuple[ExtensionKept, ...]
    webhooks: tuple[WebhookKept, ...]
    timeline: tuple[MoveKept, ...]
    moves: int


def payment_story(story: Story) -> PaymentStory:
    """Show it."""
    return PaymentStory(
        payment=payment_session(story.payment),
        held_by=story.payment.payment.held_by,
        customer=story.customer,
        price_source=story.price_source,
        invoices=story.invoices,
        captures=story.captures,
        ledger=story.ledger,
        failures=tuple(failed_pairing(seen) for seen in story.failures),
        requests=story.requests,
        session=story.session,
        extensions=story.extensions,
        webhooks=story.webhooks,
        timeline=story.timeline,
        moves=story.moves,
    )
