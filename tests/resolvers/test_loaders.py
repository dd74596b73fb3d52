"""References ride together, and do not fall together."""

import asyncio

from domain.permissions import Role
from models.account import Account
from schema.loaders import Loaders
from tests import world


async def test_who_is_cancelled_takes_nobody_along(clean: str) -> None:
    account = await world.account("Sari", Role.CUSTOMER)
    assert account.id
    loaders = Loaders()
    cancelled, waiting = (asyncio.create_task(loaders.one(Account, account.id)) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert (await waiting).id == account.id
    assert (await loaders.one(Account, account.id)).id == account.id
    await asyncio.gather(cancelled, return_exceptions=True)
    assert cancelled.cancelled()
