"""The ports: each module stands on the core alone, says what it asks for, and holds no code that acts."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest

import halobestie_core.ports
from halobestie_core.ports.identity import InvalidToken, Person
from halobestie_core.words import UserType

MODULES = sorted(path.stem for path in Path(str(halobestie_core.ports.__file__)).parent.glob("[a-z]*.py"))


def protocols(name: str) -> Iterator[type]:
    """Yield the protocols that a port module defines."""
    module = import_module(f"halobestie_core.ports.{name}")
    for item in vars(module).values():
        if getattr(item, "_is_protocol", False) and item.__module__ == module.__name__:
            yield item


@pytest.mark.parametrize("name", MODULES)
def test_a_port_says_what_it_asks(name: str) -> None:
    """Every protocol and each of its methods has words; whoever implements it needs no more."""
    assert import_module(f"halobestie_core.ports.{name}").__doc__
    for protocol in protocols(name):
        assert protocol.__doc__
        for method in vars(protocol).values():
            if inspect.isfunction(method) and not method.__name__.startswith("_"):
                assert method.__doc__, f"{protocol.__name__}.{method.__name__}"


def test_who_proved_no_phone_is_anonymous() -> None:
    """Known by one installation only."""
    somebody = Person(UUID(int=1), UserType.CUSTOMER, "Ayu", phone_verified=False)
    assert somebody.is_anonymous


def test_a_bad_token_keeps_its_reason() -> None:
    """For the log, without any part of the token."""
    assert InvalidToken("expired").reason == "expired"
