"""Money, times and lists read as Indonesians and English readers write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain import wording
from domain.refusals import Language

ID, EN = Language.ID, Language.EN
NINE_IN_JAKARTA = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "amount_idr, written",
    [
        (0, "Rp0"),
        (500, "Rp500"),
        (150_000, "Rp150.000"),
        (1_234_567_890, "Rp1.234.567.890"),
        (-25_000, "-Rp25.000"),
    ],
)
def test_rupiah_has_dots_between_thousands_and_no_space(amount_idr: int, written: str) -> None:
    assert wording.rupiah(amount_idr) == written


@pytest.mark.parametrize(
    "zone, language, written",
    [
        ("Asia/Jakarta", ID, "Minggu, 22 November 2026 pukul 09.00 WIB"),
        ("Asia/Jakarta", EN, "Sunday, 22 November 2026, 09:00 WIB"),
        ("Asia/Pontianak", ID, "Minggu, 22 November 2026 pukul 09.00 WIB"),
        ("Asia/Makassar", ID, "Minggu, 22 November 2026 pukul 10.00 WITA"),
        ("Asia/Jayapura", EN, "Sunday, 22 November 2026, 11:00 WIT"),
    ],
)
def test_moment_is_told_on_the_clocks_of_the_zone(zone: str, language: Language, written: str) -> None:
    assert wording.moment(NINE_IN_JAKARTA, ZoneInfo(zone), language) == written


def test_moment_takes_the_day_of_the_zone_not_of_utc() -> None:
    late_on_saturday_utc = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
    assert wording.moment(late_on_saturday_utc, ZoneInfo("Asia/Jayapura"), ID) == (
        "Minggu, 22 November 2026 pukul 00.30 WIT"
    )


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        wording.clock_time(datetime(2026, 11, 22, 9, 0), ZoneInfo("Asia/Jakarta"), ID)  # noqa: DTZ001


@pytest.mark.parametrize(
    "on, indonesian, english",
    [
        (date(2026, 1, 2), "Jumat, 2 Januari 2026", "Friday, 2 January 2026"),
        (date(2026, 8, 17), "Senin, 17 Agustus 2026", "Monday, 17 August 2026"),
        (date(2028, 2, 29), "Selasa, 29 Februari 2028", "Tuesday, 29 February 2028"),
    ],
)
def test_day_is_written_in_full(on: date, indonesian: str, english: str) -> None:
    assert (wording.day(on, ID), wording.day(on, EN)) == (indonesian, english)


@pytest.mark.parametrize(
    "hour, minute, indonesian, english",
    [
        (0, 0, "Selamat pagi", "Good morning"),
        (10, 59, "Selamat pagi", "Good morning"),
        (11, 0, "Selamat siang", "Good morning"),
        (12, 0, "Selamat siang", "Good afternoon"),
        (14, 59, "Selamat siang", "Good afternoon"),
        (15, 0, "Selamat sore", "Good afternoon"),
        (18, 0, "Selamat malam", "Good evening"),
        (23, 59, "Selamat malam", "Good evening"),
    ],
)
def test_greeting_follows_the_local_hour(hour: int, minute: int, indonesian: str, english: str) -> None:
    zone = ZoneInfo("Asia/Makassar")
    at = datetime(2026, 11, 22, hour, minute, tzinfo=zone).astimezone(UTC)
    assert (wording.salutation(at, zone, ID), wording.salutation(at, zone, EN)) == (indonesian, english)


@pytest.mark.parametrize(
    "words, indonesian, english",
    [
        ([], "", ""),
        (["makan"], "makan", "makan"),
        (["makan", "minum"], "makan dan minum", "makan and minum"),
        (["bersih", "makan", "minum"], "bersih, makan dan minum", "bersih, makan and minum"),
    ],
)
def test_words_are_joined_as_a_sentence_has_them(words: list[str], indonesian: str, english: str) -> None:
    assert (wording.join_words(words, ID), wording.join_words(words, EN)) == (indonesian, english)
