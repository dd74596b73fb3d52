"""How a developer gets in: a table of demo logins, and access tokens without any ceremony. Never in production."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
from tortoise.transactions import in_transaction

from app.demo.person import CUSTOMER_PHONE, PARTNER_PHONE, PASSWORD, STAFF_EMAIL
from app.settings import Settings
from domain.permissions import NOBODY, STAFF, Role
from integrations.seal import Seal
from integrations.token import Tokens
from models.account import Account
from services.account.step import begin_session, roles_of
from services.work import Work

ROLES = (Role.CUSTOMER, Role.PARTNER, *sorted(STAFF))
DEVICE = "python -m app token"


class NoDemo(Exception):
    """There is no demo world here."""


async def token(settings: Settings, role: Role) -> str:
    """An access token of the role's demo account, in a session of its own. Raises NoDemo."""
    account = await _account(role)
    async with in_transaction():
        locked = await Account.filter(id=account.id).select_for_update(no_key=True).get()
        signed_in = await begin_session(Work(NOBODY), locked, await roles_of(locked.id), DEVICE)
    tokens = Tokens(settings.secret_key, timedelta(minutes=settings.access_token_minutes))
    text, _ = tokens.issue(
        account.id, signed_in.session.id, signed_in.roles, account.language, datetime.now(UTC)
    )  # fmt: skip
    return text


async def logins(settings: Settings) -> list[str]:
    """The table as lines: role, name, what to type, and where the code comes from. Raises NoDemo."""
    seal = Seal(settings.secret_key)
    found = {role: await _account(role) for role in ROLES}
    return list(_lines(settings, seal, found))


def _lines(settings: Settings, seal: Seal, found: dict[Role, Account]) -> Iterator[str]:
    yield f"  {'role':<14}{'name':<22}{'sign in by':<30}code"
    for role, account in found.items():
        by, code = account.phone, f"{settings.public_url}/dev/inbox"
        if account.totp_secret is not None:
            secret = seal.open(account.totp_secret, "account", "totp_secret", account.id)
            by, code = account.email, f"{pyotp.TOTP(secret).now()} now, later by authenticator with {secret}"
        yield f"  {role.value:<14}{account.name:<22}{by or '':<30}{code}"
    yield f"  The password of all staff: {PASSWORD}"


async def _account(role: Role) -> Account:
    if role in STAFF:
        account = await Account.get_or_none(email=STAFF_EMAIL.format(role.value))
    else:
        phone = CUSTOMER_PHONE if role is Role.CUSTOMER else PARTNER_PHONE
        account = await Account.get_or_none(phone=phone.format(1))
    if account is None:
        raise NoDemo("there is no demo world in this database: python -m app seed makes one in an empty one")
    return account
