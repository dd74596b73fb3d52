"""The command line: `python -m bench`. `make bench` calls it."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from bench import live, result, server, work, world
from bench.load import Measured, check_wrk
from bench.session import Plan, Queries, facts, placed

FOLDER = Path(".bench")


def _names(value: str, known: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(name for name in value.split(",") if name) or known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(known)}")
    return chosen


@click.command()
@click.option("--bookings", default=10_000, help="Size of the world, 1,000 to 1,000,000.")
@click.option("--rounds", default=5, help="Interleaved rounds; medians are told.")
@click.option("--live-rounds", type=int, help="The same of live works, which take long; else as many.")
@click.option("--seconds", default=5, help="Length of one measurement.")
@click.option("--concurrency", default="16", help="Requests at once; several with commas.")
@click.option("--only", default="", help="Works, with commas: Q1,Q2,Q3,M1,live-one,live-own,live-5000,live-idle.")
@click.option("--servers", default="", help="Servers, with commas; the limit runs in any case.")
@click.option("--docs/--no-docs", default=True, help="Write the table into docs/performance.md.")
def main(
    bookings: int, rounds: int, live_rounds: int | None, seconds: int, concurrency: str, only: str, servers: str,
    docs: bool,
) -> None:  # fmt: skip
    """Measure Rawat against the limit and its peers on this machine; writes bench/results.json."""
    works = _names(only, (*work.WORKS, *live.WORKS))
    chosen = _names(servers, tuple(dict.fromkeys((*server.QUERY_SERVERS, *server.LIVE_SERVERS))))
    plan = Plan(
        FOLDER.absolute(), world.Size(bookings), tuple(name for name in server.QUERY_SERVERS if name in chosen),
        tuple(name for name in work.WORKS if name in works), tuple(int(each) for each in concurrency.split(",")),
        rounds, seconds,
    )  # fmt: skip
    found: dict[result.Key, list[Measured]] = {}
    sizes: dict[tuple[str, str], int] = {}
    try:
        check_wrk()
        with placed(plan) as place:
            of_live = replace(plan, rounds=live_rounds or rounds)
            session = {**facts(plan, place), "live_rounds": of_live.rounds}
            if plan.works:
                Queries(plan, place, found, sizes).run()
            if wanted := tuple(name for name in live.WORKS if name in works):
                names = tuple(name for name in server.LIVE_SERVERS if name in chosen or name == result.LIVE_LIMIT)
                live.Live(of_live, place, names, wanted, found, sizes).run()
    except server.BenchFailed as failure:
        click.echo(f"bench: {failure}", err=True)
        sys.exit(1)
    rows = result.rows_of(found, sizes)
    result.write(session, rows)
    if docs:
        result.write_table(session, rows)
    click.echo(result.table(session, rows))


if __name__ == "__main__":
    main()
