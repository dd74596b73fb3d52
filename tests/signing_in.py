"""People who sign in, for tests: through the use cases, with the code read where the job reads it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp

from domain.account import TOTP_STEP_S
from domain.permissions import NOBODY, SYSTEM, Actor, Role
from domain.refusals import Language
from integrations.seal import Seal
from models.account import LoginAttempt, LoginCode
from services import account as accounts
from services.account import SignedIn

SEAL = Seal("a secret of the tests")
PHONE = "+6281234567890"
PASSWORD = "kucing oranye di pagar"
LONG_AGO = timedelta(hours=2)


@dataclass(frozen=True)
class Employee:
    """A staff member with what it types at the door."""

    actor: Actor
    email: str
    secret: str

    def code(self, steps_away: int = 0) -> str:
        """What the authenticator shows now, or showed some steps ago."""
        step = int(datetime.now(UTC).timestamp()) // TOTP_STEP_S + steps_away
        return pyotp.TOTP(self.secret).generate_otp(step)

    async def log_in(self, totp: str | None = None, password: str = PASSWORD) -> SignedIn:
        return await accounts.log_in_as_staff(NOBODY, SEAL, self.email, password, totp or self.code(), "meja")


async def ask(phone: str = PHONE, language: Language = Language.ID) -> str:
    """Ask for a code and read it."""
    await accounts.request_login_code(NOBODY, SEAL, phone, language)
    return await read_code(phone)


async def read_code(phone: str = PHONE) -> str:
    """The newest code on its way to the phone."""
    row = await LoginCode.filter(phone=phone).order_by("-created_at").first()
    assert row is not None and row.sealed_code is not None
    return SEAL.open(row.sealed_code, "login_code", "sealed_code", row.id)


async def forget_pace() -> None:
    """Let the codes that were asked for and the failures that were counted lie long ago."""
    for each in [*await LoginCode.all(), *await LoginAttempt.all()]:
        each.created_at -= LONG_AGO
        await each.save(update_fields=["created_at"])


async def sign_in(phone: str = PHONE, name: str | None = "Sari") -> SignedIn:
    """A session by phone; the first time it opens the account."""
    code = await ask(phone)
    signed_in = await accounts.log_in_with_code(NOBODY, SEAL, phone, code, name, "telepon")
    await forget_pace()
    return signed_in


def acting(signed_in: SignedIn) -> Actor:
    """Who the access token of this session speaks for."""
    return Actor(id=signed_in.account.id, roles=signed_in.roles, session_id=signed_in.session.id, language=Language.EN)


async def employ(*roles: Role, email: str = "dewi@rawat.example", enrols: bool = True) -> Employee:
    """A staff account, with its authenticator unless it has yet to enrol."""
    row = await accounts.open_staff_account(SYSTEM, email, "Dewi", roles, PASSWORD)
    secret = (await accounts.enrol_totp(NOBODY, SEAL, email, PASSWORD)).secret if enrols else ""
    return Employee(Actor(id=row.id, roles=frozenset(roles), language=Language.EN), email, secret)


def other_code(code: str) -> str:
    """Six digits that are not these."""
    return f"{(int(code) + 1) % 10**6:06}"
