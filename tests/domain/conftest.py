"""What the tests of pure rules share."""

from collections.abc import Callable

import pytest

from domain.refusals import Language, Refusal


@pytest.fixture(scope="session")
def refused_field() -> Callable[..., str | None]:
    """Calls a check and answers which field it refused, None when it did not refuse."""

    def call(check: Callable[..., object], *arguments: object) -> str | None:
        try:
            check(*arguments)
        except Refusal as refusal:
            for language in Language:
                refusal.sentence(language)  # every fact that a sentence names is given, or this raises
            return refusal.field or "?"
        return None

    return call
