"""The database that is measured: a marketplace of a given size, filled set by set, the same for the same seed."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

SQL = Path(__file__).with_suffix(".sql")
PER_PARTNER = 100  # bookings of one partner, at every size: what grows is the marketplace, not the partner
CUSTOMER_SHARE = 20  # one customer for so many bookings
PARTNERS_PER_AREA = 100
HOLDERS = 10_000  # customers without bookings, who hold slots in M1 (one customer holds five at most)
AGENTS = 10
MIN_BOOKINGS, MAX_BOOKINGS = 1_000, 1_000_000
SEED = 7
FILL_WITHIN_S = 1800.0
EPOCH_MS = 1_767_225_600_000  # of row ids; the same as in world.sql
PARTNER, CUSTOMER, HOLDER, AGENT, OPTION, PET, ADDRESS, BOOKING = 1, 2, 3, 4, 6, 8, 9, 10
KEPT = ("region", "tortoise_migrations", "relay_head")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is. ValueError outside MIN_BOOKINGS..MAX_BOOKINGS."""

    bookings: int
    seed: int = SEED
    holders: int = HOLDERS
    agents: int = AGENTS

    def __post_init__(self) -> None:
        if not MIN_BOOKINGS <= self.bookings <= MAX_BOOKINGS:
            raise ValueError(f"a world has {MIN_BOOKINGS} to {MAX_BOOKINGS} bookings")

    @property
    def partners(self) -> int:
        """One for each PER_PARTNER bookings."""
        return self.bookings // PER_PARTNER

    @property
    def customers(self) -> int:
        """With bookings; `holders` come on top."""
        return self.bookings // CUSTOMER_SHARE

    @property
    def areas(self) -> int:
        """Regencies with partners."""
        return max(1, self.partners // PARTNERS_PER_AREA)


def row_id(kind: int, number: int) -> UUID:
    """The id world.sql gives to that row."""
    digest = hashlib.md5(f"{kind}:{number}".encode(), usedforsecurity=False).hexdigest()
    return UUID(f"{EPOCH_MS + number:012x}7{kind:03x}8{digest[:15]}")


def belonging_id(kind: int, owner_kind: int, number: int) -> UUID:
    """The id of the pet or address of a customer or holder."""
    return row_id(kind, owner_kind * 10_000_000_000 + number)


async def fill(database_url: str, size: Size) -> None:
    """Fill the migrated database; what was in it is forgotten."""
    connection = await asyncpg.connect(database_url)
    try:
        await forget(connection)
        await connection.execute(_size_table(size, datetime.now(UTC)), timeout=FILL_WITHIN_S)
        await connection.execute(SQL.read_text(), timeout=FILL_WITHIN_S)
        await connection.execute(f"COMMENT ON TABLE booking IS '{edition()}'")
        await connection.execute("VACUUM ANALYZE", timeout=FILL_WITHIN_S)
        await connection.execute("CHECKPOINT", timeout=FILL_WITHIN_S)
    finally:
        await connection.close()


def edition() -> str:
    """Which world.sql made a world; it stands as a comment on its bookings."""
    return f"world {hashlib.md5(SQL.read_bytes(), usedforsecurity=False).hexdigest()}"


async def is_filled(database_url: str, size: Size) -> bool:
    """Whether the migrated database holds such a world, made by today's world.sql in the last month (holds need days
    that lie ahead)."""
    connection = await asyncpg.connect(database_url)
    try:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM booking) AS bookings, (SELECT count(*) FROM account) AS accounts, "
            "(SELECT max(starts_at) FROM booking) > now() - interval '25 days' AS is_young, "
            "obj_description('booking'::regclass) AS edition"
        )
    finally:
        await connection.close()
    accounts = size.partners + size.customers + size.holders + size.agents
    return row is not None and tuple(row) == (size.bookings, accounts, True, edition())


async def forget(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Empty every table but the regions."""
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = ", ".join(sorted(row["tablename"] for row in rows if row["tablename"] not in KEPT))
    await connection.execute(f"TRUNCATE {names} RESTART IDENTITY; UPDATE relay_head SET position = 0, hash = ''")


def _size_table(size: Size, now: datetime) -> str:
    """One row that world.sql reads; only integers of ours and a day are written into it."""
    numbers = {
        "bookings": size.bookings, "partners": size.partners, "customers": size.customers, "holders": size.holders,
        "agents": size.agents, "areas": size.areas, "per_partner": PER_PARTNER, "seed": size.seed,
    }  # fmt: skip
    columns = ", ".join(f"{value}::bigint AS {name}" for name, value in numbers.items())
    return f"CREATE TEMP TABLE size AS SELECT {columns}, '{now:%Y-%m-%d}'::timestamptz AS today"
