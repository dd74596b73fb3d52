"""How money, times and lists are written for people, in Indonesian and English.

Source of the rules: Indonesian formats (a dot in the clock, `Rp150.000` without a space, WIB/WITA/WIT) and the tone of
the messages (greeting by the local hour).
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from lokal import format_rupiah

from domain.refusals import Language

_DAYS = {
    Language.ID: ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    Language.EN: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    Language.ID: (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    Language.EN: (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
# (hour at which the part ends, its name); the last part lasts until midnight.
_DAYPARTS = {
    Language.ID: ((11, "pagi"), (15, "siang"), (18, "sore"), (24, "malam")),
    Language.EN: ((12, "morning"), (18, "afternoon"), (24, "evening")),
}
_CLOCK = {Language.ID: "%H.%M", Language.EN: "%H:%M"}
_AND = {Language.ID: "dan", Language.EN: "and"}


def rupiah(amount_idr: int) -> str:
    """Whole rupiah as both languages write it: 150000 is `Rp150.000`."""
    return format_rupiah(amount_idr)


def day(on: date, language: Language) -> str:
    """A calendar day in full: `Minggu, 22 November 2026`, `Sunday, 22 November 2026`."""
    return f"{_DAYS[language][on.weekday()]}, {on.day} {_MONTHS[language][on.month - 1]} {on.year}"


def clock_time(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """The hour and minute in `zone`, with the zone's name: `09.00 WIB`, `09:00 WIB`."""
    local = _local(at, zone)
    return f"{local.strftime(_CLOCK[language])} {local.tzname()}"


def moment(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """Day and hour in `zone`: `Minggu, 22 November 2026 pukul 09.00 WIB`, `Sunday, 22 November 2026, 09:00 WIB`."""
    joint = " pukul " if language is Language.ID else ", "
    return day(_local(at, zone).date(), language) + joint + clock_time(at, zone, language)


def daypart(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """The word that follows `Selamat` or `Good` at that hour in `zone`; English says evening, never night."""
    hour = _local(at, zone).hour
    return next(name for ends, name in _DAYPARTS[language] if hour < ends)


def salutation(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """The greeting at that hour in `zone`: `Selamat pagi`, `Good morning`."""
    return f"{'Selamat' if language is Language.ID else 'Good'} {daypart(at, zone, language)}"


def join_words(words: Sequence[str], language: Language) -> str:
    """A list as a sentence has it: `makan, minum dan main`; no words give the empty string."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {_AND[language]} {words[-1]}"


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """`at` on the clocks of `zone`; raises ValueError when `at` has no zone (that would mean this host's)."""
    if at.tzinfo is None:
        raise ValueError("a time for people needs a time zone")
    return at.astimezone(zone)
