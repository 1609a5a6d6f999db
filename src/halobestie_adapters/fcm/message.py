"""A notice in FCM's own form (v1 `projects.messages`). Sends nothing.

One channel for both apps: what a channel sounds like is fixed on a phone when it first appears, so a new
sound means a new channel id. Apps must have that channel; the name of the sound is a file that they carry.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from halobestie_core.ports.push import Device, Notice

CHANNEL: Final = "halobestie_chat_v2"
SOUND: Final = "halobestie_notif"
LARGEST: Final = 4096
"""Bytes that FCM takes of notification and data."""


def message(notice: Notice, device: Device, until: datetime, seconds: int) -> Mapping[str, Any]:
    """Return the body of one request. All platforms' parts are in it; each takes its own."""
    return {
        "message": {
            "token": device.token,
            "notification": {"title": notice.title, "body": notice.body},
            "data": dict(notice.data),
            "android": {
                "priority": "high",
                "ttl": f"{seconds}s",
                "collapse_key": notice.collapse_key,
                "notification": {"channel_id": CHANNEL, "sound": SOUND, "tag": notice.tag},
            },
            "apns": {
                "headers": {
                    "apns-expiration": str(int(until.timestamp())),
                    "apns-priority": "10",
                    "apns-push-type": "alert",
                    "apns-collapse-id": notice.tag,
                },
                "payload": {"aps": {"sound": f"{SOUND}.caf", "thread-id": notice.tag}},
            },
            "webpush": {
                "headers": {"TTL": str(seconds), "Urgency": "high"},
                "notification": {"tag": notice.tag},
            },
        }
    }
