"""The command line: `python -m app COMMAND`. Each command imports what it needs, so that none waits for another."""

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


if __name__ == "__main__":
    cli()
