"""Who a person is to us: how one signs in, how often one may try, and what one has agreed to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from domain.permissions import STAFF, Role
from domain.refusals import InvalidInput, Refusal

CODE_DIGITS = 6
CODE_LIVES = timedelta(minutes=5)
CODE_TRIES = 5
CODE_EVERY = timedelta(seconds=30)
CODE_WINDOW = timedelta(hours=1)
CODES_A_WINDOW = 5
WRONG_CODES = 5  # of one phone number, whichever codes were tried
WRONG_CODE_WINDOW = timedelta(minutes=10)
LOGIN_WINDOW = timedelta(minutes=15)
LOGIN_FAILURES = 5
# Of one network address and one kind of try, for any account: a phone network's customers may share an address.
ADDRESS_WINDOW = timedelta(minutes=15)
ADDRESS_FAILURES = 30
ADDRESS_CODES = 100
NETWORK_BITS = 64  # of an IPv6 address: one customer of a provider has at least so many of them
MAX_ADDRESSES = 10_000  # remembered in their counted form
SESSION_LIVES = timedelta(days=30)  # since the last refresh
TOTP_STEP_S = 30
TOTP_DRIFT_STEPS = 1  # a clock may be off by one step in either direction

MAX_NAME_CHARACTERS = 120
MAX_DEVICE_CHARACTERS = 120
MAX_EMAIL_CHARACTERS = 254
MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 128
MIN_DIFFERENT_CHARACTERS = 5

CONSENT_TEXT_VERSION = "2026-11"  # of the texts that stand behind every ConsentPurpose


class ConsentPurpose(StrEnum):
    """What personal data may be used for, each by its own yes (UU 27/2022 art. 20-22)."""

    SERVICE = "SERVICE"
    MARKETING = "MARKETING"
    LOCATION = "LOCATION"
    ANALYTICS = "ANALYTICS"


class EndReason(StrEnum):
    """Why a session is over."""

    LOGGED_OUT = "LOGGED_OUT"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105 - a reason, not a token
    ROLES_CHANGED = "ROLES_CHANGED"
    SUSPENDED = "SUSPENDED"


class TooManyCodes(Refusal):
    code = "TOO_MANY_CODES"
    indonesian = "Terlalu banyak permintaan kode. Coba lagi dalam {wait_s} detik."
    english = "Too many codes were requested. Try again in {wait_s} seconds."


class WrongCode(Refusal):
    """Wrong, over, used, or never sent: one answer, since the difference would help only a guesser."""

    code = "WRONG_CODE"
    indonesian = "Kode salah atau sudah tidak berlaku."
    english = "The code is wrong or no longer valid."


class TooManyAttempts(Refusal):
    code = "TOO_MANY_ATTEMPTS"
    indonesian = "Terlalu banyak percobaan. Tunggu sebentar, lalu mulai lagi."
    english = "Too many attempts. Wait a while, then start again."


class NameRequired(Refusal):
    """The first log-in opens the account, and an account has a name; the code stays valid."""

    code = "NAME_REQUIRED"
    indonesian = "Nomor ini belum terdaftar. Isi nama Anda untuk mendaftar."
    english = "This number is new to us. Give your name to sign up."


class AccountIsSuspended(Refusal):
    code = "ACCOUNT_SUSPENDED"
    indonesian = "Akun Anda sedang dibekukan. Silakan hubungi tim kami."
    english = "Your account is suspended. Please contact our team."


class WrongCredentials(Refusal):
    """Unknown e-mail, wrong password and wrong TOTP code are one answer."""

    code = "WRONG_CREDENTIALS"
    indonesian = "E-mail, kata sandi, atau kode autentikator salah."
    english = "The e-mail, password or authenticator code is wrong."


class TotpNotEnrolled(Refusal):
    """Told only to somebody who knows the password."""

    code = "TOTP_NOT_ENROLLED"
    indonesian = "Pasang aplikasi autentikator terlebih dahulu."
    english = "Set up an authenticator app first."


class SessionOver(Refusal):
    code = "SESSION_OVER"
    indonesian = "Sesi Anda sudah berakhir. Silakan masuk lagi."
    english = "Your session is over. Please sign in again."


class EmailTaken(Refusal):
    code = "EMAIL_TAKEN"
    indonesian = "E-mail ini sudah dipakai akun lain."
    english = "Another account already uses this e-mail address."


def check_code_pace(sent_at: Sequence[datetime], now: datetime) -> None:
    """At most one code every 30 s and five an hour for one phone. `sent_at`: the times of earlier codes."""
    recent = sorted(each for each in sent_at if each > now - CODE_WINDOW)
    free_at = recent[-1] + CODE_EVERY if recent else now
    if len(recent) >= CODES_A_WINDOW:
        free_at = max(free_at, recent[-CODES_A_WINDOW] + CODE_WINDOW)
    if free_at > now:
        raise TooManyCodes(field="phone", wait_s=int((free_at - now).total_seconds()) + 1)


def check_login_pace(failed_at: Sequence[datetime], now: datetime) -> None:
    """At most five failures in 15 minutes for one e-mail address, whether it has an account or not."""
    if sum(each > now - LOGIN_WINDOW for each in failed_at) >= LOGIN_FAILURES:
        raise TooManyAttempts()


def check_wrong_codes(failed_at: Sequence[datetime], now: datetime) -> None:
    """At most five wrong codes in 10 minutes for one phone number, whoever tries."""
    if sum(each > now - WRONG_CODE_WINDOW for each in failed_at) >= WRONG_CODES:
        raise TooManyAttempts(field="code")


def check_address_pace(tried_at: Sequence[datetime], now: datetime, most: int) -> None:
    """At most so many tries of one kind in 15 minutes from one address."""
    if sum(each > now - ADDRESS_WINDOW for each in tried_at) >= most:
        raise TooManyAttempts()


@lru_cache(MAX_ADDRESSES)
def counted_address(address: str) -> str:
    """What is counted as one address: all of an IPv6 network, since each of its customers can change the rest."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return str(ip_network((found, NETWORK_BITS), strict=False)) if isinstance(found, IPv6Address) else str(found)


