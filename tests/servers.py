"""Servers for the tests: each test worker starts its own PostgreSQL and Valkey, which end with it in any case."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import postgres, valkey


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """An empty database of a PostgreSQL that forgets everything with the session."""
    with tempfile.TemporaryDirectory(prefix="rawat-test-") as folder, postgres(Path(folder), durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """An empty Valkey that keeps nothing."""
    with valkey(None) as url:
        yield url
