"""Staff sign in by e-mail, password and TOTP; guessing is counted and told nothing."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from domain.account import (
    AccountIsSuspended,
    EmailTaken,
    TooManyAttempts,
    TotpNotEnrolled,
    WrongCredentials,
)
from domain.permissions import NOBODY, SYSTEM, Role
from domain.refusals import InvalidInput, NotAllowed
from models.account import Account, LoginAttempt, RoleGrant, Session
from services import account as accounts
from services.account import SignedIn
from tests.signing_in import PASSWORD, SEAL, Employee, employ, forget_pace, other_code, sign_in

AT_ONCE = 8
WRONG = "bukan kata sandi itu"


@pytest.fixture(autouse=True)
def _early_in_a_step() -> Iterator[None]:
    """The authenticator's 30 seconds have just begun, so that none of these tests is cut by the next step."""
    with time_machine.travel(datetime.fromtimestamp((time.time() // 30 + 1) * 30 + 1, UTC)):
        yield


async def enrol(employee: Employee, totp: str = "") -> str:
    return (await accounts.enrol_totp(NOBODY, SEAL, employee.email, PASSWORD, totp)).secret


async def test_password_and_code_open_a_session_with_the_roles() -> None:
    dewi = await employ(Role.AGENT, Role.FINANCE)
    signed_in = await dewi.log_in()
    assert (signed_in.account.id, signed_in.roles) == (dewi.actor.id, frozenset({Role.AGENT, Role.FINANCE}))


async def test_the_address_may_be_typed_in_capitals_and_the_code_with_a_space() -> None:
    dewi = await employ(Role.AGENT)
    code = dewi.code()
    signed_in = await accounts.log_in_as_staff(NOBODY, SEAL, " DEWI@Rawat.Example ", PASSWORD, f"{code[:3]} {code[3:]}")
    assert signed_in.account.id == dewi.actor.id


async def test_unknown_address_wrong_password_and_wrong_code_are_one_answer() -> None:
    dewi = await employ(Role.AGENT)
    for email, password, totp in (
        ("siapa@rawat.example", PASSWORD, dewi.code()),
        (dewi.email, WRONG, dewi.code()),
        (dewi.email, PASSWORD, other_code(dewi.code(9))),
        (dewi.email, PASSWORD, ""),
        (dewi.email, "x" * 100_000, dewi.code()),
        (dewi.email, "\ud800", dewi.code()),
    ):
        with pytest.raises(WrongCredentials):
            await accounts.log_in_as_staff(NOBODY, SEAL, email, password, totp)
        await forget_pace()
    assert await Session.all().count() == 0


async def test_a_customer_with_an_e_mail_address_has_no_password_to_guess() -> None:
    sari = (await sign_in()).account
    await Account.filter(id=sari.id).update(email="sari@contoh.example")
    with pytest.raises(WrongCredentials):
        await accounts.log_in_as_staff(NOBODY, SEAL, "sari@contoh.example", "the password of nobody", "123456")


@pytest.mark.parametrize("steps_away", [-1, 0, 1])
async def test_the_clock_of_the_authenticator_may_be_one_step_off(steps_away: int) -> None:
    dewi = await employ(Role.AGENT)
    assert isinstance(await dewi.log_in(dewi.code(steps_away)), SignedIn)


@pytest.mark.parametrize("steps_away", [-3, 3])
async def test_older_and_later_codes_are_wrong(steps_away: int) -> None:
    dewi = await employ(Role.AGENT)
    with pytest.raises(WrongCredentials):
        await dewi.log_in(dewi.code(steps_away))


async def test_a_code_opens_one_session_even_when_eight_use_it_at_once() -> None:
    dewi = await employ(Role.AGENT)
    code = dewi.code()
    answers = await asyncio.gather(*(dewi.log_in(code) for _ in range(AT_ONCE)), return_exceptions=True)
    assert sum(isinstance(each, SignedIn) for each in answers) == 1
    assert {type(each) for each in answers} <= {SignedIn, WrongCredentials, TooManyAttempts}
    assert await Session.all().count() == 1


async def test_a_code_before_the_last_used_one_is_worth_nothing() -> None:
    dewi = await employ(Role.AGENT)
    await dewi.log_in(dewi.code(1))
    with pytest.raises(WrongCredentials):
        await dewi.log_in(dewi.code(0))


async def test_five_failures_close_the_door_also_for_the_right_password() -> None:
    dewi = await employ(Role.AGENT)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await dewi.log_in(password=WRONG)
    with pytest.raises(TooManyAttempts):
        await dewi.log_in()
    await forget_pace()
    assert isinstance(await dewi.log_in(), SignedIn)


async def test_of_eight_wrong_passwords_at_once_five_are_judged() -> None:
    dewi = await employ(Role.AGENT)
    answers = await asyncio.gather(*(dewi.log_in(password=WRONG) for _ in range(AT_ONCE)), return_exceptions=True)
    assert sum(isinstance(each, WrongCredentials) for each in answers) == 5
    assert sum(isinstance(each, TooManyAttempts) for each in answers) == AT_ONCE - 5
    assert await LoginAttempt.all().count() == 5


async def test_unknown_addresses_are_counted_like_known_ones_and_not_readable() -> None:
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await accounts.log_in_as_staff(NOBODY, SEAL, "siapa@rawat.example", WRONG, "123456")
    with pytest.raises(TooManyAttempts):
        await accounts.log_in_as_staff(NOBODY, SEAL, "siapa@rawat.example", WRONG, "123456")
    assert all("siapa" not in each.subject for each in await LoginAttempt.all())


async def test_without_an_authenticator_one_can_only_enrol() -> None:
    dewi = await employ(Role.AGENT, enrols=False)
    with pytest.raises(TotpNotEnrolled):
        await dewi.log_in("123456")
    with pytest.raises(WrongCredentials):
        await dewi.log_in("123456", WRONG)
    secret = await enrol(dewi)
    assert isinstance(await Employee(dewi.actor, dewi.email, secret).log_in(), SignedIn)


async def test_the_secret_is_sealed_in_the_row() -> None:
    dewi = await employ(Role.AGENT)
    row = await Account.get(id=dewi.actor.id)
    assert row.totp_secret is not None and dewi.secret not in row.totp_secret
    assert row.password_hash is not None and row.password_hash.startswith("$argon2id$")


async def test_an_authenticator_in_use_is_changed_only_by_who_has_it() -> None:
    dewi = await employ(Role.AGENT)
    await dewi.log_in(dewi.code(-1))
    with pytest.raises(WrongCredentials):
        await enrol(dewi)
    secret = await enrol(dewi, dewi.code())
    assert isinstance(await Employee(dewi.actor, dewi.email, secret).log_in(), SignedIn)
    with pytest.raises(WrongCredentials):
        await dewi.log_in(dewi.code(1))


async def test_guessing_at_the_enrolment_is_counted_too() -> None:
    dewi = await employ(Role.AGENT)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await accounts.enrol_totp(NOBODY, SEAL, dewi.email, WRONG)
    with pytest.raises(TooManyAttempts):
        await enrol(dewi)


async def test_an_account_without_roles_stays_out() -> None:
    dewi = await employ(Role.AGENT)
    await RoleGrant.all().delete()
    with pytest.raises(NotAllowed):
        await dewi.log_in()


async def test_suspended_staff_stay_out() -> None:
    dewi, boss = await employ(Role.AGENT), await employ(Role.MANAGEMENT, email="bos@rawat.example")
    await accounts.suspend(boss.actor, (await Account.get(email=dewi.email)).id)
    with pytest.raises(AccountIsSuspended):
        await dewi.log_in()


@pytest.mark.parametrize(
    "email, name, roles, password, field",
    [
        ("bukan alamat", "Dewi", [Role.AGENT], PASSWORD, "email"),
        ("a@b@c.example", "Dewi", [Role.AGENT], PASSWORD, "email"),
        ("dewi@rawat.example\x00", "Dewi", [Role.AGENT], PASSWORD, "email"),
        ("x" * 300 + "@rawat.example", "Dewi", [Role.AGENT], PASSWORD, "email"),
        ("dewi@rawat.example", " ", [Role.AGENT], PASSWORD, "name"),
        ("dewi@rawat.example", "Dewi", [], PASSWORD, "roles"),
        ("dewi@rawat.example", "Dewi", [Role.CUSTOMER], PASSWORD, "role"),
        ("dewi@rawat.example", "Dewi", [Role.AGENT, Role.SYSTEM], PASSWORD, "role"),
        ("dewi@rawat.example", "Dewi", [Role.AGENT], "pendek", "password"),
    ],
)
async def test_impossible_staff_accounts_are_not_opened(
    email: str, name: str, roles: list[Role], password: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await accounts.open_staff_account(SYSTEM, email, name, roles, password)
    assert refused.value.field == field
    assert await Account.all().count() == 0


async def test_an_address_is_one_account_whatever_its_case() -> None:
    await employ(Role.AGENT, email="Dewi@Rawat.example")
    with pytest.raises(EmailTaken):
        await employ(Role.AGENT, email="dewi@rawat.example")


async def test_only_management_opens_staff_accounts() -> None:
    agent = (await employ(Role.SENIOR_AGENT)).actor
    with pytest.raises(NotAllowed):
        await accounts.open_staff_account(agent, "b@rawat.example", "Budi", [Role.AGENT], PASSWORD)
