"""Tortoise on the lean pool: transactions, what outlives them, and that no state of a session survives its user."""

import ast
import asyncio
import re
import traceback
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from tortoise import connections
from tortoise.exceptions import IntegrityError, TransactionManagementError
from tortoise.transactions import in_transaction

from app.database import SERVER_SETTINGS
from domain.refusals import Refusal, TryAgain
from models.account import Account
from models.backend import Client
from models.pet import Pet
from models.pool import Connection, Pool
from models.record import records
from tests import world

ROOT = Path(__file__).parent.parent.parent
COUNT = "SELECT count(*) AS pets FROM pet"
# Read by name, because a session's state is what a fresh session does not have.
STATE = {
    "settings": "SELECT name, setting FROM pg_settings WHERE source = 'session' ORDER BY name",
    "locks": "SELECT classid, objid FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'",
    "channels": "SELECT pg_listening_channels()",
    "temporary": "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()",
    "cursors": "SELECT name FROM pg_cursors WHERE name <> ''",
    "transaction": "SELECT 1 WHERE pg_current_xact_id_if_assigned() IS NOT NULL",
}
# What would stay behind in a session. SET LOCAL, SET TRANSACTION and the _xact_ locks end with their transaction.
LEAVES_STATE = re.compile(
    r"""(^|;)\s*(SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)\w+\s*(=|TO\b|TIME\b)
                | SET\s+(SESSION|ROLE|TIME\s+ZONE)\b | (UN)?LISTEN\s+\w | DECLARE\s+\w+\s+.*CURSOR\s+WITH\s+HOLD
                | CREATE\s+(LOCAL\s+|GLOBAL\s+)?TEMP | PREPARE\s+\w+ | LOAD\s+')
        | pg_(try_)?advisory_lock(_shared)?\b | set_config\([^)]*,\s*false\s*\)""",
    re.IGNORECASE | re.VERBOSE,
)
OWN_CONNECTION = {"app/migration.py", "workers/relay.py"}  # which is closed after them


def the_client() -> Client:
    return cast(Client, connections.get("default"))


def the_pool() -> Pool:
    pool = the_client()._pool
    assert pool is not None
    return pool


async def state(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, list[Any]]:
    return {name: [tuple(row) for row in await connection.fetch(sql)] for name, sql in STATE.items()}


async def test_records_are_read_in_the_transaction_of_the_caller() -> None:
    await world.customer()

    async def outside() -> int:
        return int((await records(COUNT))[0]["pets"])

    elsewhere = asyncio.Event()

    async def look() -> int:
        await elsewhere.wait()
        return await outside()

    looking = asyncio.create_task(look())  # has the context from before the transaction
    async with in_transaction():
        await Pet.all().update(name="Mochi")
        assert [row["name"] for row in await records("SELECT name FROM pet WHERE name = $1", ["Mochi"])] == ["Mochi"]
        await records("DELETE FROM pet")
        assert await outside() == 0
        elsewhere.set()
        assert await looking == 1
        raise_after = await Pet.all().count()
    assert raise_after == 0 and await outside() == 0


async def test_a_transaction_that_fails_leaves_nothing_and_gives_its_connection_back() -> None:
    await world.customer()
    with pytest.raises(RuntimeError, match="no"):
        async with in_transaction():
            async with in_transaction():  # a savepoint
                await records("DELETE FROM pet")
            raise RuntimeError("no")
    assert (await records(COUNT))[0]["pets"] == 1
    assert not the_pool()._used


async def test_nobody_reaches_the_connection_of_a_transaction_that_is_over() -> None:
    late = asyncio.Event()

    async def outlives(how: str) -> None:
        await late.wait()
        if how == "records":
            await records("SELECT 1")
        else:
            await Pet.all().count()

    async with in_transaction() as transaction:
        tasks = [asyncio.create_task(outlives(how)) for how in ("records", "tortoise")]
    late.set()
    for failure in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(failure, TransactionManagementError)
    with pytest.raises(TransactionManagementError):
        await transaction.execute_query("SELECT 1")


async def test_one_that_still_executes_when_its_transaction_ends_disturbs_nobody() -> None:
    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise RuntimeError("no")

    slow = asyncio.create_task(asyncio.sleep(0))
    with pytest.raises((RuntimeError, asyncpg.InterfaceError)):
        async with in_transaction():
            slow = asyncio.create_task(records("SELECT pg_sleep(20)"))  # type: ignore[arg-type]
            await fail()
    await asyncio.gather(slow, return_exceptions=True)
    assert (await asyncio.gather(*(records(COUNT) for _ in range(30))))[0][0]["pets"] == 0
    assert all(each.at_rest for each in the_pool()._free) and not the_pool()._used


async def test_a_transaction_cut_off_at_its_begin_loses_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    before = the_pool()._slots

    async def begin() -> None:
        async with in_transaction():
            await asyncio.sleep(5)

    for steps in range(12):  # cut off at every step of the way into the transaction, and twice a little later
        task = asyncio.create_task(begin())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not the_pool()._used
    assert the_pool()._slots <= before + 1
    assert (await records(COUNT))[0]["pets"] == 0


async def test_a_use_case_that_gets_no_connection_says_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    customer, provider = await world.customer(), await world.provider()
    pool = the_pool()
    monkeypatch.setattr(pool, "_timeout_s", 0.05)
    held = [await pool.acquire() for _ in range(pool._max_size)]
    try:
        with pytest.raises(TryAgain):
            await world.hold(customer, provider)
    finally:
        for each in held:
            await pool.release(each)
    assert await world.hold(customer, provider)


