"""When the database goes away in the middle of a use case, its caller is told what a second try would do."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from graphql import GraphQLError
from tortoise.exceptions import OperationalError, TransactionManagementError

from app.graphql import shown_error
from domain.permissions import NOBODY
from domain.pet import Size, Species
from domain.refusals import OutcomeUnknown, TryAgain
from integrations.fault import Point
from models.backend import TransactionClient, current
from models.booking import Booking
from models.pet import Pet
from models.pool import is_away
from services import pet as pets
from services import work
from services.pet import PetFacts
from tests import world

BOLU = PetFacts(name="Bolu", species=Species.DOG, size=Size.SMALL, breed="", notes="")
GONE_WITHIN_S = 5.0


def end_the_back_end(point: Point) -> None:
    """The server ends our connection when everything is written and COMMIT is not yet said."""
    client = current()
    if point is not Point.BEFORE_COMMIT or not isinstance(client, TransactionClient):
        return
    pid = client.connection.get_server_pid()
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + GONE_WITHIN_S
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Arrange it for the use cases that follow; call again to let them live."""

    def toggle() -> None:
        is_armed = vars(work)["fault_point"] is end_the_back_end
        if is_armed:
            monkeypatch.undo()
        else:
            monkeypatch.setattr(work, "fault_point", end_the_back_end)

    return toggle


async def test_with_a_key_one_may_try_again_and_gets_one_booking(dies: Callable[[], None]) -> None:
    customer, provider = await world.customer(), await world.provider()
    dies()
    with pytest.raises(TryAgain):
        await world.hold(customer, provider, key="once")
    dies()
    booking = await world.hold(customer, provider, key="once")
    assert await Booking.all().values_list("id", flat=True) == [booking.id]


async def test_without_a_key_nobody_is_told_to_try_again(dies: Callable[[], None]) -> None:
    customer = await world.customer()
    dies()
    with pytest.raises(OutcomeUnknown):
        await pets.add_pet(customer.actor, BOLU)
    dies()
    assert await Pet.filter(owner_id=customer.id).count() == 1  # the one it had: this time it did not happen


async def test_a_database_that_takes_nobody_is_a_reason_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await world.customer()

    def refuse(*given: object) -> None:
        raise asyncpg.TooManyConnectionsError("sorry, too many clients already")

    monkeypatch.setattr(work, "transaction", refuse)
    with pytest.raises(TryAgain):
        await pets.add_pet(customer.actor, BOLU)


AWAY = (
    ConnectionRefusedError(), ConnectionResetError(), TimeoutError(), asyncpg.ConnectionDoesNotExistError(""),
    asyncpg.CannotConnectNowError(""), asyncpg.AdminShutdownError(""), asyncpg.TooManyConnectionsError(""),
    asyncpg.InterfaceError("connection is closed"), asyncpg.IdleInTransactionSessionTimeoutError(""),
    asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
)  # fmt: skip
HERE = (
    asyncpg.UniqueViolationError(""), asyncpg.UndefinedTableError(""), OperationalError(""), ValueError(),
    asyncpg.ClientConfigurationError("wrong"), RuntimeError("something else"), TransactionManagementError(""),
)  # fmt: skip


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_a_reader_is_told_to_try_again_when_the_database_is_away(error: Exception) -> None:
    assert is_away(error)
    shown = shown_error(GraphQLError("secret", path=["booking"], original_error=error), NOBODY)
    assert shown.extensions == {"code": "TRY_AGAIN", "field": None}
    assert "secret" not in shown.message


@pytest.mark.parametrize("error", HERE, ids=lambda error: type(error).__name__)
def test_a_bug_is_no_reason_to_try_again(error: Exception) -> None:
    assert not is_away(error)
    assert shown_error(GraphQLError("secret", original_error=error), NOBODY).message == "Unexpected error."


def test_the_state_of_a_transaction_is_told_by_its_cause() -> None:
    error = TransactionManagementError("")
    error.__cause__ = asyncpg.IdleInTransactionSessionTimeoutError("")
    assert is_away(error)
