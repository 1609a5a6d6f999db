"""What an idle socket costs the server in memory: ours with all its state, beside the bare library.

Each server is one process of its own; its resident memory is read from /proc before and after so many sockets
have connected. Ours are authenticated, have their snapshot and have resumed; the library's have said hello.
A few sockets come and go first, so that what is made once is not counted. Prints JSON; needs Linux.
"""

import asyncio
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.migrations import migrate
from halobestie_core.ports.identity import Audience
from halobestie_core.words import UserType

SOCKETS: Final = 2_000
WARM_UP: Final = 100
AT_ONCE: Final = 50
GOAL_KB: Final = 25
SETTLE_SECONDS: Final = 3
START_SECONDS: Final = 60
FILES: Final = 8_192
SECRET: Final = "the key of the benchmark and of nothing else"  # noqa: S105  it guards nothing


async def main() -> None:
    """Measure both and print."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    ours, bare = await measured_ours(), await measured_bare()
    figures = {
        "sockets": SOCKETS,
        "ours": ours,
        "bare_websockets": bare,
        "times_bare": round(ours["kb_per_socket"] / bare["kb_per_socket"], 2),
        "goal_kb_per_socket": GOAL_KB,
        "reached": ours["kb_per_socket"] <= GOAL_KB,
        "machine": machine(),
    }
    print(json.dumps(figures, indent=2))


# ----------------------------------------------------------------------------------------------- ours


async def measured_ours() -> dict[str, float]:
    """Fill a server of ours."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStores(Path(folder) / "data") as stores:
        await migrate(stores.database_url)
        tokens = await customers(stores.database_url)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HALOBESTIE_")},
            "DATABASE_URL": stores.database_url,
            "VALKEY_URL": stores.valkey_url,
            "HALOBESTIE_DATA_DIR": folder,
            "PUBLIC_BIND": "127.0.0.1:0",
            "INTERNAL_BIND": "127.0.0.1:0",
            "AUTH_JWT_SECRET": SECRET,
            "AUTH_JWT_SECRET_INTERNAL": f"{SECRET} either",
            "LOG_FORMAT": "json",
        }
        command = (sys.executable, "-m", "halobestie_app", "serve")
        async with running(command, "public listener on http://", environment) as (process, where):
            return await measured(process.pid, f"ws://{where}/api/shared/ws", tokens)


async def customers(database_url: str) -> Sequence[str]:
    """Register customers; gives a token of each."""
    ids: Sequence[UUID] = [uuid7() for _ in range(SOCKETS)]
    async with (
        await AsyncConnection.connect(database_url, autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        await cursor.executemany(
            "INSERT INTO customers (id, display_name) VALUES (%s, 'Ayu')", [(id_,) for id_ in ids]
        )
    jwt, now = JwtTokens(KeyRing([SECRET.encode()]), Audience.PUBLIC), datetime.now(UTC)
    return [jwt.issue(id_, UserType.CUSTOMER, uuid7(), now) for id_ in ids]


# ----------------------------------------------------------------------------------------------- bare


async def measured_bare() -> dict[str, float]:
    """Fill a server that is nothing but the library."""
    async with running((sys.executable, __file__, "bare"), "ws://", dict(os.environ)) as (process, where):
        return await measured(process.pid, f"ws://{where}", [""] * SOCKETS)


async def serve_bare() -> None:
    """Be that server."""

    async def talk(socket: ServerConnection) -> None:
        await socket.send('{"type": "resumed"}')
        await socket.wait_closed()

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


# ------------------------------------------------------------------------------------------- measuring


async def measured(pid: int, url: str, tokens: Sequence[str]) -> dict[str, float]:
    """Connect everybody; gives kilobytes (1,024 bytes)."""
    for socket in await connected(url, tokens[:WARM_UP]):
        await socket.close()
    await asyncio.sleep(SETTLE_SECONDS)
    before = resident_kb(pid)
    sockets = await connected(url, tokens)
    await asyncio.sleep(SETTLE_SECONDS)
    after = resident_kb(pid)
    still = sum(socket.close_code is None for socket in sockets)
    await asyncio.gather(*[socket.close() for socket in sockets])
    if still < len(tokens):
        raise RuntimeError(f"only {still} of {len(tokens)} sockets are still open")
    return {
        "kb_before": before,
        "kb_after": after,
        "kb_per_socket": round((after - before) / len(tokens), 2),
    }


async def connected(url: str, tokens: Sequence[str]) -> list[ClientConnection]:
    """Give sockets of these people, a few at a time, each as far as an idle one gets."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(token: str) -> ClientConnection:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with gate:
            socket = await connect(url, additional_headers=headers, proxy=None, compression=None)
            if token:
                await reads_until(socket, "snapshot")
                await socket.send('{"type": "resume"}')
            await reads_until(socket, "resumed")
            return socket

    return list(await asyncio.gather(*map(one, tokens)))


async def reads_until(socket: ClientConnection, kind: str) -> None:
    """Read up to the frame of this type."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == kind:
                return


@asynccontextmanager
async def running(
    command: Sequence[str], says: str, environment: dict[str, str]
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run a server; gives it and its address, which follows what it ``says``."""
    said = tempfile.TemporaryFile()  # noqa: SIM115  closed below, with the process
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = ""
            while says not in line:
                read = await process.stdout.readline()
                if not read:
                    said.seek(0)
                    raise RuntimeError(said.read().decode())
                line = read.decode()
        yield process, line.rpartition("//")[2].strip()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(START_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        said.close()


def resident_kb(pid: int) -> int:
    """Read the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def machine() -> dict[str, object]:
    """Describe where this ran."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    asyncio.run(serve_bare() if sys.argv[1:] == ["bare"] else main())
