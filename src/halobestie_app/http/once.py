"""``Idempotency-Key``: a command that comes twice is done once, and answered alike. Knows no command.

A key is claimed before the endpoint runs and its answer kept after it, each in one round trip and outside of
any transaction. What lies between may end in a way that nobody learns of; therefore the claim also fixes the
id of what the command creates (``call.attempt``), and another try begins by looking for that.
See docs/decisions/idempotency.md.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, NoReturn
from uuid import UUID

import orjson
from attrs import field, frozen

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.http.answers import refusal, written
from halobestie_app.http.route import BOUND, Call, Reply, Route
from halobestie_app.problems import Code, Problem
from halobestie_core.ports.idempotency import Claim, Different, FirstAnswer, IdempotencyKeys, KeyOf, Running
from halobestie_core.ports.presence import User

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"

LEASE: Final = timedelta(seconds=BOUND + 2)
"""How long a try may be taken for running that does not end: longer than any request takes."""

_PATIENCE: Final = 1.0
"""Seconds that an answer waits for being kept. Unkept it is as true; only its repeat has to look again."""
_PAUSE: Final = 0.1

_LONGEST: Final = 255
_SERVER_ERROR: Final = 500
_OF_THE_CALLER: Final = frozenset({Code.UNAUTHENTICATED, Code.RATE_LIMITED, Code.IN_PROGRESS})
"""Refusals that say nothing of the command: the same request may be answered otherwise in a moment."""

_log = log.get(__name__)


@frozen
class Once:
    """What keyed routes share.

    ``seal`` makes the hashes of a request, the first the one to remember: keyed, for a body may hold what
    somebody said. ``replayed`` is told of each request that was answered as once before.
    """

    keys: IdempotencyKeys
    seal: Callable[[bytes], Sequence[bytes]]
    new_id: Callable[[], UUID]
    replayed: Callable[[], None] = lambda: None
    _settling: set["asyncio.Task[None]"] = field(factory=set, init=False, eq=False, repr=False)

    async def answer(
        self, route: Route, call: Call[Any, Any], key: str, members: Mapping[str, object]
    ) -> Reply:
        """Call the endpoint, or repeat what it answered; ``members`` are those of the body.

        Raises `Problem`, and whatever the endpoint and the store raise.
        """
        caller = User(call.caller.user_type, call.caller.user_id)
        hashes = self.seal(canonical(route, call.path, call.words, members))
        found = await self.keys.claim(KeyOf(caller, key), hashes, self.new_id(), LEASE)
        match found:
            case FirstAnswer():
                self.replayed()
                headers = {**found.headers, REPLAYED: "true"}
                return Reply(status=found.status, headers=headers, raw=found.body.encode())
            case Running():
                raise Problem(
                    Code.IN_PROGRESS, "The first request with this key is still running.", retry_after=1
                )
            case Different():
                raise Problem(Code.IDEMPOTENCY_MISMATCH, "This key was used for another request.")
        call.attempt = found.attempt
        try:
            reply = await self._tried(route, call)
        except BaseException:
            # Also when it was given up for lack of time: it has come to its end here, and may be tried again.
            await self._release(found)
            raise
        if reply.status is not None and reply.status >= _SERVER_ERROR:
            await self._release(found)
        else:
            await self._keep(found, reply)
        return reply

    async def _tried(self, route: Route, call: Call[Any, Any]) -> Reply:
        """Run the endpoint; a refusal that is worth repeating is an answer too."""
        try:
            answer = await route.endpoint(call)
        except Problem as problem:
            if problem.status >= _SERVER_ERROR or problem.code in _OF_THE_CALLER:
                raise
            return refusal(problem)
        return written(answer if isinstance(answer, Reply) else Reply(answer), route.status)

    async def _keep(self, claim: Claim, reply: Reply) -> None:
        answer = FirstAnswer(reply.status or 0, (reply.raw or b"").decode(), reply.headers)
        await self._settle(partial(self.keys.keep, claim, answer))

    async def _release(self, claim: Claim) -> None:
        await self._settle(partial(self.keys.release, claim))

    async def _settle(self, settle: Callable[[], Awaitable[None]]) -> None:
        """End a try; where the store is away, the caller does not wait for it, but somebody does."""
        task = asyncio.create_task(_settled(settle))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        await asyncio.wait({task}, timeout=_PATIENCE)


async def _settled(settle: Callable[[], Awaitable[None]]) -> None:
    """Try until it is done, or the lease is over and says enough."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LEASE.total_seconds()
    while True:
        try:
            return await settle()
        except StoreError as away:
            if loop.time() >= until:
                _log.warning("a key was left to its lease", error=type(away).__name__)
                return None
        except Exception:  # noqa: BLE001  the command is done, and its answer as true as before
            _log.exception("a key was left to its lease")
            return None
        await asyncio.sleep(_PAUSE)


def key_of(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """Give the key among a request's raw headers; None without one. Raises `Problem`."""
    given = [value for name, value in headers if name == b"idempotency-key"]
    if not given:
        return None
    if len(given) > 1:
        _refuse("must be given once")
    key = given[0].decode("latin-1")
    if not 1 <= len(key) <= _LONGEST or not all("!" <= sign <= "~" for sign in key):
        _refuse(f"must be 1 to {_LONGEST} visible ASCII characters")
    return key


def _refuse(message: str) -> NoReturn:
    errors = [{"path": f"$headers.{HEADER}", "message": message}]
    raise Problem(Code.VALIDATION_ERROR, f"{HEADER} {message}.", errors=errors)


def canonical(
    route: Route, ids: Mapping[str, UUID], words: Mapping[str, str], members: Mapping[str, object]
) -> bytes:
    """Write a request down so that two are the same text exactly when they say the same.

    The order of members, blanks and the spelling of characters do not count; no body and an empty one are the
    same.
    """
    path = {name: str(value) for name, value in ids.items()} | dict(words)
    return orjson.dumps([route.method, route.template, path, members], option=orjson.OPT_SORT_KEYS)
