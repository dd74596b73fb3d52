"""The cost of growth: the first and the last page of lists in worlds of several sizes. `make growth` calls it."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import orjson

from bench import result
from bench.compare import SAMPLES
from bench.load import Measured, check_wrk, measure, write_asks
from bench.server import BenchFailed, Server, post
from bench.session import common_facts, housed
from bench.work import LISTS, Ask, desk, last_pages
from bench.world import Size

FOLDER = Path(".bench")
FILE = Path(__file__).parent / "growth.json"
PAGES = ("first", "last")
COLUMNS = (
    "list", "page", "bookings", "rate/s", "p50 ms", "× p50", "p99 ms", "CPU µs", "× CPU", "PostgreSQL CPU µs", "errors",
    "bytes",
)  # fmt: skip

Key = tuple[str, str, int]  # list, page, bookings


@dataclass(frozen=True, slots=True)
class Row:
    """One page of one kind of list in one world. Ratios are to the first page in the smallest world."""

    list: str
    page: str
    bookings: int
    rate: float | None
    p50_ms: float | None
    p99_ms: float | None
    cpu_us: float | None
    database_us: float | None
    errors: int
    bytes: int
    ratio_p50: float | None
    ratio_cpu: float | None


def rows_of(rounds: Mapping[Key, Sequence[Measured]], sizes: Mapping[Key, int]) -> list[Row]:
    """Medians over the rounds, list by list. Ratios are medians of each round's own ratio."""
    smallest = min(bookings for _, _, bookings in rounds)
    rows = []
    for key in sorted(rounds, key=lambda key: (list(LISTS).index(key[0]), key[1], key[2])):
        name, page, bookings = key
        once, base = rounds[key], rounds[name, PAGES[0], smallest]
        pairs = list(zip(once, base, strict=True))
        rows.append(
            Row(
                name, page, bookings, result.middle([each.rate for each in once]),
                result.middle([each.p50_ms for each in once]), result.middle([each.p99_ms for each in once]),
                result.middle([each.cpu_us for each in once]), result.middle([each.database_us for each in once]),
                sum(each.errors for each in once), sizes[key],
                result.middle([each.p50_ms / first.p50_ms for each, first in pairs if first.p50_ms]),
                result.middle([each.cpu_us / first.cpu_us for each, first in pairs if first.cpu_us]),
            )
        )  # fmt: skip
    return rows


def table(session: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """The rows as Markdown, and the session below them."""
    number = result.number
    cells = [
        (
            row.list, row.page, row.bookings, number(row.rate, 0), number(row.p50_ms, 2), number(row.ratio_p50, 2),
            number(row.p99_ms, 2), number(row.cpu_us, 0), number(row.ratio_cpu, 2), number(row.database_us, 0),
            row.errors, row.bytes,
        )
        for row in rows
    ]  # fmt: skip
    return result.markdown(session, COLUMNS, cells)


@dataclass
class Grown:
    """The product on a world of one size."""

    size: Size
    server: Server
    bytes: dict[tuple[str, str], int] = field(default_factory=dict)

    def prepare(self) -> None:
        """Write the requests, and look whether pages are the ones they should be."""
        place = self.server.place
        asking = asyncio.run(desk(place.database_url, self.size, place.secret_key))
        for name in LISTS:
            first = asking.asks(name)
            last = asyncio.run(last_pages(place.database_url, name, first))
            for page, asks in zip(PAGES, (first, last), strict=True):
                self.bytes[name, page] = self._checked(name, page, asks[:SAMPLES])
                write_asks(self.asks(name, page), self.server, name, asks)

    def asks(self, name: str, page: str) -> Path:
        """The file of requests for a page of a list."""
        return self.server.place.folder / f"{name}-{page}.asks"

    def _checked(self, name: str, page: str, asks: Sequence[Ask]) -> int:
        """The mean size of an answer; BenchFailed where a page is empty or a last page is not the last."""
        sizes = []
        for ask in asks:
            status, text = post(self.server.port, "/graphql", ask.token, ask.body(self.server.document(name), name))
            answer = orjson.loads(text) if status == 200 else {}
            [found] = (answer.get("data") or {"": None}).values()
            if not found or not found["edges"] or (page == "last" and found["pageInfo"]["hasNextPage"]):
                raise BenchFailed(f"{name}-{page} of {self.size.bookings}: {status} {text[:500].decode()}")
            sizes.append(len(text))
        return sum(sizes) // len(sizes)


def measured(worlds: Sequence[Grown], rounds: int, seconds: int, concurrency: int) -> Iterator[tuple[Key, Measured]]:
    """Every page in every world, round by round; worlds take turns. Each is warmed by the same requests, longer than a
    round lasts: a page that is read from a file for the first time costs more than all the rest."""
    for number in range(rounds):
        for name in LISTS:
            for page in PAGES:
                for each in worlds if number % 2 == 0 else worlds[::-1]:
                    if number == 0:
                        measure(each.server, name, each.asks(name, page), concurrency, 2 * seconds)
                    once = measure(each.server, name, each.asks(name, page), concurrency, seconds)
                    click.echo(
                        f"round {number + 1} {name}-{page:5} {each.size.bookings:8} {once.rate:6.0f}/s p50 "
                        f"{once.p50_ms:7.2f} p99 {once.p99_ms:7.2f} ms  {once.cpu_us:5.0f} µs  PostgreSQL "
                        f"{once.database_us:5.0f} µs  errors {once.errors}"
                    )
                    yield (name, page, each.size.bookings), once


@click.command()
@click.option("--sizes", default="10000,1000000", help="Bookings of the worlds, with commas; 1,000 to 1,000,000.")
@click.option("--rounds", default=5, help="Interleaved rounds; medians are told.")
@click.option("--seconds", default=3, help="Length of one measurement.")
@click.option("--concurrency", default=16, help="Requests at once.")
@click.option("--docs/--no-docs", default=True, help="Write bench/growth.json and the table in docs/performance.md.")
def main(sizes: str, rounds: int, seconds: int, concurrency: int, docs: bool) -> None:
    """Measure what the same pages cost in a small and in a big world."""
    found: dict[Key, list[Measured]] = {}
    with ExitStack() as stack:
        try:
            check_wrk()
            worlds = []
            for size in [Size(int(each)) for each in sizes.split(",")]:
                place = stack.enter_context(housed(FOLDER.absolute(), size))
                server = Server("rawat", place, documents={name: each.document for name, each in LISTS.items()})
                stack.callback(server.stop)
                server.start()
                worlds.append(Grown(size, server))
            session = common_facts(worlds[0].server.place, rounds, seconds, {}) | {"concurrency": concurrency}
            for each in worlds:
                each.prepare()
            for key, once in measured(worlds, rounds, seconds, concurrency):
                found.setdefault(key, []).append(once)
        except BenchFailed as failure:
            click.echo(f"growth: {failure}", err=True)
            sys.exit(1)
    weights = {(name, page, each.size.bookings): told for each in worlds for (name, page), told in each.bytes.items()}
    rows = rows_of(found, weights)
    if docs:
        result.write(session, rows, FILE)
        result.put("growth", table(session, rows))
    click.echo(table(session, rows))


if __name__ == "__main__":
    main()
