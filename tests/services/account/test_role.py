"""Management grants, revokes, suspends and restores; every session of the person ends."""

from uuid import UUID, uuid4

import pytest

from domain.account import EndReason, SessionOver
from domain.permissions import NOBODY, SYSTEM, Actor, Role
from domain.refusals import IllegalMove, InvalidInput, NotAllowed, NotFound
from models.account import RoleGrant, Session
from models.event import Event
from services import account as accounts
from services.account import SignedIn
from tests.signing_in import acting, employ, sign_in


async def boss() -> Actor:
    return (await employ(Role.MANAGEMENT, email="bos@rawat.example")).actor


async def roles(account_id: UUID) -> set[Role]:
    return {each.role for each in await RoleGrant.filter(account_id=account_id)}


async def is_over(signed_in: SignedIn, reason: EndReason) -> bool:
    session = await Session.get(id=signed_in.session.id)
    with pytest.raises(SessionOver):
        await accounts.refresh(NOBODY, signed_in.refresh_token)
    return session.ended_at is not None and session.end_reason == reason


async def test_a_granted_role_ends_the_sessions_and_is_told() -> None:
    management, dewi = await boss(), await employ(Role.AGENT)
    signed_in = await dewi.log_in()
    await accounts.grant_role(management, signed_in.account.id, Role.FINANCE)
    assert await roles(signed_in.account.id) == {Role.AGENT, Role.FINANCE}
    assert await is_over(signed_in, EndReason.ROLES_CHANGED)
    told = await Event.get(name="RolesChanged")
    assert (told.payload["role"], told.payload["count"], told.topics) == ("finance", 1, [f"account:{dewi.actor.id}"])


async def test_a_role_that_is_held_already_changes_nothing() -> None:
    management, dewi = await boss(), await employ(Role.AGENT)
    signed_in = await dewi.log_in()
    await accounts.grant_role(management, signed_in.account.id, Role.AGENT)
    assert (await Session.get(id=signed_in.session.id)).ended_at is None
    assert await Event.filter(name="RolesChanged").count() == 0


async def test_a_revoked_role_is_gone_and_ends_the_sessions() -> None:
    management, dewi = await boss(), await employ(Role.AGENT, Role.FINANCE)
    signed_in = await dewi.log_in()
    await accounts.revoke_role(management, signed_in.account.id, Role.FINANCE)
    assert await roles(signed_in.account.id) == {Role.AGENT}
    assert await is_over(signed_in, EndReason.ROLES_CHANGED)
    with pytest.raises(NotFound):
        await accounts.revoke_role(management, signed_in.account.id, Role.FINANCE)


async def test_a_customer_gets_no_staff_role() -> None:
    sari = (await sign_in()).account
    with pytest.raises(InvalidInput) as refused:
        await accounts.grant_role(await boss(), sari.id, Role.AGENT)
    assert refused.value.field == "role"


async def test_management_does_not_lock_itself_out() -> None:
    management = await boss()
    assert management.id is not None
    with pytest.raises(InvalidInput):
        await accounts.revoke_role(management, management.id, Role.MANAGEMENT)
    with pytest.raises(InvalidInput):
        await accounts.suspend(management, management.id)


async def test_suspending_ends_the_sessions_and_restoring_lets_in_again() -> None:
    management, signed_in = await boss(), await sign_in()
    await accounts.suspend(management, signed_in.account.id)
    with pytest.raises(IllegalMove):
        await accounts.suspend(management, signed_in.account.id)
    assert await is_over(signed_in, EndReason.SUSPENDED)
    await accounts.restore(management, signed_in.account.id)
    assert (await sign_in(name=None)).account.id == signed_in.account.id
    assert [each.name for each in await Event.filter(subject=signed_in.account.id).order_by("id")] == [
        "AccountOpened",
        "AccountSuspended",
        "AccountRestored",
    ]


async def test_what_is_not_suspended_is_not_restored() -> None:
    with pytest.raises(IllegalMove):
        await accounts.restore(await boss(), (await sign_in()).account.id)


async def test_others_may_not() -> None:
    signed_in = await sign_in()
    senior = (await employ(Role.SENIOR_AGENT)).actor
    for actor in (acting(signed_in), senior):
        with pytest.raises(NotAllowed):
            await accounts.suspend(actor, signed_in.account.id)
        with pytest.raises(NotAllowed):
            await accounts.grant_role(actor, signed_in.account.id, Role.PARTNER)
    assert await roles(signed_in.account.id) == {Role.CUSTOMER}


async def test_a_missing_account_is_not_found() -> None:
    with pytest.raises(NotFound):
        await accounts.grant_role(SYSTEM, uuid4(), Role.AGENT)
