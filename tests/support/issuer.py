"""A provider of identities with the real protocol: publishes keys over HTTP, signs tokens. Knows no test."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import jwt
from attrs import define, field
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from halobestie_app.fakes.serving import served

APP: Final = "halobestie.apps.example"


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make a key to sign with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@define
class FakeIssuer:
    """Signs for somebody; ``published`` are the keys that it shows, by id."""

    name: str
    keys: dict[str, rsa.RSAPrivateKey] = field(factory=lambda: {"first": new_key()})
    hidden: set[str] = field(factory=set)
    looks: int = 0
    answer: Response | None = None
    """What to answer instead of the keys."""

    def token(self, subject: str = "subject-1", *, kid: str = "first", **claims: Any) -> str:  # noqa: ANN401
        """Sign a token; ``claims`` are added or, with None, left out."""
        now = int(time.time())
        said = {"iss": self.name, "aud": APP, "sub": subject, "iat": now, "exp": now + 3600, **claims}
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, self.keys[kid], algorithm="RS256", headers={"kid": kid})

    def published(self) -> dict[str, Any]:
        """Show the key set."""
        return {
            "keys": [
                {
                    **RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
                    "kid": kid,
                    "use": "sig",
                    "alg": "RS256",
                }
                for kid, key in self.keys.items()
                if kid not in self.hidden
            ]
        }

    async def shows(self, request: Request) -> Response:
        """Answer a look."""
        self.looks += 1
        return self.answer or JSONResponse(self.published())

    async def away(self, request: Request) -> Response:
        """Send whoever looks somewhere else."""
        return RedirectResponse("/keys")

    def app(self) -> Starlette:
        """Everything it serves."""
        return Starlette(routes=[Route("/keys", self.shows), Route("/moved", self.away)])


@asynccontextmanager
async def issuing(issuer: FakeIssuer) -> AsyncIterator[str]:
    """Serve it; gives the address of its keys."""
    async with served(issuer.app()) as url:
        yield f"{url}/keys"
