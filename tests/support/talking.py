"""A chat between two people on a real database, and the messages of it. Knows no test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from attrs import frozen
from psycopg.sql import SQL, Identifier

from halobestie_adapters.crypto.chat import AesChatCipher
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_app.usecases import extensions, pairings, payments
from halobestie_core.extension import Extension
from halobestie_core.ports.messages import Message, Written
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType
from support.desk import Office, office

CIPHER = AesChatCipher([b"a key of tests that is long enough"])


@frozen
class Chat:
    """A live chat with both its sides."""

    id: UUID
    customer: User
    mitra: User


@frozen
class Parlour:
    """An office where people talk."""

    office: Office
    messages: PostgresMessages

    async def chat(self, mitra_id: UUID | None = None) -> Chat:
        """Two people who have just met."""
        mitra_id = mitra_id or await self.office.mitra()
        request = (await self.office.searching()).request
        seen, _ = await pairings.accept(self.office.desk, mitra_id, request.id)
        return Chat(
            seen.session.id,
            User(UserType.CUSTOMER, request.customer_id),
            User(UserType.MITRA, mitra_id),
        )

    async def said(self, who: User, chat: Chat, text: str, message_id: UUID | None = None) -> Message:
        """A message that was kept."""
        written = await self.messages.write(who, chat.id, message_id or uuid4(), text)
        assert isinstance(written, Written), written
        return written.message

    async def pauses(self, chat: Chat) -> Extension:
        """An extension that waits for its answer."""
        desk, who = self.office.desk, chat.customer.id
        paid = await payments.create(desk, who, payments.NewPayment(5, is_extension=True))
        await payments.confirm(desk, who, paid.payment.id)
        return await extensions.ask(desk, who, chat.id, extensions.Wanted(paid.payment.id))

    async def goes_on(self, chat: Chat, asked: Extension) -> None:
        """The answer is no, and there was time left."""
        await extensions.answer(self.office.desk, chat.mitra.id, asked.id, accepted=False)

    async def texts(self, chat: Chat) -> list[tuple[int, str | None]]:
        """Everything that was said, in order."""
        page = await self.messages.page(chat.customer, chat.id, 0, 1000)
        return [(message.seq, message.text) for message in page.rows]

    async def everything(self) -> str:
        """Every row of every table as text, with what is binary both as it is written and as bytes."""
        tables = await self.office.sql(
            SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        )
        found: list[str] = []
        for (table,) in tables:
            rows = await self.office.sql(SQL("SELECT * FROM {}").format(Identifier(table)))
            found += [_shown(value) for row in rows for value in row]
        return "\n".join(found)


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace") + value.decode("latin-1") + value.hex()
    return str(value)


@asynccontextmanager
async def parlour(database_url: str, *, connections: int = 8) -> AsyncIterator[Parlour]:
    """Everything on one database."""
    async with office(database_url, connections=connections) as opened:
        yield Parlour(opened, PostgresMessages(opened.pool, CIPHER))
