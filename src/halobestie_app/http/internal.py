"""The internal listener: operators. Knows no customer's and no mitra's route."""

from typing import Final

from halobestie_app.http import (
    auditing,
    dashboard,
    erasing,
    failures,
    histories,
    live_chats,
    mitras,
    operator_auth,
    operators,
    pricing,
    quarantine,
)
from halobestie_app.http.listener import Kind
from halobestie_app.http.route import Route

INTERNAL: Final = Kind(title="Halo Bestie, internal", prefixes=("/internal/",))

ROUTES: Final[tuple[Route, ...]] = (
    *operator_auth.ROUTES,
    *operators.ROUTES,
    *mitras.ROUTES,
    *live_chats.ROUTES,
    *failures.ROUTES,
    *pricing.ROUTES,
    *histories.ROUTES,
    *quarantine.ROUTES,
    *dashboard.ROUTES,
    *auditing.ROUTES,
    *erasing.INTERNAL_ROUTES,
)
"""Every route of this listener, module by module."""
