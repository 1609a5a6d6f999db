"""The public listener: customers, mitras, both sides of a chat, webhooks. Knows no operator."""

from typing import Final

from halobestie_app.http import (
    auth,
    client,
    client_chats,
    devices,
    erasing,
    extensions,
    mitra,
    shared,
    talking,
    webhooks,
)
from halobestie_app.http.listener import Kind
from halobestie_app.http.route import Route

PUBLIC: Final = Kind(
    title="Halo Bestie",
    prefixes=("/api/client/", "/api/mitra/", "/api/shared/", "/api/webhooks/"),
)

ROUTES: Final[tuple[Route, ...]] = (
    *auth.ROUTES,
    *client.ROUTES,
    *client_chats.ROUTES,
    *mitra.ROUTES,
    *extensions.ROUTES,
    *devices.ROUTES,
    *talking.ROUTES,
    *shared.ROUTES,
    *erasing.ROUTES,
    *webhooks.ROUTES,
)
"""Every route of this listener, module by module."""
