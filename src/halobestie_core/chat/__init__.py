"""The chat session: model, messages and table."""

from halobestie_core.chat.messages import (
    End,
    ExtensionAccepted,
    ExtensionRefused,
    RequestExtension,
    Start,
    TimeUp,
)
from halobestie_core.chat.model import LIVE, ChatSession, EndReason, SessionStatus
from halobestie_core.chat.table import CHAT

__all__ = [
    "CHAT",
    "LIVE",
    "ChatSession",
    "End",
    "EndReason",
    "ExtensionAccepted",
    "ExtensionRefused",
    "RequestExtension",
    "SessionStatus",
    "Start",
    "TimeUp",
]
