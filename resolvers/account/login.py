"""Signing in, going on, signing out."""

from datetime import UTC, datetime

import strawberry

from domain.refusals import Language
from schema.account import (
    EnrolTotpInput,
    EnrolTotpResult,
    LoggedOut,
    LogInAsStaffInput,
    LoginCodeRequested,
    LogInWithCodeInput,
    LogOutResult,
    RequestLoginCodeResult,
    Session,
    SessionResult,
    TotpEnrolment,
)
from schema.context import Info
from services import account as accounts
from services.account import SignedIn


@strawberry.type
class LoginMutation:
    @strawberry.mutation(description="Send a one-time code by SMS; known and unknown numbers get the same answer.")
    async def request_login_code(
        self, info: Info, phone: str, language: Language | None = None
    ) -> RequestLoginCodeResult:
        actor = info.context.actor
        lives = await accounts.request_login_code(
            actor, info.context.seal, phone, language or actor.language, info.context.address
        )
        return LoginCodeRequested(expires_in_s=int(lives.total_seconds()))

    @strawberry.mutation(description="Sign in by phone. The first time a name is needed, and the account is opened.")
    async def log_in_with_code(self, info: Info, input: LogInWithCodeInput) -> SessionResult:
        signed_in = await accounts.log_in_with_code(
            info.context.actor,
            info.context.seal,
            input.phone,
            input.code,
            input.name,
            input.device,
            info.context.address,
        )
        return _session(signed_in, info)

    @strawberry.mutation(description="Sign in by e-mail, password and authenticator code.")
    async def log_in_as_staff(self, info: Info, input: LogInAsStaffInput) -> SessionResult:
        signed_in = await accounts.log_in_as_staff(
            info.context.actor, info.context.seal, input.email, input.password, input.totp, input.device,
            info.context.address,
        )  # fmt: skip
        return _session(signed_in, info)

    @strawberry.mutation(
        description="Get a secret for an authenticator app: before the first log-in, later with the present code."
    )
    async def enrol_totp(self, info: Info, input: EnrolTotpInput) -> EnrolTotpResult:
        enrolment = await accounts.enrol_totp(
            info.context.actor, info.context.seal, input.email, input.password, input.totp, info.context.address
        )
        return TotpEnrolment.of(enrolment)

    @strawberry.mutation(description="Change the refresh token for a new pair of tokens; each works once.")
    async def refresh_session(self, info: Info, refresh_token: str) -> SessionResult:
        return _session(await accounts.refresh(info.context.actor, refresh_token), info)

    @strawberry.mutation(description="End this session.")
    async def log_out(self, info: Info) -> LogOutResult:
        return LoggedOut(sessions_ended=await accounts.log_out(info.context.actor))

    @strawberry.mutation(description="End every session of the account.")
    async def log_out_everywhere(self, info: Info) -> LogOutResult:
        return LoggedOut(sessions_ended=await accounts.log_out_everywhere(info.context.actor))


def _session(signed_in: SignedIn, info: Info) -> Session:
    return Session.of(signed_in, info, datetime.now(UTC))
