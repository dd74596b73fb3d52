"""Tortoise's PostgreSQL client on the lean pool of models/pool.py. Named by `engine` in app/database.py."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.asyncpg.client import TransactionWrapper as AsyncpgTransactionWrapper
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

from models.pool import CONNECT_TIMEOUT_S, Connection, Pool, Record

NOT_OF_CONNECT = ("min_size", "max_size", "connection_class")


class Client(AsyncpgDBClient):
    """What Tortoise calls a connection: each statement takes one from the pool."""

    _pool: Pool | None  # type: ignore[assignment]

    async def create_pool(self, **kwargs: Any) -> Pool:  # type: ignore[override]
        """The pool with its first connections open."""
        given = {name: value for name, value in kwargs.items() if name not in NOT_OF_CONNECT}

        async def open() -> Connection:
            return await asyncpg.connect(connection_class=Connection, timeout=CONNECT_TIMEOUT_S, **given)

        pool = Pool(open, kwargs["min_size"], kwargs["max_size"])
        await pool.fill()
        return pool

    async def records(self, sql: str, values: Sequence[object]) -> list[Record]:
        """The rows of one statement, as asyncpg gives them; the statement stays prepared on its connection. Raises
        what Tortoise's own methods raise."""
        self.log.debug("%s: %s", sql, values)
        if self._pool is None:
            async with self.acquire_connection():  # opens the pool
                pass
            assert self._pool is not None
        try:
            return await self._pool.records(sql, values)
        except Exception as error:
            await self._translate_exceptions(_raise, error)
            raise

    def _in_transaction(self) -> TransactionContext:
        return Transaction(TransactionClient(self), self._pool_init_lock)


class TransactionClient(AsyncpgTransactionWrapper, Client):
    """What Tortoise calls a connection inside a transaction: one connection, until the transaction is over."""

    _connection: Connection | None  # type: ignore[assignment]

    @translate_exceptions
    async def records(self, sql: str, values: Sequence[object]) -> list[Record]:
        """As outside; sees what the transaction has done."""
        self.log.debug("%s: %s", sql, values)
        async with self._lock:
            self.log.debug("%s: %s", sql, values)
            return await self.connection.records(sql, values)

    @property
    def connection(self) -> Connection:
        """The transaction's connection; TransactionManagementError when somebody comes after its end."""
        if self._connection is None:
            raise TransactionManagementError("the transaction is over: its connection belongs to somebody else")
        return self._connection

    def acquire_connection(self) -> ConnectionWrapper[Connection]:  # type: ignore[override]
        """As Tortoise has it; a task that outlives the transaction gets no foreign connection."""
        assert self.connection
        return ConnectionWrapper(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(TransactionClient(self))


class Transaction(TransactionContextPooled):
    """Begins and ends a transaction. Whatever happens in between, also at its BEGIN, the connection goes back to the
    pool, and nobody who still knows the transaction reaches it any more."""

    client: TransactionClient

    async def __aenter__(self) -> TransactionClient:
        await self.ensure_connection()
        self.client._connection = await self.pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await self._give_back()
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if not self.client._finalized and exc_type is None:
                await self.client.commit()
            elif not self.client._finalized and not self.client.connection.is_closed():
                await self.client.rollback()
        finally:
            get_connections().reset(self.token)
            await self._give_back()

    @property
    def pool(self) -> Pool:
        """The pool that the connection is from."""
        pool = self.client._parent._pool
        assert isinstance(pool, Pool)
        return pool

    async def _give_back(self) -> None:
        connection, self.client._connection = self.client.connection, None
        await self.pool.release(connection)


async def _raise(client: Client, error: Exception) -> None:
    raise error


client_class = Client
