"""``halobestie reconcile``: one whole pass, what it found, and whether somebody has to look."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from halobestie_app.fakes.xendit_troubles import Mode
from support.billing import bank
from support.program import Shell


@contextmanager
def gateway() -> Iterator[XenditPlace]:
    """A stand-in that answers from a thread of its own, while the command has this one."""
    ready, stop = threading.Event(), asyncio.Event()
    found: list[XenditPlace] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with xendit_served() as place:
            found.append(place)
            loops.append(asyncio.get_running_loop())
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(10)


async def began(database_url: str, place: XenditPlace) -> list[str]:
    """Two payments of whose invoices nobody heard; gives the ids."""
    async with bank(database_url) as here:
        begun = [await here.begins(billed=False) for _ in range(2)]
    for seen in begun:
        wanted = {"external_id": str(seen.payment.id), "amount": seen.payment.amount}
        place.fake.books.create(wanted)
    return [str(seen.payment.id) for seen in begun]


def test_a_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> None:
    """What is paid is booked, and told; with the gateway away the exit status says so."""
    shell = Shell(monkeypatch, capsys, tmp_path)
    shell.variables |= {"DATABASE_URL": database_url, "VALKEY_URL": "redis://127.0.0.1:1"}
    without = shell.run("reconcile")
    assert (without.status, without.errors) == (
        1,
        "halobestie: PAYMENT_GATEWAY: there are no invoices but at xendit\n",
    )
    with gateway() as place:
        shell.variables |= place.variables
        empty = shell.run("reconcile")
        assert (empty.status, empty.out.splitlines()[-1]) == (0, "nothing could still bring money")
        first, _ = asyncio.run(began(database_url, place))
        place.fake.books.pay(place.fake.books.named(first)[0].id)
        done = shell.run("reconcile")
        assert done.status == 0, done.errors
        told = [line.strip() for line in done.out.splitlines()[-2:]]
        assert told == ["1 paid, and confirmed now", "1 not paid"]
        place.fake.trouble(Mode.DOWN)
        away = shell.run("reconcile")
        assert away.status == 1
        assert away.out.splitlines()[-1].strip() == "3 not asked about: the gateway is away"
