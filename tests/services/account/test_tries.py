"""Guessing is counted for the account, whatever code, connection or address it comes by, and for the address."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.account import ADDRESS_CODES, ADDRESS_FAILURES, TooManyAttempts, WrongCode, WrongCredentials
from domain.permissions import NOBODY, Role
from domain.refusals import Language
from models.account import LoginAttempt, LoginCode
from services import account as accounts
from services.account import SignedIn
from tests.signing_in import PHONE, SEAL, ask, employ, other_code, sign_in

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"
OTHER_PHONE = "+6281200000009"


async def enter(code: str, address: str = "", phone: str = PHONE) -> SignedIn:
    return await accounts.log_in_with_code(NOBODY, SEAL, phone, code, "Sari", address=address)


async def next_code(phone: str = PHONE) -> str:
    """Another code of the same phone, as if it were asked for half a minute later."""
    await LoginCode.filter(phone=phone).update(created_at=datetime.now(UTC) - timedelta(seconds=31))
    return await ask(phone)


async def test_the_sixth_wrong_code_is_refused_though_it_is_another_code_and_address() -> None:
    code = await ask()
    for number in range(3):
        with pytest.raises(WrongCode):
            await enter(other_code(code), f"203.0.113.{number}")
    code = await next_code()
    for number in range(2):
        with pytest.raises(WrongCode):
            await enter(other_code(code), f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts):
        await enter(other_code(code), "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        await enter(code, "192.0.2.2")  # nor does the right one help
    assert isinstance(await enter(await ask(OTHER_PHONE), "192.0.2.1", OTHER_PHONE), SignedIn)


async def test_after_ten_minutes_the_phone_may_try_again() -> None:
    code = await ask()
    for _ in range(5):
        with pytest.raises(WrongCode):
            await enter(other_code(code))
    await LoginAttempt.all().update(created_at=datetime.now(UTC) - timedelta(minutes=10, seconds=1))
    assert isinstance(await enter(await next_code()), SignedIn)


async def test_of_many_wrong_codes_at_once_by_many_addresses_five_are_judged() -> None:
    code = await ask()
    tries = (enter(other_code(code), f"203.0.113.{number}") for number in range(10))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, WrongCode) for each in answers) == 5
    assert sum(isinstance(each, TooManyAttempts) for each in answers) == 5


async def fill(address: str, code: str) -> None:
    """Let one wrong try of the address count for all but one that it has."""
    with pytest.raises(WrongCode):
        await enter(other_code(code), address)
    subjects = await LoginAttempt.all().order_by("-created_at", "-id").values_list("subject", flat=True)
    rows = [LoginAttempt(subject=each, created_at=datetime.now(UTC)) for each in set(subjects) for _ in range(28)]
    phone = SEAL.hashed(PHONE, "enter login code")
    await LoginAttempt.bulk_create(row for row in rows if row.subject != phone)


async def test_an_address_may_not_try_one_phone_after_another() -> None:
    await fill(HOME, await ask())
    code = await ask(OTHER_PHONE)
    with pytest.raises(WrongCode):
        await enter(other_code(code), HOME, OTHER_PHONE)  # the thirtieth
    with pytest.raises(TooManyAttempts):
        await enter(code, HOME, OTHER_PHONE)
    assert isinstance(await enter(code, ELSEWHERE, OTHER_PHONE), SignedIn)


async def test_tries_of_a_phone_that_has_no_code_count_for_the_address() -> None:
    for number in range(ADDRESS_FAILURES):
        with pytest.raises(WrongCode):
            await enter("123456", HOME, f"+62812000001{number:02}")
    with pytest.raises(TooManyAttempts):
        await enter("123456", HOME, "+6281200000200")


async def test_an_ipv6_network_is_one_address() -> None:
    await fill("2001:db8:1:2::1", await ask())
    code = await ask(OTHER_PHONE)
    with pytest.raises(WrongCode):
        await enter(other_code(code), "2001:db8:1:2:a::5", OTHER_PHONE)
    with pytest.raises(TooManyAttempts):
        await enter(code, "2001:db8:1:2:ffff::6", OTHER_PHONE)
    assert isinstance(await enter(code, "2001:db8:1:3::1", OTHER_PHONE), SignedIn)


async def test_an_address_may_not_have_codes_sent_to_everybody() -> None:
    for number in range(ADDRESS_CODES):
        await accounts.request_login_code(NOBODY, SEAL, f"+6281200001{number:03}", Language.ID, HOME)
    with pytest.raises(TooManyAttempts):
        await accounts.request_login_code(NOBODY, SEAL, PHONE, Language.ID, HOME)
    await accounts.request_login_code(NOBODY, SEAL, PHONE, Language.ID, ELSEWHERE)


async def test_kinds_of_tries_are_counted_apart() -> None:
    for number in range(ADDRESS_FAILURES):
        await accounts.request_login_code(NOBODY, SEAL, f"+62812000001{number:02}", Language.ID, HOME)
    code = await ask()
    assert isinstance(await enter(code, HOME), SignedIn)


async def test_signing_in_counts_nothing() -> None:
    await sign_in()
    assert await LoginAttempt.all().count() == 0


async def test_an_address_may_not_try_one_staff_member_after_another() -> None:
    dewi = await employ(Role.AGENT)
    for number in range(ADDRESS_FAILURES):
        with pytest.raises(WrongCredentials):
            await accounts.log_in_as_staff(NOBODY, SEAL, f"n{number}@rawat.example", "salah", "123456", "", HOME)
    for call in (accounts.log_in_as_staff, accounts.enrol_totp):
        with pytest.raises(TooManyAttempts):
            await call(NOBODY, SEAL, dewi.email, "salah", "123456", address=HOME)
    with pytest.raises(WrongCredentials):
        await accounts.log_in_as_staff(NOBODY, SEAL, dewi.email, "salah", "123456", "", ELSEWHERE)


async def test_addresses_are_kept_as_keyed_hashes() -> None:
    with pytest.raises(WrongCode):
        await enter(other_code(await ask()), HOME)
    subjects = await LoginAttempt.all().values_list("subject", flat=True)
    assert len(subjects) == 2
    assert not any(HOME in each or PHONE in each for each in subjects)