def check_code_shape(code: str) -> str:
    """The six digits, without the spaces people type between them."""
    digits = code.replace(" ", "") if len(code) <= 2 * CODE_DIGITS else ""
    if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise InvalidInput("code", indonesian=f"{CODE_DIGITS} angka", english=f"{CODE_DIGITS} digits")
    return digits


def check_password(password: str, email: str) -> str:
    """A password that is hard to guess (NIST SP 800-63B): long, not of few characters, not around one's own name."""
    if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
        span = f"{MIN_PASSWORD_CHARACTERS}-{MAX_PASSWORD_CHARACTERS}"
        raise InvalidInput("password", indonesian=f"{span} karakter", english=f"{span} characters")
    if "\x00" in password or any("\ud800" <= each <= "\udfff" for each in password):
        raise InvalidInput("password", indonesian="mengandung karakter yang tidak bisa dipakai",
                           english="holds characters that cannot be used")  # fmt: skip
    name = email.partition("@")[0].lower()
    if len(set(password)) < MIN_DIFFERENT_CHARACTERS or (len(name) > 3 and name in password.lower()):
        raise InvalidInput("password", indonesian="terlalu mudah ditebak", english="is too easy to guess")
    return password


def check_role_fits(role: Role, *, has_phone: bool, has_password: bool) -> None:
    """Staff roles need a password (and so TOTP), the others a phone: a text message alone never opens a staff desk."""
    if role is Role.SYSTEM or (role in STAFF and not has_password) or (role not in STAFF and not has_phone):
        raise InvalidInput("role", indonesian="tidak cocok untuk akun ini", english="does not fit this account")


def check_text_version(version: str) -> str:
    """Consent is given to the text that is in force, which the client must have shown."""
    if version != CONSENT_TEXT_VERSION:
        raise InvalidInput(
            "textVersion",
            indonesian=f"versi yang berlaku adalah {CONSENT_TEXT_VERSION}",
            english=f"the version in force is {CONSENT_TEXT_VERSION}",
        )
    return version


def totp_steps(now: datetime, used_step: int | None) -> list[int]:
    """The steps whose code counts now: one before to one after, and none that was used already or lies before it."""
    present = int(now.timestamp()) // TOTP_STEP_S
    steps = range(present - TOTP_DRIFT_STEPS, present + TOTP_DRIFT_STEPS + 1)
    return [step for step in steps if used_step is None or step > used_step]