async def test_a_use_case_survives_a_migration_between_two_calls() -> None:
    """Its statement was prepared for a column that has another type now; the transaction is tried again."""
    customer, provider = await world.customer(), await world.provider()
    await world.hold(customer, provider, world.at(9))
    await the_client().execute_script("ALTER TABLE price ALTER COLUMN minutes TYPE bigint")
    try:
        assert await world.hold(customer, provider, world.at(12))
    finally:
        await the_client().execute_script("ALTER TABLE price ALTER COLUMN minutes TYPE int")
    assert await world.hold(customer, provider, world.at(15))


async def test_a_killed_backend_heals_at_the_next_query() -> None:
    pool, killer = the_pool(), await asyncpg.connect(**_address())
    try:
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND application_name = $1", SERVER_SETTINGS["application_name"],
        )  # fmt: skip
    finally:
        await killer.close()
    async with asyncio.timeout(2):
        while any(not each.is_closed() for each in pool._free):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert (await asyncio.gather(*(records(COUNT) for _ in range(40))))[0][0]["pets"] == 0
    assert await Pet.all().count() == 0


async def test_no_state_of_a_session_survives_its_user() -> None:
    """Use cases, refusals, reads, arrays whose types asyncpg looks up, cut-off queries: then every connection of the
    pool is asked, and must be as a fresh one is."""
    customer, provider = await world.customer(), await world.provider()

    async def live(hour: int) -> None:
        try:
            await world.hold(customer, provider, world.at(hour))
            await world.hold(customer, provider, world.at(hour))
        except Refusal:
            pass
        await Pet.filter(owner_id__in=[customer.id])
        await records("SELECT $1::uuid[], $2::timestamptz[], $3::jsonb", [[customer.id], [], "{}"])
        asyncio.get_running_loop().call_later(0.05, asyncio.current_task().cancel)  # type: ignore[union-attr]
        await records("SELECT pg_sleep(5)")

    await asyncio.gather(*(live(hour) for hour in range(7, 21)), return_exceptions=True)
    fresh = await asyncpg.connect(**_address(), server_settings=SERVER_SETTINGS)
    expected = await state(fresh)
    await fresh.close()
    pool = the_pool()
    assert len(pool._free) > 3 and not pool._used
    for connection in pool._free:
        assert {**await state(connection), "settings": await changed(connection)} == expected
        assert connection.at_rest and not connection._listeners


async def changed(connection: Connection) -> list[tuple[str, str]]:
    """Settings of the session whose value is another than the one it began with. asyncpg looks types up with `jit`
    set to off for the session, which is what ours begin with."""
    began = await connection.fetch("SELECT name, setting, reset_val FROM pg_settings WHERE source = 'session'")
    return [(row["name"], row["setting"]) for row in began if row["setting"] != row["reset_val"]]


def texts(tree: ast.Module) -> list[Any]:
    """All strings but those that stand for themselves, which are docstrings."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node for node in nodes if id(node) not in told]


@pytest.mark.parametrize("folder", ["app", "domain", "integrations", "models", "resolvers", "schema", "services",
                                    "subscriptions", "workers"])  # fmt: skip
def test_no_statement_of_ours_leaves_state_in_a_session(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for text in texts(ast.parse(path.read_text())) if name not in OWN_CONNECTION else ():
            found = LEAVES_STATE.search(text.value)
            assert not found, f"{name}:{text.lineno}: {found and found[0]!r} would stay with the connection"


@pytest.mark.parametrize(
    "sql",
    ["SET statement_timeout = 5", "SELECT 1; SET ROLE nobody", "LISTEN news", "SELECT pg_advisory_lock(1)",
     "SELECT pg_try_advisory_lock_shared(1)", "CREATE TEMP TABLE a (b int)", "SELECT set_config('jit', 'off', false)",
     "set session characteristics AS TRANSACTION READ ONLY"],
)  # fmt: skip
def test_the_source_test_knows_what_leaves_state(sql: str) -> None:
    assert LEAVES_STATE.search(sql)


@pytest.mark.parametrize(
    "sql",
    ["UPDATE task SET state = 'DUE'", "SET LOCAL lock_timeout = 5", "SET TRANSACTION READ ONLY",
     "SELECT pg_advisory_xact_lock(1)", "SELECT set_config('a.b', 'c', true)"],
)  # fmt: skip
def test_the_source_test_lets_pass_what_ends_with_the_transaction(sql: str) -> None:
    assert not LEAVES_STATE.search(sql)


def _address() -> dict[str, Any]:
    client = the_client()
    return {name: getattr(client, name) for name in ("host", "port", "user", "password", "database")}


@pytest.mark.parametrize("way", ["Tortoise", "records"])
async def test_an_error_names_the_constraint_and_none_of_the_values(clean: str, way: str) -> None:
    phone, street = "+6281200007777", "Jalan Rahasia 7"
    await Account.create(name="Sari", phone=phone)
    owner = await Account.create(name="Budi")
    broken = {
        "account_phone_key": ("UPDATE account SET phone = $1 WHERE id = $2", [phone, owner.id]),
        None: (
            "INSERT INTO address (id, street) VALUES ($2, $1)",
            [street, owner.id],
        ),  # PostgreSQL shows the whole row
    }
    for constraint, (sql, values) in broken.items():
        with pytest.raises(IntegrityError) as caught:
            if way == "records":
                await records(sql, values)
            else:
                await connections.get("default").execute_query(sql, values)
        assert caught.value.args[0].constraint_name == constraint
        told = "".join(traceback.format_exception(caught.value))
        assert "violates" in told
        assert phone not in told and street not in told
