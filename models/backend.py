"""Tortoise's PostgreSQL client on the lean pool of models/pool.py. Named by `engine` in app/database.py."""

from collections.abc import Sequence
from contextvars import ContextVar, Token
from typing import Any, NoReturn, cast

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.asyncpg.client import TransactionWrapper as AsyncpgTransactionWrapper
from tortoise.backends.base.client import ConnectionWrapper, NestedTransactionContext, TransactionContext
from tortoise.connection import ConnectionToken, get_connections
from tortoise.context import require_context
from tortoise.exceptions import IntegrityError, OperationalError, TransactionManagementError

from models.pool import CONNECT_TIMEOUT_S, Connection, Pool, Record

NOT_OF_CONNECT = ("min_size", "max_size", "connection_class")
TRANSLATED: tuple[tuple[tuple[type[asyncpg.PostgresError], ...], type[Exception]], ...] = (
    ((asyncpg.SyntaxOrAccessError, asyncpg.DataError), OperationalError),
    ((asyncpg.IntegrityConstraintViolationError,), IntegrityError),
    ((asyncpg.InvalidTransactionStateError,), TransactionManagementError),
)

# Beside Tortoise's own record of it, which takes several steps to ask.
_transaction: ContextVar["TransactionClient | None"] = ContextVar("transaction", default=None)


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
        pool = self._pool or await self.open_pool()
        try:
            return await pool.records(sql, values)
        except asyncpg.PostgresError as error:
            _raise_as_tortoise(error)

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """As Tortoise does for its own methods."""

        async def without_values(*given: Any, **named: Any) -> Any:
            try:
                return await func(*given, **named)
            except asyncpg.PostgresError as error:
                _forget_values(error)
                raise

        return await super()._translate_exceptions(without_values, *args, **kwargs)

    async def open_pool(self) -> Pool:
        """The pool; the first who needs it opens it."""
        async with self._pool_init_lock:
            if self._pool is None:
                await self.create_connection(with_db=True)
        assert self._pool is not None
        return self._pool

    def _in_transaction(self) -> TransactionContext:
        return Transaction(self)


class TransactionClient(AsyncpgTransactionWrapper, Client):
    """What Tortoise calls a connection inside a transaction: one connection, until the transaction is over."""

    _connection: Connection | None  # type: ignore[assignment]

    def __init__(self, connection: Client, depth: int = 0) -> None:
        super().__init__(connection)
        self._depth = depth  # of savepoints; 0 is the transaction itself

    async def records(self, sql: str, values: Sequence[object]) -> list[Record]:
        """As outside; sees what the transaction has done."""
        self.log.debug("%s: %s", sql, values)
        await self._lock.acquire()  # `async with` would be two coroutines more
        try:
            return await self.connection.records(sql, values)
        except asyncpg.PostgresError as error:
            _raise_as_tortoise(error)
        finally:
            self._lock.release()

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

    async def begin(self) -> None:
        """The first statement of all."""
        await self.connection.command("BEGIN")

    async def commit(self) -> None:
        """Keep everything."""
        await self._finish("COMMIT")

    async def rollback(self) -> None:
        """Keep nothing."""
        await self._finish("ROLLBACK")

    async def savepoint(self) -> None:
        """Begin a part that can be undone alone."""
        await self.connection.command(f"SAVEPOINT part_{self._depth}")

    async def release_savepoint(self) -> None:
        """Keep the part, as far as the transaction is kept."""
        await self._finish(f"RELEASE SAVEPOINT part_{self._depth}")

    async def savepoint_rollback(self) -> None:
        """Undo the part."""
        await self._finish(f"ROLLBACK TO SAVEPOINT part_{self._depth}")

    async def _finish(self, command: str) -> None:
        if self._finalized:
            raise TransactionManagementError("the transaction is over already")
        self._finalized = True
        try:
            await self.connection.command(command)
        except asyncpg.PostgresError as error:  # of a constraint that is checked at the commit
            _raise_as_tortoise(error)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(TransactionClient(self, self._depth + 1))


class Transaction(TransactionContext):
    """Begins and ends a transaction. Whatever happens in between, also at its BEGIN, the connection goes back to the
    pool, and nobody who still knows the transaction reaches it any more."""

    def __init__(self, parent: Client) -> None:
        self._parent = parent
        self.client: TransactionClient = TransactionClient(parent)
        self._tokens: tuple[ConnectionToken, Token[TransactionClient | None]]

    async def __aenter__(self) -> TransactionClient:
        self._pool = self._parent._pool or await self._parent.open_pool()
        self.client._connection = await self._pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await self._give_back()
            raise
        self._tortoise = get_connections()
        token = self._tortoise.set(self.client.connection_name, self.client)
        self._tokens = token, _transaction.set(self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if exc_type is None and not self.client._finalized:
                await self.client.commit()
        finally:
            self._tortoise.reset(self._tokens[0])
            _transaction.reset(self._tokens[1])
            await self._give_back()

    async def _give_back(self) -> None:
        """The pool rolls back what was not committed."""
        connection, self.client._connection = self.client.connection, None
        await self._pool.release(connection)


def transaction() -> TransactionContext:
    """A transaction; inside of one, a part of it that can be undone alone."""
    return current()._in_transaction()


def current() -> Client:
    """What the caller's statements go to: its transaction, or the pool."""
    return _transaction.get() or cast(Client, require_context().connections.get("default"))


def _raise_as_tortoise(error: asyncpg.PostgresError) -> NoReturn:
    """Raise the error that Tortoise's own methods raise for it."""
    _forget_values(error)
    for kinds, exception in TRANSLATED:
        if isinstance(error, kinds):
            raise exception(error) from error
    raise error


def _forget_values(error: asyncpg.PostgresError) -> None:
    """PostgreSQL says which values broke a constraint, often the whole row: nothing for logs and dead letters."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        error.detail = None


client_class = Client
