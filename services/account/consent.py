"""A person's recorded yes to one purpose, and its end; the rows stay as proof (UU 27/2022 art. 20-24)."""

from domain import events
from domain.account import ConsentPurpose, check_text_version
from domain.permissions import Can
from domain.refusals import NotFound
from models.account import Account, Consent
from services.work import Work, use_case


@use_case(Can.GIVE_CONSENT)
async def give_consent(work: Work, purpose: ConsentPurpose, text_version: str) -> Consent:
    """Record the yes to the text in force; a yes to the same text is kept, one to an older text is replaced.

    The lock on the account puts parallel calls in a row. Raises InvalidInput for a text that is not in force.
    """
    check_text_version(text_version)
    account = await work.lock(Account.all(), work.actor.id)
    live = await _live(account, purpose)
    if live is not None and live.text_version == text_version:
        return live
    if live is not None:
        await work.edit(live, withdrawn_at=work.now)
    given = await Consent.create(
        account_id=account.id, purpose=purpose.value, text_version=text_version, created_at=work.now
    )
    work.note(account, events.ConsentGiven, kind=purpose)
    return given


@use_case(Can.WITHDRAW_CONSENT)
async def withdraw_consent(work: Work, purpose: ConsentPurpose) -> Consent:
    """End the yes to this purpose from now on. Raises NotFound when there is none."""
    account = await work.lock(Account.all(), work.actor.id)
    live = await _live(account, purpose)
    if live is None:
        raise NotFound(field="purpose")
    await work.edit(live, withdrawn_at=work.now)
    work.note(account, events.ConsentWithdrawn, kind=purpose)
    return live


async def _live(account: Account, purpose: ConsentPurpose) -> Consent | None:
    return await Consent.filter(account_id=account.id, purpose=purpose.value, withdrawn_at=None).first()
