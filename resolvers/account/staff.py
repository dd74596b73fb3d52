"""What management does with accounts."""

from uuid import UUID

import strawberry

from domain.permissions import Role
from models import account as rows
from schema.account import Account, AccountResult, OpenStaffAccountInput
from schema.context import Info
from schema.reading import row
from services import account as accounts


@strawberry.type
class StaffQuery:
    @strawberry.field(description="One account, if the reader sees it.")
    async def account(self, info: Info, id: UUID) -> Account | None:
        return await row(info, Account, rows.Account.seen_by(info.context.actor), id=id)


@strawberry.type
class StaffMutation:
    @strawberry.mutation(
        description="Open an account that signs in by e-mail, after its owner enrolled an authenticator."
    )
    async def open_staff_account(self, info: Info, input: OpenStaffAccountInput) -> AccountResult:
        opened = await accounts.open_staff_account(
            info.context.actor, input.email, input.name, input.roles, input.password
        )
        return Account.of(opened)

    @strawberry.mutation(description="Add a role. The person's sessions end, since tokens carry roles.")
    async def grant_role(self, info: Info, account_id: UUID, role: Role) -> AccountResult:
        return Account.of(await accounts.grant_role(info.context.actor, account_id, role))

    @strawberry.mutation(description="Take a role away. The person's sessions end.")
    async def revoke_role(self, info: Info, account_id: UUID, role: Role) -> AccountResult:
        return Account.of(await accounts.revoke_role(info.context.actor, account_id, role))

    @strawberry.mutation(description="Nobody signs in by this account until it is restored; its sessions end.")
    async def suspend_account(self, info: Info, account_id: UUID) -> AccountResult:
        return Account.of(await accounts.suspend(info.context.actor, account_id))

    @strawberry.mutation(description="The account may sign in again.")
    async def restore_account(self, info: Info, account_id: UUID) -> AccountResult:
        return Account.of(await accounts.restore(info.context.actor, account_id))
