"""``halobestie chat-keys rewrap``: the key of chats is turned over, and then the old one is not needed."""

import asyncio
from pathlib import Path

import pytest

from halobestie_adapters.crypto.chat import AesChatCipher
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_core.ports.cipher import CannotOpen
from support.program import Shell
from support.talking import Chat, parlour

OLD, NEW = "a key of tests that is long enough", "the new key of tests and long enough"


async def talked(database_url: str) -> Chat:
    """Two have talked, under the old key."""
    async with parlour(database_url) as room:
        chat = await room.chat()
        await room.said(chat.customer, chat, "halo")
        await room.said(chat.mitra, chat, "halo juga")
        return chat


async def texts(database_url: str, chat: Chat, key: str) -> list[str | None]:
    """What they said, opened by one key alone."""
    async with parlour(database_url) as room:
        messages = PostgresMessages(room.office.pool, AesChatCipher([key.encode()]))
        return [row.text for row in (await messages.page(chat.customer, chat.id, 0, 10)).rows]


def test_turning_a_key_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> None:
    """Wrapped anew, everything opens with the new key alone; a key that nobody knows is named as lost."""
    shell = Shell(monkeypatch, capsys, tmp_path)
    shell.variables |= {"DATABASE_URL": database_url, "VALKEY_URL": "redis://127.0.0.1:1"}
    chat = asyncio.run(talked(database_url))
    lost = shell.run("chat-keys", "rewrap", CHAT_ENCRYPTION_KEYS=NEW)
    assert (lost.status, lost.out) == (1, "2 keys, 0 wrapped anew\n")
    assert "2 of them cannot be opened" in lost.errors
    done = shell.run("chat-keys", "rewrap", CHAT_ENCRYPTION_KEYS=f"{NEW},{OLD}")
    assert (done.status, done.out, done.errors) == (0, "2 keys, 2 wrapped anew\n", "")
    again = shell.run("chat-keys", "rewrap", CHAT_ENCRYPTION_KEYS=NEW)
    assert (again.status, again.out) == (0, "2 keys, 0 wrapped anew\n")
    assert asyncio.run(texts(database_url, chat, NEW)) == ["halo", "halo juga"]
    with pytest.raises(CannotOpen):
        asyncio.run(texts(database_url, chat, OLD))
    twice = shell.run("chat-keys", "rewrap", CHAT_ENCRYPTION_KEYS=f"{NEW},{NEW}")
    assert twice.status == 1
    assert twice.errors == "halobestie: CHAT_ENCRYPTION_KEYS: two of the keys are the same\n"
