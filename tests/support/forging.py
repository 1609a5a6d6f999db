"""Tokens that must be refused, by the hundred: each differs from a good one in what its name says.

It knows how a token is spelled and signed, and nothing of whoever reads it.
"""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_adapters.identity.jwt import ISSUER, key_id
from halobestie_core.ports.identity import Audience
from halobestie_core.words import UserType

FOREIGN: Final = b"f" * 32
LIFE: Final = 3600
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NONE: Final = ("none", "None", "NONE", "nOnE", "", " ", "null")
_OTHERS: Final = (
    "HS384", "HS512", "hs256", "HS256 ", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES384", "ES512", "ES256K", "EdDSA", "dir", "A256GCM", "RSA-OAEP", "HMAC", "SHA256",
)  # fmt: skip


@frozen
class Forger:
    """Forges tokens of one listener for somebody who may really come there, by the listener's own key.

    ``now`` is the moment of the good ones, in Unix seconds.
    """

    key: bytes
    audience: Audience
    holder: UserType
    user: UUID
    session: UUID
    now: int

    def good(self) -> dict[str, object]:
        """The claims of a token that is accepted."""
        return {
            "sub": str(self.user),
            "user_type": self.holder.value,
            "session_id": str(self.session),
            "iss": ISSUER,
            "aud": self.audience.value,
            "iat": self.now,
            "exp": self.now + LIFE,
        }

    def head(self) -> dict[str, object]:
        """The header of a token that is accepted."""
        return {"alg": "HS256", "typ": "JWT", "kid": key_id(self.key)}

    def signed(self, head: bytes, body: bytes, key: bytes | None = None, digest: str = "sha256") -> str:
        """Any two texts, correctly signed."""
        message = f"{b64(head)}.{b64(body)}"
        return f"{message}.{b64(hmac.digest(self.key if key is None else key, message.encode(), digest))}"

    def made(
        self, claims: object = None, *, key: bytes | None = None, header: Mapping[str, object] | None = None
    ) -> str:
        """Any header and claims, correctly signed."""
        head = {**self.head(), **(header or {})}
        return self.signed(dumped(head), dumped(self.good() if claims is None else claims), key)

    def corpus(self) -> dict[str, str]:
        """Everything that must be refused, by name."""
        return dict(
            [
                *self._shapes(),
                *self._algorithms(),
                *self._headers(),
                *self._keys(),
                *self._claims(),
                *self._texts(),
            ]
        )

    def _shapes(self) -> Iterator[tuple[str, str]]:
        token = self.made()
        head, body, signature = token.split(".")
        yield "empty", ""
        yield "a word", "token"
        yield "two parts", f"{head}.{body}"
        yield "four parts", f"{token}.{signature}"
        yield "no signature", f"{head}.{body}."
        yield "no head", f".{body}.{signature}"
        yield "no body", f"{head}..{signature}"
        yield "head and body exchanged", f"{body}.{head}.{signature}"
        yield (
            "a signature of another token",
            f"{self.made(self.good() | {'jti': 'x'}).rpartition('.')[0]}.{signature}",
        )
        yield "a short signature", token[:-1]
        yield "a long signature", token + "A"
        yield "spare bits of the signature set", token[:-1] + _neighbour(token[-1])
        yield "padding", token + "="
        yield "a blank before", " " + token
        yield "a line feed after", token + "\n"
        yield "a foreign letter inside", f"{head}.{body[:5]}é{body[5:]}.{signature}"
        yield "oversize", self.made(self.good() | {"jti": "x" * 2000})
        yield "immense", "a" * 5_000_000

    def _algorithms(self) -> Iterator[tuple[str, str]]:
        for alg in (*_NONE, *_OTHERS):
            token = self.made(header={"alg": alg})
            yield f"alg {alg!r}", token
            yield f"alg {alg!r} unsigned", f"{token.rpartition('.')[0]}."
        for size in ("sha384", "sha512"):
            real = self.head() | {"alg": size.replace("sha", "HS")}
            yield f"really {size}", self.signed(dumped(real), dumped(self.good()), digest=size)

    def _headers(self) -> Iterator[tuple[str, str]]:
        ours = key_id(self.key)
        wrong: dict[str, tuple[object, ...]] = {
            "alg": (None, 1, ["HS256"]),
            "typ": (None, "", "jwt", "at+jwt", 1),
            "kid": (
                None,
                "",
                1,
                ["x"],
                {},
                key_id(FOREIGN),
                ours.upper(),
                f"../{ours}",
                f"{ours}' OR '1'='1",
            ),
        }
        for member, values in wrong.items():
            for value in values:
                yield f"{member} is {value!r}", self.made(header={member: value})
        for extra in ("crit", "b64", "jwk", "jku", "x5u", "x5c", "cty", "zip"):
            yield f"header with {extra}", self.made(header={extra: False if extra == "b64" else [extra]})
        for gone in ("alg", "typ", "kid"):
            less = {name: value for name, value in self.head().items() if name != gone}
            yield f"header without {gone}", self.signed(dumped(less), dumped(self.good()))

    def _keys(self) -> Iterator[tuple[str, str]]:
        yield "another key under our id", self.made(key=FOREIGN)
        yield "another key under its own id", self.made(key=FOREIGN, header={"kid": key_id(FOREIGN)})
        yield "an empty key", self.made(key=b"")
        yield "the key id as key", self.made(key=key_id(self.key).encode())
        yield "the key cut short", self.made(key=self.key[:-1])
        yield "the key with something after it", self.made(key=self.key + b"\n")

    def _claims(self) -> Iterator[tuple[str, str]]:
        for gone in self.good():
            yield f"without {gone}", self.made({k: v for k, v in self.good().items() if k != gone})
        yield "another claim", self.made(self.good() | {"admin": True})
        yield "not before", self.made(self.good() | {"nbf": self.now})
        for claim, values in self._wrong().items():
            for value in values:
                yield f"{claim} is {value!r}", self.made(self.good() | {claim: value})
        for name, iat, exp in (
            ("expired an hour ago", -2 * LIFE, -LIFE),
            ("expired by more than the leeway", -LIFE - 5, -5),
            ("living longer than any", -1, LIFE),
            ("from tomorrow", 24 * LIFE, 25 * LIFE),
        ):
            yield name, self.made(self.good() | {"iat": self.now + iat, "exp": self.now + exp})

    def _wrong(self) -> dict[str, tuple[object, ...]]:
        now, user, session = self.now, self.user, self.session
        elsewhere = Audience.INTERNAL if self.audience is Audience.PUBLIC else Audience.PUBLIC
        others = (
            {UserType.OPERATOR} if self.audience is Audience.PUBLIC else {UserType.CUSTOMER, UserType.MITRA}
        )
        return {
            "sub": (
                None, 1, "", "x", user.hex, str(user).upper(), f"{{{user}}}", f"urn:uuid:{user}", [str(user)],
            ),
            "session_id": (None, 1, "", session.hex, {}, [str(session)]),
            "user_type": (
                None, 1, "", "admin", self.holder.value.upper(), [self.holder.value], {self.holder.value: 1},
                *sorted(other.value for other in others),
            ),
            "iss": (None, "", "halobestie2", "HALOBESTIE", 1, [ISSUER]),
            "aud": (
                None, "", elsewhere.value, self.audience.value.upper(), [self.audience.value],
                ["public", "internal"], 1, {},
            ),
            "iat": (None, "", str(now), float(now), True, -1, 1 << 60, now + LIFE, now + 60, [now]),
            "exp": (
                None, "", str(now), float(now + 60), True, -1, 1 << 60, now - LIFE, now, now + LIFE + 1,
                [now],
            ),
            "jti": (None, 1, []),
        }  # fmt: skip

    def _texts(self) -> Iterator[tuple[str, str]]:
        head, text = json.dumps(self.head()), json.dumps(self.good())
        for claim, value in self.good().items():
            doubled = f"{{{json.dumps(claim)}: {json.dumps(value)}, {text[1:]}"
            yield f"{claim} twice", self.signed(head.encode(), doubled.encode())
        yield "alg twice", self.signed(f'{{"alg": "none", {head[1:]}'.encode(), text.encode())
        for name, raw in {
            "a list": "[]",
            "a list of claims": f"[{text}]",
            "a string": '"x"',
            "nothing": "null",
            "no JSON": text[:-1],
            "two objects": text + text,
            "deep": "[" * 300 + "]" * 300,
            "not a number": text.replace(str(self.now), "NaN", 1),
            "infinite": text.replace(str(self.now + LIFE), "Infinity"),
            "UTF-16": text,
        }.items():
            data = b"\xff" + raw.encode("utf-16") if name == "UTF-16" else raw.encode()
            yield f"claims are {name}", self.signed(head.encode(), data)
            yield f"header is {name}", self.signed(b"\xfe" + raw.encode(), text.encode())


def dumped(members: object) -> bytes:
    """JSON, as bytes."""
    return json.dumps(members).encode()


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _neighbour(letter: str) -> str:
    """A base64 letter that differs in the bits that nobody reads."""
    return _LETTERS[_LETTERS.index(letter) ^ 1]
