"""One measurement: wrk asks one server for some seconds; what it cost is read from /proc."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import orjson

from bench.server import CLIENT_CORE, BenchFailed, Server, pinned
from bench.work import Ask

SCRIPT = Path(__file__).parent / "request.lua"
WANTED = '"__typename":"Booking"'
BUSY = """SELECT count(*) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()"""
QUIET_POLL_S = 0.1
SPARE_S = 30.0  # after the seconds of the load, before wrk is given up


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of one server. `cpu_us` is its processor time for one request, `database_us` its PostgreSQL's."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    errors: int
    database_us: float = 0.0


def check_wrk() -> str:
    """The version of wrk; BenchFailed when it is missing."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise BenchFailed("wrk is missing: apt-get install wrk")
    text = subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False).stdout
    return text.split("[")[0].strip()


def write_asks(path: Path, server: Server, work: str, asks: Sequence[Ask]) -> None:
    """The file that request.lua reads."""
    with path.open("wb") as file:
        for ask in asks:
            body = ask.body(server.document(work), work)
            file.write(b"\t".join((server.path(work).encode(), ask.token.encode(), body)) + b"\n")


def measure(server: Server, work: str, asks: Path, concurrency: int, seconds: int) -> Measured:
    """Put the load on. More asks needed than there are (M1) is an error, as is any answer that is not 200."""
    argv = [
        *pinned(CLIENT_CORE), "wrk", "-t1", f"-c{concurrency}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT),
        f"http://127.0.0.1:{server.port}/",
    ]  # fmt: skip
    environment = {**os.environ, "ASKS": str(asks), "ONCE": str(int(work == "M1")), "WANTED": WANTED}
    before, database_before = server.cpu_s(), server.database_cpu_s()
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=seconds + SPARE_S)
    cpu_s, database_s = server.cpu_s() - before, server.database_cpu_s() - database_before
    found = re.search(r"^RESULT (\{.*\})$", done.stdout, re.MULTILINE)
    if found is None:
        raise BenchFailed(f"wrk failed on {server.name} {work}: {done.stdout[-500:]}{done.stderr[-500:]}")
    told = orjson.loads(found[1])
    count = max(1, told["requests"])
    return Measured(
        rate=told["requests"] / told["seconds"], p50_ms=told["p50_ms"], p99_ms=told["p99_ms"],
        cpu_us=cpu_s / count * 1e6, errors=told["errors"] + told["exhausted"], database_us=database_s / count * 1e6,
    )  # fmt: skip


def forget_holds(database_url: str) -> None:
    """Undo a round of M1, so that the next server asks for the same slots of the same database."""

    async def undo() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await _quiet(connection)
            await connection.execute("DELETE FROM booking WHERE state = 'HELD'", timeout=120)
            await connection.execute("TRUNCATE event, event_topic, task, idempotency_key", timeout=120)
            await connection.execute("VACUUM booking", timeout=300)
        finally:
            await connection.close()

    asyncio.run(undo())


async def _quiet(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Wait until the server has finished what was under way when the load ended; BenchFailed when it does not."""
    for _ in range(int(SPARE_S / QUIET_POLL_S)):
        await asyncio.sleep(QUIET_POLL_S)
        if not await connection.fetchval(BUSY):
            return
    raise BenchFailed("the database does not come to rest")
