"""What a change of settings means for who may be asked. Knows no mitra."""

from halobestie_core.settings import Settings


def admits_more(before: Settings, after: Settings) -> bool:
    """Return whether somebody may be asked now who could not before: what is open is offered to them.

    The other way round nothing follows: who is stale now is found by the sweep, and a lower cap ends nothing.
    """
    more_places = after.max_customers_per_mitra > before.max_customers_per_mitra
    no_pings = before.mitra_require_ping and not after.mitra_require_ping
    longer = after.mitra_stale_after_seconds > before.mitra_stale_after_seconds
    return more_places or no_pings or (longer and after.mitra_require_ping)
