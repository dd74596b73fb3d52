"""Management says who holds which role and whose account rests; every session ends then, since tokens carry roles."""

from uuid import UUID

from domain import events
from domain.account import EndReason, check_role_fits
from domain.permissions import Can, Role
from domain.refusals import IllegalMove, InvalidInput, NotFound
from models.account import Account, RoleGrant
from services.account.step import end_sessions
from services.partner.profile import suspend_partner_of
from services.work import Work, use_case


@use_case(Can.GRANT_ROLE)
async def grant_role(work: Work, account_id: UUID, role: Role) -> Account:
    """Add a role; one that is held already changes nothing. Raises NotFound and InvalidInput."""
    account = await work.lock(Account.visible_to(work.actor), account_id)
    check_role_fits(role, has_phone=account.phone is not None, has_password=account.password_hash is not None)
    if not await RoleGrant.exists(account_id=account.id, role=role):
        await RoleGrant.create(account_id=account.id, role=role)
        await _changed(work, account, role)
    return account


@use_case(Can.REVOKE_ROLE)
async def revoke_role(work: Work, account_id: UUID, role: Role) -> Account:
    """Take a role away. Raises NotFound when it is not held, InvalidInput for one's own management role."""
    account = await work.lock(Account.visible_to(work.actor), account_id)
    if account.id == work.actor.id and role is Role.MANAGEMENT:
        raise InvalidInput(
            "role", indonesian="tidak bisa dicabut oleh diri sendiri", english="cannot be given up by oneself"
        )
    if not await RoleGrant.filter(account_id=account.id, role=role).delete():
        raise NotFound(field="role")
    await _changed(work, account, role)
    return account


@use_case(Can.SUSPEND_ACCOUNT)
async def suspend(work: Work, account_id: UUID) -> Account:
    """Nobody signs in by this account until it is restored. Raises NotFound, IllegalMove, InvalidInput (one's own)."""
    account = await work.lock(Account.visible_to(work.actor), account_id)
    if account.id == work.actor.id:
        raise InvalidInput("accountId", indonesian="bukan akun sendiri", english="not one's own account")
    if account.suspended_at is not None:
        raise IllegalMove(verb="suspend", state="SUSPENDED")
    ended = await end_sessions(work, account, EndReason.SUSPENDED)
    facts = {"count": len(ended), "session_ids": ended}
    await suspend_partner_of(work, account.id)
    await work.change(account, events.AccountSuspended, facts=facts, suspended_at=work.now)
    return account


@use_case(Can.RESTORE_ACCOUNT)
async def restore(work: Work, account_id: UUID) -> Account:
    """The account may sign in again. Raises NotFound, IllegalMove."""
    account = await work.lock(Account.visible_to(work.actor), account_id)
    if account.suspended_at is None:
        raise IllegalMove(verb="restore", state="ACTIVE")
    await work.change(account, events.AccountRestored, suspended_at=None)
    return account


async def _changed(work: Work, account: Account, role: Role) -> None:
    ended = await end_sessions(work, account, EndReason.ROLES_CHANGED)
    work.note(account, events.RolesChanged, role=role, count=len(ended), session_ids=ended)
