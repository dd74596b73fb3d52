"""The command line: `python -m app COMMAND`."""

import click


@click.group()
def cli() -> None:
    """Rawat: run, migrate, seed and look into the system."""


if __name__ == "__main__":
    cli()
