"""The demo world's commands: what they need, what they print, and how they fail."""

import time

import click

from app.address import database_url
from app.binary import ServerFailed
from app.database import database
from app.demo import make_world
from app.demo.login import ROLES, NoDemo, check_not_production
from app.demo.login import logins as lines_of_logins
from app.demo.login import token as token_of
from app.log import configure
from app.outside import outside
from app.settings import Settings, settings
from domain.permissions import Role
from integrations.storage import LocalStorage


async def seed() -> None:
    """Make the demo world if nobody lives in the database."""
    chosen, url = _open_to_demo()
    configure()
    began = time.monotonic()
    async with database(url):
        is_made = await make_world(outside(chosen), LocalStorage(chosen.data_dir / "media"))
    if is_made:
        click.echo(f"The demo world is made ({time.monotonic() - began:.0f} s).")


async def token(role: str) -> None:
    """Print an access token of the role's demo account."""
    if role not in list(ROLES):
        raise click.ClickException(f"no such role; there are: {', '.join(ROLES)}")
    chosen, url = _open_to_demo()
    async with database(url):
        try:
            click.echo(await token_of(chosen, Role(role)))
        except NoDemo as error:
            raise click.ClickException(str(error)) from error


async def logins() -> None:
    """Print the table of logins."""
    chosen, url = _open_to_demo()
    async with database(url):
        try:
            click.echo("\n".join(await lines_of_logins(chosen)))
        except NoDemo as error:
            raise click.ClickException(str(error)) from error


def _open_to_demo() -> tuple[Settings, str]:
    chosen = settings()
    try:
        check_not_production(chosen)
        return chosen, database_url()
    except (NoDemo, ServerFailed) as error:
        raise click.ClickException(str(error)) from error
