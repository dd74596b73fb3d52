"""Connections to PostgreSQL in a stack: the warmest is used first, and nothing is reset between two users.

Why that is safe, and what it gains, stands in docs/decisions/lean-pool.md.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from tortoise.exceptions import DBConnectionError, TransactionManagementError

MAX_STATEMENTS = 500  # prepared on one connection; the one that was not used for longest goes first
ACQUIRE_TIMEOUT_S = 30.0  # longer than a burst takes; then a caller would rather be told than wait for ever
CONNECT_TIMEOUT_S = 10.0
SETTLE_TIMEOUT_S = 2.0  # for a connection that came back in the middle of something
STALE = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)  # the schema changed under a statement

# The server is not there, went away in the middle, has no room, or ended a transaction that stood still.
AWAY = (
    OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError, asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the next statement on a connection that the server has just ended
)  # fmt: skip
UVLOOP_CLOSED = "the handler is closed"  # its RuntimeError about a connection whose end it has seen and not yet told

Record: TypeAlias = asyncpg.Record
if TYPE_CHECKING:
    _Connection = asyncpg.Connection[Record]
else:
    _Connection = asyncpg.Connection  # generic in its stubs only


class NoConnectionFree(DBConnectionError):
    """All connections of the pool stayed in use for as long as a caller waits."""


def is_away(error: BaseException) -> bool:
    """Whether it says that the database cannot be reached, and nothing of what was asked of it."""
    if isinstance(error, TransactionManagementError) and error.__cause__ is not None:
        error = error.__cause__  # as Tortoise tells the state of a transaction
    if isinstance(error, RuntimeError):
        return UVLOOP_CLOSED in str(error)
    return isinstance(error, AWAY) and not isinstance(error, ValueError)  # asyncpg's own word for wrong arguments


class Connection(_Connection):
    """A connection that keeps its prepared statements."""

    __slots__ = ("_executing", "_is_unsynced", "_statements")
    _listeners: dict[str, Any]
    _protocol: Any
    _query_loggers: set[Any]
    _stmt_exclusive_section: Any
    _top_xact: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._statements: OrderedDict[str, Any] = OrderedDict()
        self._executing = 0
        # asyncpg prepares without a Sync: until the statement is executed, the server keeps the locks of its tables.
        self._is_unsynced = False

    async def records(self, sql: str, values: Sequence[object]) -> list[Record]:
        """The rows of one statement, which stays prepared. A changed schema is met once by preparing again; inside a
        transaction that is too late, so the error is raised and the next attempt prepares."""
        self._executing += 1
        try:
            statement = self._statements.get(sql)
            if statement is None or self._query_loggers:
                return await self._fetch(sql, values)
            self._statements.move_to_end(sql)
            return await self._bound(statement, values)
        except STALE as error:
            await self.forget_statements(error)
            if self.is_in_transaction():
                raise
            return await self._fetch(sql, values)
        finally:
            self._executing -= 1

    async def _fetch(self, sql: str, values: Sequence[object]) -> list[Record]:
        if self._query_loggers:  # whoever listens to asyncpg's own methods hears of this as well
            return await self.fetch(sql, *values)
        found = await self._bound(await self._prepared(sql), values)
        self._is_unsynced = False
        return found

    async def _prepare(self, *args: Any, **named: Any) -> Any:
        self._is_unsynced = True
        return await super()._prepare(*args, **named)  # type: ignore[misc]

    async def _do_execute(self, *args: Any, **named: Any) -> Any:
        self._is_unsynced = True
        done = await super()._do_execute(*args, **named)  # type: ignore[misc]
        self._is_unsynced = False
        return done

    def _bound(self, statement: Any, values: Sequence[object]) -> Awaitable[list[Record]]:
        """What statement.fetch() does, without the layers above it: they cost more than the call."""
        found: Awaitable[list[Record]] = self._protocol.bind_execute(statement._state, values, "", 0, False, None)
        return found

    async def _prepared(self, sql: str) -> Any:
        statement = self._statements[sql] = await self.prepare(sql)
        if len(self._statements) > MAX_STATEMENTS:
            self._statements.popitem(last=False)  # asyncpg closes it on the server when it prepares the next one
        return statement

    async def command(self, sql: str) -> None:
        """BEGIN, COMMIT and their kin: no parameters, no rows, nothing to prepare."""
        self._executing += 1
        try:
            if self._query_loggers:
                await self.execute(sql)
            else:
                await self._protocol.query(sql, None)
            self._is_unsynced = False
        finally:
            self._executing -= 1

    async def forget_statements(self, error: Exception) -> None:
        """Drop what was prepared for a schema that is no more."""
        self._statements.clear()
        if isinstance(error, asyncpg.OutdatedSchemaCacheError):
            await self.reload_schema_state()

    @property
    def at_rest(self) -> bool:
        """Open, outside of any transaction (one that the server began by itself, too), and not executing anything."""
        return not (
            self.is_closed()
            or self._executing
            or self._is_unsynced
            or self._stmt_exclusive_section._acquired
            or self._top_xact is not None
            or self._protocol.is_in_transaction()
            or self._protocol._is_cancelling()
        )

    async def settle(self) -> None:
        """Wait for a cancelled statement to end, then end what is open; terminates when that does not succeed."""
        self._top_xact = None
        try:
            async with asyncio.timeout(SETTLE_TIMEOUT_S):
                await self._protocol._wait_for_cancellation(SETTLE_TIMEOUT_S)
                if self.is_in_transaction():
                    await self.command("ROLLBACK")
                elif self._is_unsynced:
                    await self.command("SELECT")  # anything: a Sync comes with it
        except Exception:
            self.terminate()
        finally:
            if not self.at_rest:
                self.terminate()


class Pool:
    """At most `max_size` connections, `min_size` of them opened at once; whoever waits longest is served first.

    A slot is a connection, or the right to open one. Invariant: while anybody waits, every slot is in use.
    """

    def __init__(
        self, open: Callable[[], Awaitable[Connection]], min_size: int, max_size: int,
        timeout_s: float = ACQUIRE_TIMEOUT_S,
    ) -> None:  # fmt: skip
        self._open = open
        self._min_size, self._max_size, self._timeout_s = min_size, max_size, timeout_s
        self._free: list[Connection] = []
        self._used: set[Connection] = set()
        self._expired: set[Connection] = set()
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._slots = 0
        self._closing = False
        self._empty = asyncio.Event()

    async def fill(self) -> None:
        """Open the first connections; raises what connecting raises."""
        opened = [await self.acquire() for _ in range(self._min_size)]
        for connection in opened:
            await self.release(connection)

    async def records(self, sql: str, values: Sequence[object]) -> list[Record]:
        """The rows of one statement on any connection."""
        free = self._free
        # Mostly the warmest connection is free and at rest again afterwards: nothing has to be awaited for that.
        if free and not self._closing and not free[-1].is_closed():
            connection = free.pop()
            self._used.add(connection)
        else:
            connection = await self.acquire()
        try:
            return await connection.records(sql, values)
        finally:
            if self._waiting or self._expired or self._closing or not connection.at_rest:
                await self.release(connection)
            else:
                self._used.discard(connection)
                free.append(connection)

    async def acquire(self) -> Connection:
        """A connection, now or when one comes back. Raises NoConnectionFree after `timeout_s`."""
        if self._closing:
            raise asyncpg.InterfaceError("the pool is closing")
        connection = self._warmest()
        if connection is None and self._slots < self._max_size:
            self._slots += 1
            connection = await self._connect()
        elif connection is None:
            connection = await self._turn() or await self._connect()
        self._used.add(connection)
        return connection

    async def release(self, connection: Connection) -> None:
        """Take it back: as it is when it is at rest, else rolled back, or terminated and replaced. Once is enough."""
        if connection not in self._used:
            return
        try:
            if not connection.at_rest and not connection.is_closed():
                await connection.settle()
            if self._closing or connection in self._expired:
                await connection.close(timeout=SETTLE_TIMEOUT_S)
        finally:
            self._used.discard(connection)
            self._expired.discard(connection)
            self._hand_on(connection)

    async def expire_connections(self) -> None:
        """Replace every connection: free ones now, used ones when they come back."""
        self._expired |= self._used
        while self._free:
            self._free.pop().terminate()
            self._hand_on(None)

    async def close(self) -> None:
        """Close what is free, and wait for what is in use; nobody gets a connection any more."""
        self._refuse_everybody()
        while self._free:
            connection = self._free.pop()
            await connection.close(timeout=SETTLE_TIMEOUT_S)
            self._hand_on(None)
        if self._slots:
            await self._empty.wait()

    def terminate(self) -> None:
        """Cut all connections off."""
        self._refuse_everybody()
        for connection in (*self._free, *self._used):
            connection.terminate()
        while self._free:
            self._free.pop()
            self._hand_on(None)

    def _warmest(self) -> Connection | None:
        """The free connection that was used last; what died meanwhile gives its slot back."""
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
            connection.terminate()
            self._hand_on(None)
        return None

    async def _connect(self) -> Connection:
        """A new connection in a slot that the caller has."""
        try:
            connection = await self._open()
        except BaseException:
            self._hand_on(None)
            raise
        if self._closing:
            connection.terminate()
            self._hand_on(None)
            raise asyncpg.InterfaceError("the pool is closing")
        return connection

    async def _turn(self) -> Connection | None:
        """Wait in the queue; a connection, or nothing but its slot when it died."""
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await turn
        except BaseException as error:
            with suppress(ValueError):
                self._waiting.remove(turn)
            if turn.done() and not turn.cancelled() and turn.exception() is None:  # served and cut off together
                self._hand_on(turn.result())
            if isinstance(error, TimeoutError):
                text = f"none of {self._max_size} connections came back within {self._timeout_s:g} s"
                raise NoConnectionFree(text) from None
            raise

    def _hand_on(self, connection: Connection | None) -> None:
        """A connection, or the slot of a dead one, goes to whoever waits longest; else onto the stack, or away."""
        if connection is not None and connection.is_closed():
            connection.terminate()
            connection = None
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is not None:
            self._free.append(connection)
            return
        self._slots -= 1
        if self._closing and not self._slots:
            self._empty.set()

    def _refuse_everybody(self) -> None:
        self._closing = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(asyncpg.InterfaceError("the pool is closing"))
