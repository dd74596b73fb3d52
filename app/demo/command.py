"""The demo world's commands: what they need, what they print, and how they fail.

A start with a world that is there waits for the first of them, so each imports what it needs only when it needs it.
"""

import time

import click

from app.address import database_url
from app.binary import ServerFailed
from app.database import database
from app.settings import Settings, settings
from models.account import Account


async def seed() -> None:
    """Make the demo world if nobody lives in the database."""
    chosen, url = _open_to_demo()
    async with database(url):
        if await Account.exists():
            return
        from app.demo.world import make_world
        from app.outside import outside
        from integrations.storage import LocalStorage

        click.echo("Making the demo world; this takes a moment, and only the first time …")
        began = time.monotonic()
        if await make_world(outside(chosen), LocalStorage(chosen.data_dir / "media")):
            click.echo(f"The demo world is made ({time.monotonic() - began:.0f} s).")


async def token(role: str) -> None:
    """Print an access token of the role's demo account."""
    from app.demo import login
    from domain.permissions import Role

    if role not in list(login.ROLES):
        raise click.ClickException(f"no such role; there are: {', '.join(login.ROLES)}")
    chosen, url = _open_to_demo()
    async with database(url):
        try:
            click.echo(await login.token(chosen, Role(role)))
        except login.NoDemo as error:
            raise click.ClickException(str(error)) from error


async def logins() -> None:
    """Print the table of logins."""
    from app.demo import login

    chosen, url = _open_to_demo()
    async with database(url):
        try:
            click.echo("\n".join(await login.logins(chosen)))
        except login.NoDemo as error:
            raise click.ClickException(str(error)) from error


def _open_to_demo() -> tuple[Settings, str]:
    """The demo world's passwords are known to everybody, so production has none of these commands."""
    chosen = settings()
    if chosen.is_production:
        raise click.ClickException("the demo world is for development and tests, not for production")
    try:
        return chosen, database_url()
    except ServerFailed as error:
        raise click.ClickException(str(error)) from error
