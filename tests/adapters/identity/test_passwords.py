"""Passwords: argon2id, beside the loop, bounded, the same for nobody as for somebody."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Literal

import argon2
import pytest

from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_core.ports.identity import TooManyWaiting

pytestmark = pytest.mark.anyio

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    """A hasher too weak for anything but a test."""
    made = Argon2Passwords(QUICK)
    yield made
    made.close()


async def test_a_password_is_recognised(passwords: Argon2Passwords) -> None:
    """And no other; the hash is argon2id, salted."""
    stored = await passwords.hash("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert stored != await passwords.hash("correct horse battery")
    assert await passwords.verify("correct horse battery", stored)
    assert not await passwords.verify("correct horse batterz", stored)


async def test_nobody_has_a_password(passwords: Argon2Passwords) -> None:
    """An unknown e-mail is compared as well, and never equal; nor is a damaged hash."""
    assert not await passwords.verify("anything at all", None)
    assert not await passwords.verify("anything at all", "not a hash")


async def test_the_strength_is_what_the_rfc_asks() -> None:
    """Left alone, 64 MiB, three passes, four lanes; older parameters are seen."""
    strong = Argon2Passwords()
    try:
        stored = await strong.hash("correct horse battery")
        assert "$m=65536,t=3,p=4$" in stored
        assert not strong.outdated(stored)
        assert strong.outdated(QUICK.hash("correct horse battery"))
    finally:
        strong.close()


class Gate(argon2.PasswordHasher):
    """The real hasher, which waits at a gate and counts who is in."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.open = threading.Event()
        self.lock = threading.Lock()
        self.inside = self.most = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as the library spells it
        """Wait, then compare."""
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        try:
            self.open.wait(20)
            return super().verify(hash, password)
        finally:
            with self.lock:
                self.inside -= 1


async def test_few_are_computed_at_once_and_few_wait() -> None:
    """The loop stays free, two are inside, three wait, and the sixth is turned away."""
    gate = Gate()
    passwords = Argon2Passwords(gate, at_once=2, waiting=3)
    try:
        stored = gate.hash("correct horse battery")
        tries = [asyncio.create_task(passwords.verify("correct horse battery", stored)) for _ in range(5)]
        await asyncio.sleep(0)  # let each of them begin
        with pytest.raises(TooManyWaiting):
            await passwords.verify("correct horse battery", stored)
        gate.open.set()
        assert await asyncio.gather(*tries) == [True] * 5
        assert gate.most == 2
        assert await passwords.verify("correct horse battery", stored)
    finally:
        gate.open.set()
        passwords.close()
