"""``halobestie operator``: accounts of the control center."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import click

from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.usecases.identity import AccountRefused
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_app.wiring import people
from halobestie_core.ports.identity import Operator


@click.group()
def operator() -> None:
    """Manage operators of the control center."""


_EMAIL = click.option("--email", required=True, help="The address they log in with.")


@operator.command()
@_EMAIL
def create(email: str) -> None:
    """Create an operator.

    The password (at least 12 characters) comes from standard input, or is asked for.
    """
    password = _password()
    _tell("operator", lambda accounts: accounts.create_operator(email, password))


@operator.command(name="reset-password")
@_EMAIL
def reset_password(email: str) -> None:
    """Give an operator another password, which ends their log-ins.

    It comes from standard input, or is asked for.
    """
    password = _password()
    _tell("new password of operator", lambda accounts: accounts.change_password(email, password))


@operator.command()
@_EMAIL
def disable(email: str) -> None:
    """Shut an operator out: log-ins end within seconds, and none begins."""
    _tell("disabled operator", lambda accounts: accounts.disable(email))


@operator.command()
@_EMAIL
def enable(email: str) -> None:
    """Let a disabled operator log in again."""
    _tell("enabled operator", lambda accounts: accounts.enable(email))


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")


def _tell(done: str, change: Callable[[OperatorAccounts], Coroutine[Any, Any, Operator]]) -> None:
    """Run one change and say whom it was about."""
    env = stores.prepared()

    async def run() -> Operator:
        passwords = Argon2Passwords()
        try:
            async with stores.migrated_pool(env) as pool:
                return await change(people.operators(env, pool, passwords))
        finally:
            passwords.close()

    try:
        made = asyncio.run(run())
    except AccountRefused as refused:
        raise CommandError(str(refused)) from None
    click.echo(f"{done} {made.email} ({made.id})")
