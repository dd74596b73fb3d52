"""Signing in by a one-time code: its pace, its tries, its one use, and the account it opens."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.account import AccountIsSuspended, NameRequired, TooManyAttempts, TooManyCodes, WrongCode
from domain.permissions import NOBODY, Role
from domain.refusals import InvalidInput, Language, Refusal
from models.account import Account, LoginCode, RefreshToken, RoleGrant, Session
from models.event import Event
from models.task import Task
from services import account as accounts
from services.account import SignedIn
from tests.signing_in import PHONE, SEAL, ask, forget_pace, other_code, sign_in

AT_ONCE = 8


async def enter(code: str, name: str | None = "Sari") -> SignedIn:
    return await accounts.log_in_with_code(NOBODY, SEAL, PHONE, code, name)


async def enter_at_once(*codes: str) -> list[SignedIn | BaseException]:
    return await asyncio.gather(*(enter(code) for code in codes), return_exceptions=True)


async def test_the_first_log_in_opens_a_customers_account() -> None:
    code = await ask(PHONE, Language.EN)
    signed_in = await enter(code, "  Sari  ")
    account = await Account.get(phone=PHONE)
    assert (account.name, account.language, account.id) == ("Sari", Language.EN, signed_in.account.id)
    assert signed_in.roles == {Role.CUSTOMER}
    assert [each.name for each in await Event.all()] == ["AccountOpened"]


async def test_the_second_log_in_finds_the_account() -> None:
    first = await sign_in()
    second = await sign_in(name=None)
    assert first.account.id == second.account.id and first.session.id != second.session.id


async def test_a_number_is_the_same_however_it_is_typed() -> None:
    code = await ask()
    signed_in = await accounts.log_in_with_code(NOBODY, SEAL, "0812-3456-7890", f"{code[:3]} {code[3:]}", "Sari")
    assert signed_in.account.phone == PHONE


async def test_a_missing_name_does_not_burn_the_code() -> None:
    code = await ask()
    for name in (None, "", "  "):
        with pytest.raises(NameRequired):
            await enter(code, name)
    assert (await enter(code)).account.name == "Sari"


async def test_a_code_is_used_once() -> None:
    code = await ask()
    await enter(code)
    with pytest.raises(WrongCode):
        await enter(code)
    assert await Session.all().count() == 1


async def test_of_eight_right_codes_at_once_one_opens_one_session_and_one_account() -> None:
    code = await ask()
    answers = await enter_at_once(*[code] * AT_ONCE)
    assert sum(isinstance(each, SignedIn) for each in answers) == 1
    assert sum(isinstance(each, WrongCode) for each in answers) == AT_ONCE - 1
    assert (await Account.all().count(), await Session.all().count(), await RoleGrant.all().count()) == (1, 1, 1)


async def test_of_eight_wrong_codes_at_once_five_are_judged() -> None:
    wrong = other_code(await ask())
    answers = await enter_at_once(*[wrong] * AT_ONCE)
    assert sum(isinstance(each, WrongCode) for each in answers) == 5
    assert sum(isinstance(each, TooManyAttempts) for each in answers) == AT_ONCE - 5
    assert (await LoginCode.get()).tries == 5


async def test_after_five_wrong_tries_the_right_code_does_not_help() -> None:
    code = await ask()
    for _ in range(5):
        with pytest.raises(WrongCode):
            await enter(other_code(code))
    with pytest.raises(TooManyAttempts):
        await enter(code)


async def test_four_wrong_tries_are_forgiven() -> None:
    code = await ask()
    for _ in range(4):
        with pytest.raises(WrongCode):
            await enter(other_code(code))
    assert isinstance(await enter(code), SignedIn)


async def test_a_code_lives_five_minutes() -> None:
    code = await ask()
    row = await LoginCode.get()
    assert row.expires_at - row.created_at == timedelta(minutes=5)
    await LoginCode.all().update(expires_at=datetime.now(UTC))
    with pytest.raises(WrongCode):
        await enter(code)


async def test_a_newer_code_replaces_the_older_one() -> None:
    older = await ask()
    await LoginCode.all().update(created_at=datetime.now(UTC) - timedelta(seconds=31))
    newer = await ask()
    if older != newer:
        with pytest.raises(WrongCode):
            await enter(older)
    assert isinstance(await enter(newer), SignedIn)


async def test_the_code_of_another_phone_is_wrong() -> None:
    code = await ask("+6281200000009")
    with pytest.raises(WrongCode):
        await enter(code)


async def test_of_eight_requests_at_once_one_code_is_made() -> None:
    requests = (accounts.request_login_code(NOBODY, SEAL, PHONE, Language.ID) for _ in range(AT_ONCE))
    answers = await asyncio.gather(*requests, return_exceptions=True)
    assert sum(isinstance(each, TooManyCodes) for each in answers) == AT_ONCE - 1
    assert await LoginCode.all().count() == 1
    assert [each.name for each in await Task.all()] == ["send_login_code"]


async def test_the_sixth_code_of_an_hour_is_refused() -> None:
    for number in range(5):
        await ask()
        await LoginCode.filter(used_at=None).update(created_at=datetime.now(UTC) - timedelta(minutes=10 + number))
    with pytest.raises(TooManyCodes) as refused:
        await ask()
    assert refused.value.field == "phone"
    await forget_pace()
    assert len(await ask()) == 6


async def test_asking_gives_the_same_answer_with_and_without_an_account() -> None:
    await sign_in()
    known = await accounts.request_login_code(NOBODY, SEAL, PHONE, Language.ID)
    unknown = await accounts.request_login_code(NOBODY, SEAL, "+6281200000009", Language.ID)
    assert known == unknown


async def test_neither_code_nor_token_is_readable_in_the_rows() -> None:
    code = await ask()
    row = await LoginCode.get()
    assert code not in row.code_hash and row.sealed_code is not None and code not in row.sealed_code
    signed_in = await enter(code)
    assert (await LoginCode.get()).sealed_code is None
    assert (await RefreshToken.get()).token_hash != signed_in.refresh_token


async def test_a_suspended_account_stays_out_and_its_code_is_used_up() -> None:
    account = (await sign_in()).account
    await Account.filter(id=account.id).update(suspended_at=datetime.now(UTC))
    code = await ask()
    with pytest.raises(AccountIsSuspended):
        await enter(code)
    with pytest.raises(WrongCode):
        await enter(code)


async def test_a_text_message_never_opens_a_staff_desk() -> None:
    account = (await sign_in()).account
    await RoleGrant.create(account_id=account.id, role=Role.AGENT)
    with pytest.raises(WrongCode):
        await enter(await ask())


@pytest.mark.parametrize(
    "phone, code, name, field",
    [
        ("12345", "123456", "Sari", "phone"),
        (PHONE, "12345", "Sari", "code"),
        (PHONE, "123456", "S\x00", "name"),
        (PHONE, "123456", "x" * 121, "name"),
    ],
)
async def test_impossible_inputs_are_named(phone: str, code: str, name: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await accounts.log_in_with_code(NOBODY, SEAL, phone, code, name)
    assert refused.value.field == field


async def test_a_refusal_before_the_code_is_judged_costs_no_try() -> None:
    code = await ask()
    with pytest.raises(Refusal):
        await enter(code, "x" * 121)
    assert (await LoginCode.get()).tries == 0
