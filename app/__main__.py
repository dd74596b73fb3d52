"""The command line: `python -m app COMMAND`. Each command imports what it needs, so that none waits for another."""

import asyncio
import sys

import click


@click.group()
def cli() -> None:
    """Rawat: run, migrate, seed and look into the system."""


@cli.command()
def run() -> None:
    """Start servers, migrate, seed, and keep the API and the worker alive until Ctrl-C."""
    from app.run import main
    from app.settings import settings

    sys.exit(main(settings()))


@cli.command()
def api() -> None:
    """Serve GraphQL over HTTP and WebSocket."""
    from app.serve import serve
    from app.settings import settings

    serve(settings())


@cli.command()
def worker() -> None:
    """Run the relay and the jobs."""
    import uvloop

    from app.log import configure
    from app.settings import settings
    from app.worker import work

    configure()
    uvloop.run(work(settings()))


@cli.command()
def migrate() -> None:
    """Bring the database to the present schema."""
    from app.address import database_url
    from app.migration import migrate as bring_up

    asyncio.run(bring_up(database_url()))


@cli.command()
def seed() -> None:
    """Fill an empty database with the demo world; one that is lived in is left alone. Not in production."""
    import uvloop

    from app.demo.command import seed as fill

    uvloop.run(fill())


@cli.command()
@click.argument("role")
def token(role: str) -> None:
    """Print an access token of the demo account of ROLE, e.g. customer, partner or agent. Not in production."""
    from app.demo.command import token as issue

    asyncio.run(issue(role))


@cli.command()
def logins() -> None:
    """Print how to sign in as each role of the demo world. Not in production."""
    from app.demo.command import logins as show

    asyncio.run(show())


@cli.command()
@click.argument("name")
def migration(name: str) -> None:
    """Write the next migration from the models."""
    from app.migration import write

    click.echo(asyncio.run(write(name)) or "Nothing has changed.")


@cli.command()
def schema() -> None:
    """Write schema/schema.graphql, what clients see."""
    from app.snapshot import SDL, sdl

    SDL.write_text(sdl())


@cli.command(name="map")
def print_map() -> None:
    """Print the system on one screen."""
    from app.map import lines

    click.echo("\n".join(lines()))


@cli.command()
def trace() -> None:
    """Print each requirement row with the tests that prove it."""
    from app.trace import lines

    click.echo("\n".join(lines()))


@cli.command()
def check() -> None:
    """Snapshots, migrations, constraints: what `make check` asks beyond the linters."""
    from app.check import problems

    found = asyncio.run(problems())
    for problem in found:
        click.echo(problem, err=True)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    cli()
