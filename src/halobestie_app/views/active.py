"""Everything that is current for one person: what a cold start needs. Knows no endpoint and no socket."""

from attrs import frozen

from halobestie_app.views.chats import (
    Extension,
    PendingExtension,
    Session,
    extension,
    pending_extension,
    session,
)
from halobestie_app.views.mitras import MitraStatus, mitra_status
from halobestie_app.views.pairings import Offer, PairingRequest, fallback_available, offers, pairing_request
from halobestie_app.views.payments import PaymentSession, payment_session
from halobestie_core.ports import reads
from halobestie_core.ports.presence import Availability
from halobestie_core.settings import Settings


@frozen
class CustomerActive:
    """What one customer has in flight; ``pairing_request`` is also the last failed one with a fallback."""

    session: Session | None
    pairing_request: PairingRequest | None
    payment_session: PaymentSession | None
    extension: Extension | None


@frozen
class MitraActive:
    """What one mitra has before them."""

    status: MitraStatus
    offers: tuple[Offer, ...]
    sessions: tuple[Session, ...]
    extensions: tuple[PendingExtension, ...]


def customer_active(
    seen: reads.CustomerActive, settings: Settings, availability: Availability
) -> CustomerActive:
    """Show a customer what is current."""
    policy = settings.extension_default_action_on_timeout
    request = seen.request
    return CustomerActive(
        session=None if seen.session is None else session(seen.session, seen.now),
        pairing_request=None
        if request is None
        else pairing_request(
            request,
            fallback_available=fallback_available(request.request, seen.payment, seen.now, availability),
        ),
        payment_session=None if seen.payment is None else payment_session(seen.payment),
        extension=None if seen.extension is None else extension(seen.extension.extension, policy),
    )


def mitra_active(seen: reads.MitraActive, settings: Settings, cadence: int) -> MitraActive:
    """Show a mitra what is current; ``cadence`` of heartbeats in seconds."""
    policy = settings.extension_default_action_on_timeout
    return MitraActive(
        status=mitra_status(seen.listener, cadence, settings.max_customers_per_mitra),
        offers=offers(seen.offers, seen.now),
        sessions=tuple(session(one, seen.now) for one in seen.sessions),
        extensions=tuple(pending_extension(one, policy) for one in seen.extensions),
    )
