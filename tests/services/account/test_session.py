"""Sessions go on by one-time refresh tokens and end for good."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.account import AccountIsSuspended, EndReason, SessionOver
from domain.permissions import NOBODY, Actor, Role
from domain.refusals import NotFound, NotSignedIn
from models.account import Account, RoleGrant, Session
from models.event import Event
from services import account as accounts
from services.account import SignedIn
from tests.signing_in import acting, sign_in

AT_ONCE = 8


async def refresh(token: str) -> SignedIn:
    return await accounts.refresh(NOBODY, token)


async def test_a_refresh_gives_a_new_token_of_the_same_session() -> None:
    first = await sign_in()
    second = await refresh(first.refresh_token)
    third = await refresh(second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert first.session.id == third.session.id


async def test_a_refresh_brings_the_roles_of_this_moment_and_a_later_end() -> None:
    first = await sign_in()
    await RoleGrant.create(account_id=first.account.id, role=Role.PARTNER)
    await Session.all().update(expires_at=datetime.now(UTC) + timedelta(days=1))
    again = await refresh(first.refresh_token)
    assert again.roles == {Role.CUSTOMER, Role.PARTNER}
    assert again.session.expires_at > datetime.now(UTC) + timedelta(days=29)


async def test_a_used_token_seen_again_ends_the_session_for_everybody() -> None:
    first = await sign_in()
    second = await refresh(first.refresh_token)
    with pytest.raises(SessionOver):
        await refresh(first.refresh_token)
    session = await Session.get()
    assert session.ended_at is not None and session.end_reason == EndReason.TOKEN_REUSED
    with pytest.raises(SessionOver):
        await refresh(second.refresh_token)


async def test_the_end_by_reuse_is_told_once() -> None:
    first = await sign_in()
    await refresh(first.refresh_token)
    for _ in range(2):
        with pytest.raises(SessionOver):
            await refresh(first.refresh_token)
    told = await Event.filter(name="SessionEnded")
    assert [(each.payload["session_id"], each.payload["rule"]) for each in told] == [
        (str(first.session.id), "TOKEN_REUSED")
    ]
    assert told[0].subject == first.account.id


async def test_of_eight_refreshes_at_once_with_one_token_one_wins_and_the_session_ends() -> None:
    first = await sign_in()
    answers = await asyncio.gather(*(refresh(first.refresh_token) for _ in range(AT_ONCE)), return_exceptions=True)
    assert sum(isinstance(each, SignedIn) for each in answers) == 1
    assert sum(isinstance(each, SessionOver) for each in answers) == AT_ONCE - 1
    assert (await Session.get()).ended_at is not None


async def test_reuse_leaves_other_sessions_alone() -> None:
    first, other = await sign_in(), await sign_in()
    await refresh(first.refresh_token)
    with pytest.raises(SessionOver):
        await refresh(first.refresh_token)
    assert (await refresh(other.refresh_token)).session.id == other.session.id


@pytest.mark.parametrize("token", ["", "unknown", "x" * 100_000, "\x00", "\ud800"])
async def test_a_token_we_never_gave_out_is_worth_nothing(token: str) -> None:
    with pytest.raises(SessionOver):
        await refresh(token)


async def test_an_expired_session_does_not_go_on() -> None:
    first = await sign_in()
    await Session.all().update(expires_at=datetime.now(UTC))
    with pytest.raises(SessionOver):
        await refresh(first.refresh_token)


async def test_a_suspended_account_does_not_go_on() -> None:
    first = await sign_in()
    await Account.all().update(suspended_at=datetime.now(UTC))
    with pytest.raises(AccountIsSuspended):
        await refresh(first.refresh_token)


async def test_logging_out_ends_this_session_once() -> None:
    first, other = await sign_in(), await sign_in()
    assert await accounts.log_out(acting(first)) == 1
    assert await accounts.log_out(acting(first)) == 0
    with pytest.raises(SessionOver):
        await refresh(first.refresh_token)
    assert (await Session.get(id=other.session.id)).ended_at is None
    assert await Event.filter(name="SessionEnded").count() == 1


async def test_logging_out_everywhere_ends_every_session_of_the_account_only() -> None:
    first, second, stranger = await sign_in(), await sign_in(), await sign_in("+6281200000009", "Budi")
    assert await accounts.log_out_everywhere(acting(first)) == 2
    for each in (first, second):
        with pytest.raises(SessionOver):
            await refresh(each.refresh_token)
    assert (await refresh(stranger.refresh_token)).account.id == stranger.account.id
    assert (await Event.get(name="SessionsEnded")).payload["count"] == 2


async def test_nobody_logs_out_a_session_of_another_account() -> None:
    first, stranger = await sign_in(), await sign_in("+6281200000009", "Budi")
    thief = Actor(id=stranger.account.id, roles=stranger.roles, session_id=first.session.id)
    with pytest.raises(NotFound):
        await accounts.log_out(thief)
    assert (await Session.get(id=first.session.id)).ended_at is None


async def test_a_visitor_has_no_session_to_end() -> None:
    with pytest.raises(NotSignedIn):
        await accounts.log_out(NOBODY)
    with pytest.raises(NotSignedIn):
        await accounts.log_out(Actor(id=uuid4(), roles=frozenset({Role.CUSTOMER})))


async def test_sessions_that_ended_lately_are_known() -> None:
    moment = datetime.now(UTC)
    ended, live = await sign_in(), await sign_in()
    await accounts.log_out(acting(ended))
    assert await accounts.ended_since(moment) == {ended.session.id: ended.account.id}
    assert await accounts.ended_since(moment, moment) == await accounts.ended_since(datetime.now(UTC)) == {}
    assert live.session.ended_at is None
