"""Operators' passwords: argon2id (RFC 9106), beside the event loop, a few at a time.

It does not know what makes a good password, nor how often one may be tried.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, final

import argon2

from halobestie_core.ports.identity import TooManyWaiting

AT_ONCE: Final = 2  # 64 MiB and four lanes each
WAITING: Final = 32

_T = TypeVar("_T")


@final
class Argon2Passwords:
    """RFC 9106's second recommendation (64 MiB, three passes, four lanes), the library's default.

    `at_once` hashes are computed together; `waiting` more may queue, further ones are turned away rather
    than kept waiting. `close` ends its threads.
    """

    def __init__(
        self, hasher: argon2.PasswordHasher | None = None, *, at_once: int = AT_ONCE, waiting: int = WAITING
    ) -> None:
        self._hasher = hasher or argon2.PasswordHasher()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")
        self._room = at_once + waiting
        # What an unknown e-mail's password is compared with: nobody knows it, and it costs what a real one
        # costs.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The encoded hash, with its salt and parameters. Raises TooManyWaiting."""
        return await self._beside(lambda: self._hasher.hash(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it is the password; with nothing stored, False after as long a time.

        Raises TooManyWaiting.
        """
        against = self._nobody if stored is None else stored
        same = await self._beside(lambda: self._same(password, against))
        return same and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let go of the threads; what is being computed ends, what waits does not begin."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _same(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    async def _beside(self, work: Callable[[], _T]) -> _T:
        if self._room <= 0:
            raise TooManyWaiting
        self._room -= 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._make_room)
        return await future

    def _make_room(self, _: object) -> None:
        self._room += 1
