"""An account as its owner and staff see it, and what signing in gives."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.account import CONSENT_TEXT_VERSION, ConsentPurpose
from domain.calendar import Zone
from domain.permissions import Role
from domain.refusals import Language
from models import account as rows
from schema.context import Info
from schema.refusal import Refusal
from schema.table import reads
from services.account import Enrolment, SignedIn

for enum in (ConsentPurpose, Language, Role):
    strawberry.enum(enum)


@reads(rows.Consent, given_at="created_at")
@strawberry.type(description="A recorded yes to one use of personal data.")
class Consent:
    id: UUID
    purpose: ConsentPurpose
    text_version: str = strawberry.field(description="Which text was agreed to.")
    given_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: rows.Consent) -> "Consent":
        return cls(
            id=row.id,
            purpose=ConsentPurpose(row.purpose),
            text_version=row.text_version,
            given_at=row.created_at,
            withdrawn_at=row.withdrawn_at,
        )


@reads(rows.Account)
@strawberry.type(description="A person who signs in.")
class Account:
    id: UUID
    phone: str | None
    email: str | None
    name: str
    language: Language
    zone: Zone
    suspended_at: datetime | None
    created_at: datetime
    version: int

    @classmethod
    def of(cls, row: rows.Account) -> "Account":
        return cls(
            id=row.id,
            phone=row.phone,
            email=row.email,
            name=row.name,
            language=row.language,
            zone=Zone(row.zone),
            suspended_at=row.suspended_at,
            created_at=row.created_at,
            version=row.version,
        )

    @strawberry.field(description="As they are now; a token carries those of the time it was made.")
    async def roles(self, info: Info) -> list[Role]:
        return [grant.role for grant in await info.context.loaders.many(rows.RoleGrant, "account_id", self.id)]

    @strawberry.field(description="The yes that holds now, per purpose. The history is `myConsents`.")
    async def consents(self, info: Info) -> list[Consent]:
        found = await info.context.loaders.many(rows.Consent, "account_id", self.id, withdrawn_at=None)
        return [Consent.of(row) for row in found]


@strawberry.type(description="A code is on its way, if a phone has this number.")
class LoginCodeRequested:
    expires_in_s: int = strawberry.field(description="Seconds until the code is worth nothing.")


@strawberry.type(description="A signed-in device.")
class Session:
    id: UUID
    access_token: str = strawberry.field(description="Send as `authorization: Bearer …`.")
    access_expires_at: datetime
    refresh_token: str = strawberry.field(
        description="Good for one `refreshSession`; used again it ends the session, so never refresh in parallel."
    )
    expires_at: datetime = strawberry.field(description="When the session ends unless it is refreshed.")
    account: Account

    @classmethod
    def of(cls, given: SignedIn, info: Info, now: datetime) -> "Session":
        token, expires_at = info.context.tokens.issue(
            given.account.id, given.session.id, given.roles, given.account.language, now
        )
        return cls(
            id=given.session.id,
            access_token=token,
            access_expires_at=expires_at,
            refresh_token=given.refresh_token,
            expires_at=given.session.expires_at,
            account=Account.of(given.account),
        )


@strawberry.type(description="Sessions came to an end.")
class LoggedOut:
    sessions_ended: int


@strawberry.type(description="The secret for an authenticator app; shown this once.")
class TotpEnrolment:
    secret: str = strawberry.field(description="Base32, to type in.")
    uri: str = strawberry.field(description="otpauth://, to show as a QR code.")

    @classmethod
    def of(cls, enrolment: Enrolment) -> "TotpEnrolment":
        return cls(secret=enrolment.secret, uri=enrolment.uri)


@strawberry.type(description="The text that consent is given to.")
class ConsentText:
    version: str = CONSENT_TEXT_VERSION


@strawberry.input
class LogInWithCodeInput:
    phone: str
    code: str
    name: str | None = strawberry.field(default=None, description="Needed at the first log-in, which signs up.")
    device: str = ""


@strawberry.input
class LogInAsStaffInput:
    email: str
    password: str
    totp: str
    device: str = ""


@strawberry.input
class EnrolTotpInput:
    email: str
    password: str
    totp: str = strawberry.field(default="", description="The present code, when an authenticator was used before.")


@strawberry.input
class OpenStaffAccountInput:
    email: str
    name: str
    roles: list[Role]
    password: str


@strawberry.input(description="What is left out stays as it is.")
class EditAccountInput:
    name: str | None = None
    email: str | None = strawberry.field(default=None, description="An empty text takes the address away.")
    language: Language | None = None
    zone: Zone | None = None


RequestLoginCodeResult = Annotated[LoginCodeRequested | Refusal, strawberry.union("RequestLoginCodeResult")]
SessionResult = Annotated[Session | Refusal, strawberry.union("SessionResult")]
LogOutResult = Annotated[LoggedOut | Refusal, strawberry.union("LogOutResult")]
EnrolTotpResult = Annotated[TotpEnrolment | Refusal, strawberry.union("EnrolTotpResult")]
AccountResult = Annotated[Account | Refusal, strawberry.union("AccountResult")]
ConsentResult = Annotated[Consent | Refusal, strawberry.union("ConsentResult")]
