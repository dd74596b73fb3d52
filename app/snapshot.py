"""What clients see, as committed text."""

from pathlib import Path

from app.graphql import schema

ROOT = Path(__file__).parent.parent
SDL = ROOT / "schema" / "schema.graphql"
MAP = ROOT / "docs" / "map.txt"


def sdl() -> str:
    """The schema in GraphQL's own language."""
    return schema.as_str().rstrip() + "\n"
