"""The routes of devices: where a person's pushes go. Holds no rule of its own."""

import re
from typing import Final

from attrs import field, frozen
from attrs.validators import and_, matches_re, max_len

from halobestie_app.http.body import invalid
from halobestie_app.http.route import PEOPLE, Call, Plain, Route
from halobestie_core.ports.presence import User
from halobestie_core.ports.push import Device, Platform

LONGEST_ID: Final = 128
LONGEST_TOKEN: Final = 2048
"""Those of today have about 150 characters."""
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


@frozen
class DeviceWanted:
    """Where FCM finds an installed app, and what it runs on."""

    fcm_token: str = field(repr=False, validator=and_(max_len(LONGEST_TOKEN), matches_re(r"[!-~]+")))
    platform: Platform


@frozen
class DeviceKept:
    """An installed app that gets the caller's pushes from now on."""

    installation_id: str
    platform: Platform


async def put(call: Call[DeviceWanted, None]) -> DeviceKept:
    """Give an installation to the caller, whoever had it before."""
    caller, wanted = call.caller, call.body
    user = User(caller.user_type, caller.user_id)
    device = Device(_installation(call.words["installation_id"]), user, wanted.platform, wanted.fcm_token)
    await call.services.devices.put(device, caller.session_id)
    return DeviceKept(device.installation_id, device.platform)


async def forget(call: Plain) -> None:
    """Forget an installation of the caller's; somebody else's is left alone, and nobody learns of it."""
    caller = call.caller
    await call.services.devices.forget(
        User(caller.user_type, caller.user_id), _installation(call.words["installation_id"])
    )


def _installation(text: str) -> str:
    if not _ID.fullmatch(text):
        message = f"must be 1 to {LONGEST_ID} of the characters A-Z, a-z, 0-9 and . _ : -"
        raise invalid([{"path": "$.installation_id", "message": message}])
    return text


_PATH: Final = "/api/shared/devices/{installation_id:str}"

ROUTES: Final[tuple[Route, ...]] = (
    Route("PUT", _PATH, put, "Push to this installed app", PEOPLE, DeviceKept, body=DeviceWanted),
    Route("DELETE", _PATH, forget, "Do not push to this installed app any more", PEOPLE),
)
