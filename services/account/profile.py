"""What a person says about oneself."""

from dataclasses import dataclass

from domain.account import MAX_NAME_CHARACTERS
from domain.calendar import Zone
from domain.permissions import Can
from domain.refusals import InvalidInput, Language
from domain.text import line
from models.account import Account
from services.account.step import email_address
from services.work import Work, use_case


@dataclass(frozen=True, slots=True)
class AccountEdit:
    """What changes; None leaves a part as it is, an empty e-mail takes it away."""

    name: str | None = None
    email: str | None = None
    language: Language | None = None
    zone: Zone | None = None


@use_case(Can.EDIT_ACCOUNT)
async def edit(work: Work, change: AccountEdit) -> Account:
    """Change one's own account. Raises InvalidInput and EmailTaken. Staff sign in by e-mail: theirs stays."""
    account = await work.lock(Account.all(), work.actor.id)
    changes: dict[str, object] = {}
    if change.name is not None:
        changes["name"] = line(change.name, "name", MAX_NAME_CHARACTERS)
    if change.email is not None:
        if account.password_hash is not None:
            raise InvalidInput(
                "email", indonesian="dipakai untuk masuk, jadi tetap", english="is used to sign in and stays"
            )
        changes["email"] = email_address(change.email) if change.email.strip() else None
    if change.language is not None:
        changes["language"] = change.language
    if change.zone is not None:
        changes["zone"] = change.zone.value
    if changes:
        await work.edit(account, **changes)
    return account
