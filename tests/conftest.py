"""Fixtures that every test may ask for."""

from tests.servers import database_url, redis_url

__all__ = ["database_url", "redis_url"]
