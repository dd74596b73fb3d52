"""Staff sign in by e-mail, password and TOTP; management opens their accounts."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp

from domain import events
from domain.account import (
    LOGIN_WINDOW,
    MAX_NAME_CHARACTERS,
    MAX_PASSWORD_CHARACTERS,
    TotpNotEnrolled,
    WrongCredentials,
    check_login_pace,
    check_password,
    check_role_fits,
    totp_steps,
)
from domain.permissions import Actor, Can, Role
from domain.refusals import InvalidInput, NotAllowed, Refusal
from domain.text import line
from integrations.seal import Seal
from models.account import Account, RoleGrant
from services.account import password as passwords
from services.account.step import (
    SignedIn,
    Tries,
    begin_session,
    email_address,
    refuses_after_commit,
    roles_of,
)
from services.work import Work, use_case

TURN = "staff login"  # one e-mail address at a time
ISSUER = "Rawat"
MAX_TOTP_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody claims at the door, with the hash that the password was found to fit (None: it fits none)."""

    email: str
    fitting_hash: str | None
    totp: str
    tries: Tries

    async def account(self) -> Account | None:
        """The account, locked, when the password still is its password."""
        found = await Account.filter(email=self.email).select_for_update(no_key=True).first()
        is_right = found is not None and self.fitting_hash is not None and found.password_hash == self.fitting_hash
        return found if is_right else None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A TOTP secret as its owner sees it, once."""

    secret: str
    uri: str


async def log_in_as_staff(
    actor: Actor, seal: Seal, email: str, password: str, totp: str, device: str = "", address: str = ""
) -> SignedIn:
    """Open a session. Raises WrongCredentials, TooManyAttempts, TotpNotEnrolled, AccountIsSuspended, NotAllowed."""
    return await _admit(actor, seal, await _credentials(seal, email, password, totp, address), device)


async def enrol_totp(
    actor: Actor, seal: Seal, email: str, password: str, totp: str = "", address: str = ""
) -> Enrolment:  # fmt: skip
    """Give the account a new TOTP secret. An account whose authenticator was used already must also show its code.

    The secret counts from its first successful log-in on; until then enrolling again replaces it.
    Raises WrongCredentials, TooManyAttempts.
    """
    return await _enrol(actor, seal, await _credentials(seal, email, password, totp, address))


async def open_staff_account(actor: Actor, email: str, name: str, roles: Collection[Role], password: str) -> Account:
    """Make an account that signs in by e-mail. Raises InvalidInput and EmailTaken."""
    actor.must(Can.OPEN_STAFF_ACCOUNT)  # before the costly hash
    email = email_address(email)
    return await _open(actor, email, name, roles, await passwords.hashed(check_password(password, email)))


@refuses_after_commit
@use_case(Can.LOG_IN_AS_STAFF)
async def _admit(work: Work, seal: Seal, given: Credentials, device: str) -> SignedIn | Refusal:
    await given.tries.take_turns()
    await _check_pace(given.tries, work.now)
    account = await given.account()
    if account is None:
        return await _failure(work, given)
    if account.totp_secret is None:
        return TotpNotEnrolled()
    step = _matching_step(work, seal, account, given.totp)
    if step is None:
        return await _failure(work, given)
    roles = await roles_of(account.id)
    if not roles:
        raise NotAllowed()
    signed_in = await begin_session(work, account, roles, device)
    await work.edit(account, totp_used_step=step)
    return signed_in


@refuses_after_commit
@use_case(Can.ENROL_TOTP)
async def _enrol(work: Work, seal: Seal, given: Credentials) -> Enrolment | Refusal:
    await given.tries.take_turns()
    await _check_pace(given.tries, work.now)
    account = await given.account()
    if account is None:
        return await _failure(work, given)
    if account.totp_used_step is not None:
        step = _matching_step(work, seal, account, given.totp)
        if step is None:
            return await _failure(work, given)
    secret = pyotp.random_base32()
    await work.edit(account, totp_secret=seal.close(secret, "account", "totp_secret", account.id), totp_used_step=None)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=given.email, issuer_name=ISSUER))


@use_case(Can.OPEN_STAFF_ACCOUNT)
async def _open(work: Work, email: str, name: str, roles: Collection[Role], password_hash: str) -> Account:
    if not roles:
        raise InvalidInput("roles", indonesian="pilih paling sedikit satu", english="choose at least one")
    for role in set(roles):
        check_role_fits(role, has_phone=False, has_password=True)
    account = Account(email=email, name=line(name, "name", MAX_NAME_CHARACTERS), password_hash=password_hash)
    await work.born(account, events.AccountOpened)
    await RoleGrant.bulk_create(RoleGrant(account_id=account.id, role=role) for role in set(roles))
    return account


async def _credentials(seal: Seal, email: str, password: str, totp: str, address: str) -> Credentials:
    """Compare the password outside the transaction. Whether it counts is decided later, under the lock."""
    email = email_address(email)
    if len(password) > MAX_PASSWORD_CHARACTERS or len(totp) > MAX_TOTP_CHARACTERS:
        raise WrongCredentials()
    tries = Tries(seal, TURN, email, address)
    await _check_pace(tries, datetime.now(UTC))  # so that a flood of guesses costs no hashing
    known = await Account.filter(email=email).first()
    password_hash = known.password_hash if known else None
    is_right = await passwords.fits(password, password_hash)
    return Credentials(email, password_hash if is_right else None, totp.replace(" ", ""), tries)


async def _check_pace(tries: Tries, now: datetime) -> None:
    check_login_pace(await tries.of_subject(now - LOGIN_WINDOW), now)
    await tries.check_address(now)


async def _failure(work: Work, given: Credentials) -> WrongCredentials:
    await given.tries.add(work.now)
    return WrongCredentials()


def _matching_step(work: Work, seal: Seal, account: Account, totp: str) -> int | None:
    """The step whose code was given; each step opens one session."""
    if account.totp_secret is None:
        return None
    codes = pyotp.TOTP(seal.open(account.totp_secret, "account", "totp_secret", account.id))
    found = None
    for step in totp_steps(work.now, account.totp_used_step):
        if hmac.compare_digest(codes.generate_otp(step).encode(), totp.encode("utf-8", "replace")):
            found = step
    return found
