"""Who lives in the rig: partners with open days, customers with pets, their tokens, and canaries to look for later."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from app.database import database
from app.settings import DEVELOPMENT_SECRET_KEY
from domain.calendar import Zone
from domain.permissions import Actor
from integrations.token import Tokens
from models.account import Session
from models.notification import Preference
from tests import world
from tests.faults.rig import TOKEN_MINUTES
from tests.world import Customer, Provider

# How everything planted begins: names, messages, phones of newcomers, the street and phone of every address.
CANARIES = ("Kenari ", "kenari-", "+62813", "Jalan Contoh", "+6281200000")


@dataclass(frozen=True)
class Person:
    """Somebody with a token of hours."""

    name: str
    actor: Actor
    token: str


@dataclass
class World:
    """Everybody, and what must be read nowhere."""

    customers: list[tuple[Person, Customer]] = field(default_factory=list)
    providers: list[tuple[Person, Provider]] = field(default_factory=list)
    canaries: set[str] = field(default_factory=lambda: set(CANARIES))

    def everybody(self) -> list[Person]:
        return [person for person, _ in (*self.customers, *self.providers)]


async def awake(account_id: UUID) -> None:
    """Whatever the hour of the test, messages may go: somebody who sleeps for one minute a day, half a day away."""
    local = datetime.now(Zone.WIB.info) + timedelta(hours=12)
    minute = local.hour * 60
    await Preference.create(account_id=account_id, quiet_from_minute=minute, quiet_until_minute=minute + 1)


async def person(name: str, actor: Actor) -> Person:
    assert actor.id
    session = await Session.create(account_id=actor.id, expires_at=datetime.now(UTC) + timedelta(days=30))
    tokens = Tokens(DEVELOPMENT_SECRET_KEY, timedelta(minutes=TOKEN_MINUTES))
    return Person(name, actor, tokens.issue(actor.id, session.id, actor.roles, actor.language, datetime.now(UTC))[0])


async def settle(url: str, customers: int = 4, providers: int = 2) -> World:
    """Make everybody straight in the database, before anything is broken."""
    made = World()
    async with database(url):
        for number in range(providers):
            provider = await world.provider()
            await awake(provider.id)
            made.providers.append((await person(f"mitra{number}", provider.actor), provider))
        for number in range(customers):
            customer = await world.customer(f"Kenari Pelanggan {number}")
            await awake(customer.id)
            made.customers.append((await person(f"sari{number}", customer.actor), customer))
    made.canaries |= {each.token for each in made.everybody()}
    return made


def inbox(folder: Path) -> Path:
    """Where the worker's local providers lay down what they send."""
    return folder / "data" / "inbox"
