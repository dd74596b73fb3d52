"""The reader's own account and consents."""

import strawberry
from tortoise.expressions import Q

from domain.account import ConsentPurpose
from domain.refusals import NotSignedIn
from models import account as rows
from schema.account import Account, AccountResult, Consent, ConsentResult, ConsentText, EditAccountInput
from schema.context import Info
from schema.page import FIRST, Connection
from schema.reading import page, row
from services import account as accounts
from services.account import AccountEdit


@strawberry.type
class ProfileQuery:
    @strawberry.field(description="The reader's own account; null for a visitor.")
    async def me(self, info: Info) -> Account | None:
        actor = info.context.actor
        return await row(info, Account, Q(id=actor.id)) if actor.id else None

    @strawberry.field(description="Every yes the reader gave, the newest first, with those that were withdrawn.")
    async def my_consents(self, info: Info, first: int = FIRST, after: str | None = None) -> Connection[Consent]:
        actor = info.context.actor
        if actor.id is None:
            raise NotSignedIn()
        mine = rows.Consent.seen_by(actor) & Q(account_id=actor.id)
        return await page(info, Consent, mine, ("-created_at", "-id"), first, after)

    @strawberry.field(description="The text in force that `giveConsent` agrees to.")
    async def consent_text(self) -> ConsentText:
        return ConsentText()


@strawberry.type
class ProfileMutation:
    @strawberry.mutation(description="Change one's own account.")
    async def edit_account(self, info: Info, input: EditAccountInput) -> AccountResult:
        change = AccountEdit(name=input.name, email=input.email, language=input.language, zone=input.zone)
        return Account.of(await accounts.edit(info.context.actor, change))

    @strawberry.mutation(description="Agree to one use of personal data.")
    async def give_consent(self, info: Info, purpose: ConsentPurpose, text_version: str) -> ConsentResult:
        return Consent.of(await accounts.give_consent(info.context.actor, purpose, text_version))

    @strawberry.mutation(description="Take a yes back; the record of it stays.")
    async def withdraw_consent(self, info: Info, purpose: ConsentPurpose) -> ConsentResult:
        return Consent.of(await accounts.withdraw_consent(info.context.actor, purpose))
