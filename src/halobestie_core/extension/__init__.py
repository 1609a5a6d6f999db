"""The extension of a chat: model, messages and table."""

from halobestie_core.extension.messages import Accept, Ask, Cancel, Reject, Silence, TimeUp
from halobestie_core.extension.model import Extension, ExtensionStatus
from halobestie_core.extension.table import EXTENSION

__all__ = [
    "EXTENSION",
    "Accept",
    "Ask",
    "Cancel",
    "Extension",
    "ExtensionStatus",
    "Reject",
    "Silence",
    "TimeUp",
]
