"""Asking the schema in this process, as somebody."""

from datetime import timedelta
from typing import Any

from app.graphql import schema
from domain.permissions import NOBODY, Actor
from integrations.seal import Seal
from integrations.token import Tokens
from schema.context import Context

SECRET = "a secret of the tests, long enough"
TOKENS, SEAL = Tokens(SECRET, timedelta(minutes=5)), Seal(SECRET)


async def ask(document: str, actor: Actor = NOBODY, **variables: Any) -> dict[str, Any]:
    """The answer's data; an error fails the test."""
    result = await schema.execute(document, variables, context_value=Context(tokens=TOKENS, seal=SEAL, actor=actor))
    assert result.errors is None, result.errors
    assert result.data is not None
    return dict(result.data)


async def refused(document: str, actor: Actor = NOBODY, **variables: Any) -> tuple[str, str | None]:
    """Code and field of the refusal that a question (which has no union) was answered with."""
    result = await schema.execute(document, variables, context_value=Context(tokens=TOKENS, seal=SEAL, actor=actor))
    assert result.errors, result.data
    extensions = result.errors[0].extensions or {}
    return extensions["code"], extensions["field"]
