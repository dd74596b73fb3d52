"""How often one may try, what counts as a password, and which roles fit which account."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.account import (
    CONSENT_TEXT_VERSION,
    TooManyAttempts,
    TooManyCodes,
    check_address_pace,
    check_code_pace,
    check_code_shape,
    check_login_pace,
    check_password,
    check_role_fits,
    check_text_version,
    check_wrong_codes,
    counted_address,
    totp_steps,
)
from domain.permissions import Role

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
Field = Callable[..., str | None]


def ago(*seconds: int) -> list[datetime]:
    return [NOW - timedelta(seconds=each) for each in seconds]


@pytest.mark.parametrize(
    "sent", [[], ago(30), ago(30, 60, 90, 120), ago(3600, 3000, 2000, 1000, 500), ago(*[7200] * 50)]
)
def test_a_code_may_be_sent(sent: list[datetime]) -> None:
    check_code_pace(sent, NOW)


@pytest.mark.parametrize(
    "sent, wait_s",
    [
        (ago(0), 31),
        (ago(29), 2),
        (ago(-2), 33),  # committed by a request that waited less than this one
        (ago(3599, 3000, 2000, 1000, 500), 2),
        (ago(1000, 900, 800, 700, 600), 2601),
        (ago(100, 90, 60, 40, 10), 3501),
    ],
)
def test_a_code_is_refused_until_the_pace_allows_it(sent: list[datetime], wait_s: int) -> None:
    with pytest.raises(TooManyCodes) as refused:
        check_code_pace(sent, NOW)
    assert refused.value.facts == {"wait_s": wait_s}


@pytest.mark.parametrize("failed", [[], ago(1, 2, 3, 4), ago(900, 1, 2, 3, 4)])
def test_four_failures_in_fifteen_minutes_are_forgiven(failed: list[datetime]) -> None:
    check_login_pace(failed, NOW)


def test_the_fifth_failure_in_fifteen_minutes_closes_the_door() -> None:
    with pytest.raises(TooManyAttempts):
        check_login_pace(ago(899, 1, 2, 3, 4), NOW)


@pytest.mark.parametrize("typed, digits", [("123456", "123456"), (" 123 456 ", "123456"), ("000000", "000000")])
def test_a_code_is_six_digits(typed: str, digits: str) -> None:
    assert check_code_shape(typed) == digits


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "12345\x00", "1" * 1_000_000, "-12345"])
def test_anything_else_is_no_code(typed: str, refused_field: Field) -> None:
    assert refused_field(check_code_shape, typed) == "code"


@pytest.mark.parametrize("password", ["kucing oranye di pagar", "x" * 123 + "abcde", "密码密码很长的密码真的很长"])
def test_long_passwords_of_any_kind_are_taken(password: str) -> None:
    assert check_password(password, "dewi@rawat.example") == password


@pytest.mark.parametrize(
    "password",
    ["", "pendek12345", "x" * 129, "aaaabbbbccccdddd", "aku-Dewi-cantik-sekali", "nol\x00 di dalamnya", "\ud800" * 20],
)
def test_short_poor_or_personal_passwords_are_refused(password: str, refused_field: Field) -> None:
    assert refused_field(check_password, password, "dewi@rawat.example") == "password"


@pytest.mark.parametrize(
    "role, has_phone, has_password, fits",
    [
        (Role.AGENT, False, True, True),
        (Role.AGENT, True, False, False),
        (Role.MANAGEMENT, True, False, False),
        (Role.CUSTOMER, True, False, True),
        (Role.PARTNER, True, True, True),
        (Role.PARTNER, False, True, False),
        (Role.SYSTEM, True, True, False),
    ],
)
def test_staff_roles_need_a_password_and_the_others_a_phone(
    role: Role, has_phone: bool, has_password: bool, fits: bool, refused_field: Field
) -> None:
    def check() -> None:
        check_role_fits(role, has_phone=has_phone, has_password=has_password)

    assert refused_field(check) == (None if fits else "role")


def test_consent_is_given_to_the_text_in_force_only(refused_field: Field) -> None:
    assert check_text_version(CONSENT_TEXT_VERSION) == CONSENT_TEXT_VERSION
    assert refused_field(check_text_version, "2020-01") == "textVersion"


def test_a_totp_code_counts_one_step_around_now_and_once() -> None:
    present = int(NOW.timestamp()) // 30
    assert totp_steps(NOW, None) == [present - 1, present, present + 1]
    assert totp_steps(NOW, present) == [present + 1]
    assert totp_steps(NOW, present + 1) == []


@pytest.mark.parametrize("failed", [[], ago(1, 2, 3, 4), ago(1, 2, 3, 4, 600), ago(*[601] * 50)])
def test_a_code_may_be_tried(failed: list[datetime]) -> None:
    check_wrong_codes(failed, NOW)


@pytest.mark.parametrize("failed", [ago(1, 2, 3, 4, 5), ago(599, 500, 400, 300, 200, 100)])
def test_the_sixth_wrong_code_in_ten_minutes_is_one_too_many(failed: list[datetime]) -> None:
    with pytest.raises(TooManyAttempts):
        check_wrong_codes(failed, NOW)


def test_an_address_may_try_so_often_in_a_quarter_of_an_hour() -> None:
    check_address_pace(ago(*range(29), 900, 901), NOW, most=30)
    with pytest.raises(TooManyAttempts):
        check_address_pace(ago(*range(30)), NOW, most=30)


@pytest.mark.parametrize(
    "address, counted",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert counted_address(address) == counted
