"""Signing in by phone: a one-time code is asked for, sent, and used once."""

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from domain import events
from domain.account import (
    ADDRESS_CODES,
    CODE_DIGITS,
    CODE_LIVES,
    CODE_TRIES,
    CODE_WINDOW,
    MAX_NAME_CHARACTERS,
    WRONG_CODE_WINDOW,
    AccountIsSuspended,
    NameRequired,
    TooManyAttempts,
    WrongCode,
    check_code_pace,
    check_code_shape,
    check_wrong_codes,
)
from domain.permissions import STAFF, Can, Role
from domain.phone import mobile
from domain.refusals import Language, Refusal
from domain.task import Timer
from domain.text import line
from integrations.seal import Seal
from models.account import Account, LoginCode, RoleGrant
from services.account.step import SignedIn, Tries, begin_session, refuses_after_commit, roles_of, take_turn
from services.work import Work, use_case

TURN = "login code"  # one phone number at a time
REQUEST, ENTER = "request login code", "enter login code"


@use_case(Can.REQUEST_LOGIN_CODE)
async def request_login_code(
    work: Work, seal: Seal, phone: str, language: Language, address: str = ""
) -> timedelta:  # fmt: skip
    """Send a code to the phone, whether it has an account or not; answers how long the code lives.

    Raises InvalidInput, TooManyCodes, and TooManyAttempts for the client's address. The turns make parallel requests
    count each other.
    """
    phone = mobile(phone)
    tries = Tries(seal, REQUEST, phone, address)
    await take_turn(TURN, phone)
    await tries.take_turns()
    await tries.check_address(work.now, ADDRESS_CODES)
    earlier = await LoginCode.filter(phone=phone, created_at__gt=work.now - CODE_WINDOW).values_list(
        "created_at", flat=True
    )
    check_code_pace(earlier, work.now)  # type: ignore[arg-type]
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    row = LoginCode(phone=phone, language=language, created_at=work.now, expires_at=work.now + CODE_LIVES)
    row.code_hash = seal.hashed(code, _purpose(row.id))
    row.sealed_code = seal.close(code, "login_code", "sealed_code", row.id)
    await row.save(force_create=True)
    await tries.add_address(work.now)
    work.later(Timer.SEND_LOGIN_CODE, work.now, row.id, login_code_id=row.id)
    return CODE_LIVES


@use_case(Can.RECORD_LOGIN_CODE_SENT)
async def record_login_code_sent(work: Work, login_code_id: UUID) -> LoginCode:
    """The code has left the house, or is not worth sending any more: its readable form goes."""
    row = await work.lock(LoginCode.all(), login_code_id)
    await work.edit(row, sealed_code=None)
    return row


@refuses_after_commit
@use_case(Can.LOG_IN_WITH_CODE)
async def log_in_with_code(
    work: Work, seal: Seal, phone: str, code: str, name: str | None = None, device: str = "", address: str = ""
) -> SignedIn | Refusal:
    """Open a session with the newest code of the phone; the first log-in opens the account as a customer's.

    Wrong codes are counted for the code, for the phone whatever code was sent, and for the client's address.
    Raises InvalidInput, WrongCode, TooManyAttempts, NameRequired (the code stays valid) and AccountIsSuspended.
    """
    phone, code = mobile(phone), check_code_shape(code)
    name = line(name, "name", MAX_NAME_CHARACTERS, optional=True) if name is not None else ""
    tries = Tries(seal, ENTER, phone, address)
    await take_turn(TURN, phone)
    await tries.take_turns()
    check_wrong_codes(await tries.of_subject(work.now - WRONG_CODE_WINDOW), work.now)
    await tries.check_address(work.now)
    row = await LoginCode.filter(phone=phone).order_by("-created_at", "-id").first()
    if row is None or row.used_at is not None or row.expires_at <= work.now:
        await tries.add_address(work.now)  # nothing can be guessed by it
        return WrongCode(field="code")
    if row.tries >= CODE_TRIES:
        return TooManyAttempts(field="code")
    if not hmac.compare_digest(seal.hashed(code, _purpose(row.id)), row.code_hash):
        await work.edit(row, tries=row.tries + 1)
        await tries.add(work.now)
        return WrongCode(field="code")
    account = await Account.filter(phone=phone).select_for_update(no_key=True).first()
    if account is None:
        if not name:
            raise NameRequired(field="name")
        account = await _sign_up(work, phone, name, row.language)
    await work.edit(row, used_at=work.now, sealed_code=None)
    roles = await roles_of(account.id)
    if roles & STAFF:
        return WrongCode(field="code")  # a text message alone never opens a staff desk
    if account.suspended_at is not None:
        return AccountIsSuspended()
    return await begin_session(work, account, roles, device)


async def _sign_up(work: Work, phone: str, name: str, language: Language) -> Account:
    account = Account(phone=phone, name=name, language=language)
    await work.born(account, events.AccountOpened)
    await RoleGrant.create(account_id=account.id, role=Role.CUSTOMER)
    return account


def _purpose(login_code_id: UUID) -> str:
    return f"login code {login_code_id}"  # so that equal codes have different hashes
