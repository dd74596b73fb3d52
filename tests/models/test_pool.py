"""The pool: who gets a connection, and what becomes of one that was cut off, died, or came back in the middle."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import asyncpg
import pytest

from models import pool as module
from models.pool import Connection, NoConnectionFree, Pool

Opened = Callable[..., AbstractAsyncContextManager[Pool]]
SLOW = "SELECT pg_sleep(20)"


@pytest.fixture
def opened(database_url: str) -> Opened:
    """A pool of its own for the test."""

    async def connect() -> Connection:
        return await asyncpg.connect(database_url, connection_class=Connection)

    @asynccontextmanager
    async def pool(max_size: int, min_size: int = 0, timeout_s: float = 5, open=connect) -> AsyncIterator[Pool]:  # type: ignore[no-untyped-def]
        made = Pool(open, min_size, max_size, timeout_s)
        await made.fill()
        try:
            yield made
        finally:
            made.terminate()

    return pool


async def pid(connection: Connection) -> int:
    return int(await connection.fetchval("SELECT pg_backend_pid()"))


async def kill(connection: Connection, by: Connection) -> None:
    await by.records("SELECT pg_terminate_backend($1)", [await pid(connection)])
    async with asyncio.timeout(2):
        while not connection.is_closed():  # noqa: ASYNC110 - asyncpg tells nobody
            await asyncio.sleep(0.005)


async def is_whole(pool: Pool, size: int) -> bool:
    """All connections can be had at once, they answer, and there is none too many."""
    async with asyncio.timeout(5):
        taken = [await pool.acquire() for _ in range(size)]
        answers = [await each.fetchval("SELECT 1") for each in taken]
    surplus = asyncio.ensure_future(pool.acquire())
    await asyncio.sleep(0.01)
    is_full = not surplus.done()
    surplus.cancel()
    for each in taken:
        await pool.release(each)
    return answers == [1] * size and len(set(taken)) == size and is_full


async def test_the_warmest_connection_is_used_first_and_no_more_are_opened_than_needed(opened: Opened) -> None:
    async with opened(5) as pool:
        first = await pool.acquire()
        second = await pool.acquire()
        await pool.release(first)
        await pool.release(second)
        assert await pool.acquire() is second
        assert await pool.acquire() is first


async def test_the_first_connections_are_opened_at_the_start(opened: Opened) -> None:
    async with opened(5, min_size=3) as pool:
        assert len(pool._free) == 3


async def test_who_waits_longest_is_served_first_and_nobody_overtakes(opened: Opened) -> None:
    async with opened(1) as pool:
        held, order = await pool.acquire(), list[int]()

        async def wait(number: int) -> None:
            connection = await pool.acquire()
            order.append(number)
            await asyncio.sleep(0)
            await pool.release(connection)

        waiting = [asyncio.create_task(wait(number)) for number in range(20)]
        await asyncio.sleep(0.01)
        await pool.release(held)
        late = asyncio.create_task(wait(99))
        await asyncio.gather(*waiting, late)
        assert order == [*range(20), 99]


async def test_a_full_pool_says_so_after_a_while_and_loses_nothing(opened: Opened) -> None:
    async with opened(2, timeout_s=0.05) as pool:
        held = [await pool.acquire(), await pool.acquire()]
        with pytest.raises(NoConnectionFree, match="none of 2 connections"):
            async with asyncio.timeout(2):
                await pool.acquire()
        for each in held:
            await pool.release(each)
        assert await is_whole(pool, 2)


async def test_hundreds_of_cancellations_lose_no_connection_and_no_slot(opened: Opened) -> None:
    """While waiting, connecting, in a transaction, in a statement, and while the connection is given back."""
    chance = random.Random(5)
    async with opened(4) as pool:

        async def use() -> None:
            connection = await pool.acquire()
            try:
                await connection.execute("BEGIN")
                await connection.records("SELECT pg_sleep($1)", [chance.random() / 100])
                await connection.execute("COMMIT")
                if chance.random() < 0.05:
                    connection.terminate()
            finally:
                await pool.release(connection)

        async def cut_off() -> None:
            task = asyncio.create_task(use())
            for _ in range(2):
                await asyncio.sleep(chance.random() / 30)
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        for _ in range(20):
            await asyncio.gather(*(cut_off() for _ in range(20)))
        assert not pool._waiting and not pool._used
        assert await is_whole(pool, 4)


async def test_a_connection_handed_to_somebody_cut_off_at_the_same_moment_goes_to_the_next(opened: Opened) -> None:
    async with opened(1) as pool:
        held = await pool.acquire()
        first, second = asyncio.create_task(pool.acquire()), asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.01)
        await pool.release(held)  # first has it now, but did not run yet
        first.cancel()
        async with asyncio.timeout(1):
            assert await second is held


async def test_a_failed_or_cut_off_connecting_gives_its_slot_back(opened: Opened, database_url: str) -> None:
    answers = iter(["fail", "hang", "hang", "good"])

    async def open() -> Connection:
        match next(answers):
            case "fail":
                raise OSError("no way")
            case "hang":
                await asyncio.sleep(60)
        return await asyncpg.connect(database_url, connection_class=Connection)

    async with opened(1, open=open) as pool:
        with pytest.raises(OSError, match="no way"):
            await pool.acquire()
        cut_off = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.01)
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.01)
        cut_off.cancel()  # the one that waits inherits the slot, and connects
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.sleep(0.01)
        assert await (await pool.acquire()).fetchval("SELECT 1") == 1


async def test_a_killed_connection_is_replaced(opened: Opened) -> None:
    async with opened(3) as pool:
        first, second, other = [await pool.acquire() for _ in range(3)]
        await pool.release(first)
        await kill(first, by=other)  # while it is free
        healed = await pool.acquire()
        assert healed is not first and await healed.fetchval("SELECT 1") == 1
        waiting = asyncio.create_task(pool.acquire())
        await kill(second, by=other)  # while it is in use, and somebody waits for it
        await pool.release(second)
        assert await (await waiting).fetchval("SELECT 1") == 1


async def test_what_comes_back_inside_a_transaction_is_rolled_back(opened: Opened) -> None:
    async with opened(1) as pool:
        for begin in ("BEGIN", "BEGIN; CREATE TABLE rubbish (a int)"):
            connection = await pool.acquire()
            await connection.execute(begin)
            await pool.release(connection)
        connection = await pool.acquire()
        await connection.transaction().start()
        await pool.release(connection)
        again = await pool.acquire()
        assert again is connection and again.at_rest
        assert await again.fetchval("SELECT to_regclass('rubbish')") is None


async def test_what_comes_back_while_it_executes_does_not_reach_the_next_user(
    opened: Opened,
) -> None:
    async with opened(1) as pool:
        for sent in ("records", "fetch", "cancelled"):
            connection = await pool.acquire()
            statement = connection.fetch(SLOW) if sent == "fetch" else connection.records(SLOW, [])
            task = asyncio.create_task(statement)
            await asyncio.sleep(0.05)
            if sent == "cancelled":
                task.cancel()
                await asyncio.wait([task])
            await pool.release(connection)
            following = await pool.acquire()
            assert following.at_rest and await following.fetchval("SELECT 1") == 1, sent
            assert (following is connection) == (sent == "cancelled")  # the server has been told, and has answered
            await pool.release(following)
            with suppress(asyncio.CancelledError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await task


async def test_a_cancelled_statement_that_does_not_end_ends_with_its_connection(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLE_TIMEOUT_S", 0.0)
    async with opened(1) as pool:
        connection = await pool.acquire()
        task = asyncio.create_task(connection.records(SLOW, []))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        await pool.release(connection)
        assert connection.is_closed()
        assert await is_whole(pool, 1)


async def test_giving_back_twice_is_giving_back_once(opened: Opened) -> None:
    async with opened(2) as pool:
        connection = await pool.acquire()
        await pool.release(connection)
        await pool.release(connection)
        assert await is_whole(pool, 2)


async def test_closing_waits_for_those_at_work_and_refuses_the_others(opened: Opened) -> None:
    async with opened(1) as pool:
        held = await pool.acquire()
        waiting, closing = asyncio.create_task(pool.acquire()), asyncio.create_task(pool.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        with pytest.raises(asyncpg.InterfaceError, match="closing"):
            await waiting
        with pytest.raises(asyncpg.InterfaceError, match="closing"):
            await pool.acquire()
        await pool.release(held)
        async with asyncio.timeout(1):
            await closing
        assert held.is_closed()


async def test_expired_connections_are_replaced_when_they_come_back(opened: Opened) -> None:
    async with opened(2) as pool:
        used, free = await pool.acquire(), await pool.acquire()
        await pool.release(free)
        await pool.expire_connections()
        await pool.release(used)
        assert free.is_closed() and used.is_closed()
        assert await is_whole(pool, 2)


async def test_a_statement_survives_a_migration(opened: Opened) -> None:
    async with opened(2) as pool:
        reader, writer = await pool.acquire(), await pool.acquire()
        await writer.execute("CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)")
        try:
            assert [dict(row) for row in await reader.records("SELECT * FROM changing", [])] == [{"a": 1}]
            await writer.execute("ALTER TABLE changing ADD COLUMN b int")
            assert [dict(row) for row in await reader.records("SELECT * FROM changing", [])] == [{"a": 1, "b": None}]
            await writer.execute("ALTER TABLE changing DROP COLUMN b")
            await reader.execute("BEGIN")
            with pytest.raises(asyncpg.InvalidCachedStatementError):  # the transaction is lost; the next try prepares
                await reader.records("SELECT * FROM changing", [])
            await reader.execute("ROLLBACK; BEGIN")
            assert [dict(row) for row in await reader.records("SELECT * FROM changing", [])] == [{"a": 1}]
            await reader.execute("ROLLBACK")
        finally:
            await writer.execute("DROP TABLE changing")


async def test_prepared_statements_are_bounded_and_the_oldest_go(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_STATEMENTS", 3)
    async with opened(1) as pool:
        connection = await pool.acquire()
        for number in (1, 2, 3, 1, 4, 5):
            await connection.records(f"SELECT {number}", [])
        assert list(connection._statements) == ["SELECT 1", "SELECT 4", "SELECT 5"]
        kept = await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE statement ~ '^SELECT .$'")
        assert kept <= 3


LOCKS = "SELECT relation::regclass::text FROM pg_locks WHERE pid = $1 AND relation IS NOT NULL"
UNFIT = "UPDATE lockable SET number = $1"


async def by_records(connection: Connection, pool: Pool) -> None:
    await pool.release(connection)
    await pool.records(UNFIT, ["no number"])


async def by_execute(connection: Connection, pool: Pool) -> None:
    try:
        await connection.execute(UNFIT, "no number")
    finally:
        await pool.release(connection)


async def by_prepare(connection: Connection, pool: Pool) -> None:
    try:
        await connection.prepare(UNFIT)
        raise asyncpg.DataError
    finally:
        await pool.release(connection)


async def in_a_transaction(connection: Connection, pool: Pool) -> None:
    try:
        await connection.command("BEGIN")
        with suppress(asyncpg.DataError):
            await connection.records(UNFIT, ["no number"])
        await connection.command("COMMIT")
        raise asyncpg.DataError
    finally:
        await pool.release(connection)


@pytest.mark.parametrize("way", [by_records, by_execute, by_prepare, in_a_transaction])
async def test_a_statement_that_was_prepared_and_not_executed_leaves_no_lock(
    opened: Opened, way: Callable[[Connection, Pool], Awaitable[None]]
) -> None:
    async with opened(1) as pool, opened(1) as other:
        connection = await pool.acquire()
        await connection.command("CREATE TEMP TABLE lockable (number int)")
        with pytest.raises(asyncpg.DataError):
            await way(connection, pool)
        again = await pool.acquire()
        assert again is connection
        assert await other.records(LOCKS, [connection.get_server_pid()]) == []


async def test_statements_that_are_cut_off_while_they_are_prepared_leave_no_lock(opened: Opened) -> None:
    async with opened(1) as pool, opened(1) as other:
        for turn in range(40):
            sql = f"SELECT count(*), {turn} FROM pg_statistic WHERE starelid = $1"
            asking = asyncio.create_task(pool.records(sql, [1]))
            for _ in range(turn % 10):
                await asyncio.sleep(0)
            await asyncio.sleep(turn % 7 * 0.0002)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            if pool._free:
                assert await other.records(LOCKS, [pool._free[-1].get_server_pid()]) == []
