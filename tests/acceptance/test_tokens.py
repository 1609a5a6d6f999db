"""Tokens at both doors of a real server: two hundred bad ones, every mutation of good ones, the other's."""

import time
from functools import partial
from uuid import UUID

import jwt
import pytest
from attrs import frozen

from halobestie_core.ports.identity import Audience
from halobestie_core.words import UserType
from support.evening import House, at_once
from support.forging import Forger
from support.people import Answer, Person
from support.server import SECRET, SECRET_INTERNAL
from support.sockets import Socket

pytestmark = pytest.mark.anyio

LETTERS = "AQgwBRhx_-09"


@frozen
class Door:
    """A listener, somebody who comes in there, and what they may read."""

    person: Person
    path: str
    forger: Forger

    async def knocks(self, token: str, path: str | None = None) -> Answer:
        """Come with a token."""
        return await self.person.ask("GET", path or self.path, headers={"Authorization": f"Bearer {token}"})


async def doors(house: House) -> list[Door]:
    """Both of them."""
    ayu, boss = await house.customer(), await house.operator()
    return [
        Door(person, path, forger(person, key, audience, holder))
        for person, path, key, audience, holder in (
            (ayu, "/api/shared/me", SECRET, Audience.PUBLIC, UserType.CUSTOMER),
            (boss, "/internal/config", SECRET_INTERNAL, Audience.INTERNAL, UserType.OPERATOR),
        )
    ]


def forger(person: Person, key: str, audience: Audience, holder: UserType) -> Forger:
    """A forger with everything that only the server should have: its key, and a log-in that goes on."""
    claims = jwt.decode(person.token, options={"verify_signature": False})
    session = UUID(claims["session_id"])
    return Forger(key.encode(), audience, holder, UUID(person.id), session, int(time.time()))


def travels(token: str) -> bool:
    """Whether it can be put into a header at all."""
    return 0 < len(token) < 8000 and token.isascii() and token.isprintable()


async def test_two_hundred_bad_tokens(house: House) -> None:
    """Each is 401, whoever it names, at the listener whose key it was made with; a good one is let in."""
    for door in await doors(house):
        assert (await door.knocks(door.forger.made())).status == 200
        bad = {name: token for name, token in door.forger.corpus().items() if travels(token)}
        assert len(bad) >= 200

        async def refused(name: str, token: str, door: Door = door) -> None:
            answer = await door.knocks(token)
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), name

        await at_once([partial(refused, name, token) for name, token in bad.items()])
        assert (await door.knocks(door.person.token)).status == 200


async def test_every_mutation_of_a_good_token(house: House) -> None:
    """Whichever letter is changed, dropped or doubled: it is no token any more."""
    for door in await doors(house):
        token = door.person.token
        mutated = {
            after
            for at, old in enumerate(token)
            for after in (
                token[:at] + LETTERS[(at + (old == LETTERS[at % 12])) % 12] + token[at + 1 :],
                token[:at] + token[at + 1 :],
                token[:at] + old + token[at:],
            )
        } - {token}
        assert len(mutated) > 2 * len(token)

        async def refused(after: str, door: Door = door) -> None:
            assert (await door.knocks(after)).code == "UNAUTHENTICATED"

        await at_once([partial(refused, after) for after in mutated])


async def test_a_token_of_the_other_listener(house: House) -> None:
    """Neither audience is let in by the other door, not even when its key leaked there."""
    public, internal = await doors(house)
    for here, there in ((public, internal), (internal, public)):
        forged = Forger(
            there.forger.key,
            here.forger.audience,
            here.forger.holder,
            here.forger.user,
            here.forger.session,
            here.forger.now,
        )
        for token in (here.person.token, forged.made(), here.forger.made()):
            answer = await there.knocks(token)
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
        assert (await here.knocks(forged.made())).code == "UNAUTHENTICATED"


async def test_bad_tokens_at_the_other_ways_in(house: House) -> None:
    """A socket is closed with 4401; a route where a token is optional refuses a bad one all the same."""
    ayu, _ = await doors(house)
    corpus = ayu.forger.corpus()
    names = ["alg 'none' unsigned", "another key under our id", "aud is 'internal'", "expired an hour ago"]
    verify = f"{house.first.public}/api/client/auth/otp/verify"
    for token in [corpus[name] for name in names]:
        socket = await Socket.dialled(house.first.public, token)
        assert await socket.closed() == 4401
        proof = {"phone": "+6281234567890", "code": "123456"}
        answer = await house.ask("POST", verify, proof, headers={"Authorization": f"Bearer {token}"})
        answer.refused("UNAUTHENTICATED", 401)
