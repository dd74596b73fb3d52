"""Who talks with what: an API and a worker on test servers, and a customer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import world
from tests.running import System, system


@pytest.fixture
async def running(clean: str, redis_url: str, tmp_path: Path) -> AsyncIterator[System]:
    async with system(clean, redis_url, tmp_path) as api:
        yield api


@pytest.fixture
async def sari() -> world.Customer:
    return await world.customer()
