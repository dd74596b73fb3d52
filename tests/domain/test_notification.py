"""Every text renders in both languages and goes by the right channel, at a fit hour, a bounded number of times."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain import notification
from domain.notification import TEXTS, Audience, Channel, MissingFact, Preference, QuietHours, Template, render
from domain.refusals import Language

ID, EN = Language.ID, Language.EN
IN_APP, EMAIL, WHATSAPP, SMS = Channel.IN_APP, Channel.EMAIL, Channel.WHATSAPP, Channel.SMS

FACTS = {
    "amount": "Rp150.000",
    "code": "RWT-7F3K",
    "count": "3",
    "day": "Minggu, 22 November 2026",
    "daypart": "pagi",
    "deadline": "Minggu, 22 November 2026 pukul 12.00 WIB",
    "item": "tali kuat",
    "items": "makan dan minum",
    "link": "http://localhost:8000/b/7F3K",
    "minutes": "20",
    "name": "Sari",
    "note": "Moka sudah wangi",
    "partner": "Budi Grooming",
    "pet": "Moka",
    "policy": "fleksibel",
    "reason": "jalan macet",
    "sender": "Budi Grooming",
    "service": "grooming",
    "time": "Minggu, 22 November 2026 pukul 09.00 WIB",
}
EVERY_TEXT = [(template, language) for template in Template for language in Language]


def written(template: Template, language: Language) -> tuple[str, str]:
    text = TEXTS[template]
    return (text.subject_en, text.body_en) if language is EN else (text.subject_id, text.body_id)


def names_in(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


# --- texts ---


def test_every_template_has_a_text() -> None:
    assert set(TEXTS) == set(Template)


@pytest.mark.parametrize("template, language", EVERY_TEXT)
def test_every_text_renders_with_sample_facts(template: Template, language: Language) -> None:
    rendered = render(template, language, FACTS)
    assert rendered.subject and rendered.body
    assert not re.search(r"[{}]", rendered.subject + rendered.body)


@pytest.mark.parametrize("template, language", EVERY_TEXT)
def test_no_body_starts_or_ends_with_a_variable(template: Template, language: Language) -> None:
    _, body = written(template, language)
    assert re.match(r"\w", body) and not re.search(r"}\W*$", body)


@pytest.mark.parametrize("template, language", EVERY_TEXT)
def test_a_link_is_followed_by_a_space_so_that_it_stays_clickable(template: Template, language: Language) -> None:
    _, body = written(template, language)
    assert not re.search(r"{link}(?! )", body)


@pytest.mark.parametrize("template", list(Template))
def test_both_languages_tell_the_same_facts(template: Template) -> None:
    text = TEXTS[template]
    assert names_in(text.subject_id) == names_in(text.subject_en)
    assert names_in(text.body_id) == names_in(text.body_en)
    assert notification.variables(template) == names_in(text.subject_id) | names_in(text.body_id)


@pytest.mark.parametrize("template", list(Template))
def test_only_customers_are_called_kak(template: Template) -> None:
    text = TEXTS[template]
    assert text.audience is Audience.CUSTOMER or "Kak" not in text.subject_id + text.body_id


@pytest.mark.parametrize("template", list(Template))
def test_subjects_are_short_enough_to_be_read_whole(template: Template) -> None:
    text = TEXTS[template]
    assert max(len(text.subject_id), len(text.subject_en)) <= 70


def test_confirmation_reads_as_agreed_in_both_languages() -> None:
    facts = FACTS | {"time": "Minggu, 22 November 2026 pukul 09.00 WIB"}
    assert render(Template.BOOKING_CONFIRMED, ID, facts).body == (
        "Selamat pagi, Kak Sari. Pemesanan RWT-7F3K sudah dikonfirmasi: grooming bersama Budi Grooming, "
        "Minggu, 22 November 2026 pukul 09.00 WIB. Sampai jumpa!"
    )
    facts = FACTS | {"time": "Sunday, 22 November 2026, 09:00 WIB", "daypart": "morning"}
    assert render(Template.BOOKING_CONFIRMED, EN, facts).body == (
        "Good morning, Sari. Booking RWT-7F3K is confirmed: grooming with Budi Grooming, "
        "Sunday, 22 November 2026, 09:00 WIB. See you soon!"
    )


def test_login_code_warns_against_sharing_and_is_not_in_the_subject() -> None:
    indonesian, english = (render(Template.LOGIN_CODE, each, FACTS | {"code": "482913"}) for each in (ID, EN))
    assert "Jangan bagikan" in indonesian.body and "Never share" in english.body
    assert "482913" not in indonesian.subject + english.subject


def test_parameters_follow_the_order_of_the_body_and_name_each_fact_once() -> None:
    assert render(Template.BOOKING_CONFIRMED, ID, FACTS).parameters == tuple(
        FACTS[name] for name in ("daypart", "name", "code", "service", "partner", "time")
    )


# --- facts ---


def without(name: str) -> Mapping[str, str]:
    return {each: fact for each, fact in FACTS.items() if each != name}


@pytest.mark.parametrize("template", list(Template))
def test_any_missing_fact_stops_the_message(template: Template) -> None:
    for name in notification.variables(template):
        with pytest.raises(MissingFact) as missing:
            render(template, ID, without(name))
        assert (missing.value.template, missing.value.name) == (template, name)


@pytest.mark.parametrize("empty", ["", " ", "\n\t", "\u00a0", "\u200d", "\u202e", "\x00"])
def test_a_fact_with_nothing_to_read_stops_the_message(empty: str) -> None:
    with pytest.raises(MissingFact, match="booking_reminder: pet"):
        render(Template.BOOKING_REMINDER, EN, FACTS | {"pet": empty})


@pytest.mark.parametrize(
    "fact, folded",
    [
        ("Moka\r\nBcc: korban@example.com", "Moka Bcc: korban@example.com"),
        ("Moka\x00\x1b[31m", "Moka [31m"),
        ("Moka\u2028Luna\u2029\x85Miko", "Moka Luna Miko"),
        ("Moka \u202eakoM", "Moka akoM"),
        ("Moka\ud800", "Moka"),
        ("  Moka \t  Luna ", "Moka Luna"),
        ("Moka 👩‍⚕️", "Moka 👩‍⚕️"),
        ("{link} {0} %s", "{link} {0} %s"),
    ],
)
def test_facts_are_folded_into_one_line_of_plain_text(fact: str, folded: str) -> None:
    assert render(Template.PHOTO_UPDATE, ID, FACTS | {"pet": fact}).subject == f"Ada kabar dari {folded} untuk Kakak"


def test_a_long_fact_is_cut() -> None:
    body = render(Template.PHOTO_UPDATE_NOTED, ID, FACTS | {"note": "x" * 100_000}).body
    assert body.count("x") == notification.MAX_FACT_LENGTH


def test_facts_the_text_does_not_name_are_ignored() -> None:
    assert render(Template.SERVICE_STARTED, ID, FACTS | {"unknown": ""}) == render(Template.SERVICE_STARTED, ID, FACTS)


# --- channels ---


def channels(template: Template, reachable: str, *switched_off: Channel) -> tuple[Channel, ...]:
    """`reachable` has `e` for an e-mail address and `p` for a phone number."""
    preference = Preference(frozenset(switched_off))
    return notification.channels_for(template, preference, has_email="e" in reachable, has_phone="p" in reachable)


@pytest.mark.parametrize(
    "template, reachable, switched_off, expected",
    [
        # ordinary: the first possible and allowed of the template's order
        (Template.BOOKING_CONFIRMED, "ep", (), (IN_APP, EMAIL)),
        (Template.BOOKING_CONFIRMED, "p", (), (IN_APP, WHATSAPP)),
        (Template.BOOKING_CONFIRMED, "e", (), (IN_APP, EMAIL)),
        (Template.BOOKING_CONFIRMED, "", (), (IN_APP,)),
        (Template.BOOKING_CONFIRMED, "ep", (EMAIL,), (IN_APP, WHATSAPP)),
        (Template.BOOKING_REMINDER, "ep", (), (IN_APP, WHATSAPP)),
        (Template.BOOKING_REMINDER, "ep", (WHATSAPP,), (IN_APP, EMAIL)),
        # SMS only when neither mail nor WhatsApp is left
        (Template.BOOKING_REMINDER, "p", (WHATSAPP,), (IN_APP, SMS)),
        (Template.BOOKING_REMINDER, "ep", (WHATSAPP, EMAIL), (IN_APP, SMS)),
        (Template.BOOKING_REMINDER, "e", (EMAIL,), (IN_APP,)),
        (Template.BOOKING_REMINDER, "ep", (WHATSAPP, EMAIL, SMS), (IN_APP,)),
        # what nobody can switch off
        (Template.BOOKING_REMINDER, "p", (IN_APP,), (IN_APP, WHATSAPP)),
        # urgent: all that are possible and allowed, and at least one
        (Template.PARTNER_LATE, "ep", (), (IN_APP, WHATSAPP, EMAIL)),
        (Template.PARTNER_LATE, "ep", (WHATSAPP,), (IN_APP, EMAIL)),
        (Template.PARTNER_LATE, "p", (WHATSAPP,), (IN_APP, SMS)),
        (Template.PARTNER_LATE, "ep", (WHATSAPP, EMAIL, SMS), (IN_APP, WHATSAPP)),
        (Template.PARTNER_LATE, "e", (EMAIL,), (IN_APP, EMAIL)),
        (Template.PARTNER_LATE, "", (), (IN_APP,)),
        (Template.PARTNER_LATE_SUPPORT, "e", (), (IN_APP, EMAIL)),
        # the login code: one channel, never in the app, whatever is preferred
        (Template.LOGIN_CODE, "ep", (), (SMS,)),
        (Template.LOGIN_CODE, "p", (SMS, WHATSAPP), (SMS,)),
        (Template.LOGIN_CODE, "e", (EMAIL,), (EMAIL,)),
        (Template.LOGIN_CODE, "", (), ()),
    ],
)
def test_channels_follow_template_reach_and_preference(
    template: Template, reachable: str, switched_off: tuple[Channel, ...], expected: tuple[Channel, ...]
) -> None:
    assert channels(template, reachable, *switched_off) == expected


@pytest.mark.parametrize("template", [each for each in Template if TEXTS[each].urgent])
@pytest.mark.parametrize("reachable", ["e", "p", "ep"])
def test_urgent_ones_always_leave_the_house(template: Template, reachable: str) -> None:
    assert set(channels(template, reachable, *Channel)) - {IN_APP}


def test_what_is_urgent_is_decided_by_the_table() -> None:
    assert {each for each in Template if notification.is_urgent(each)} == {
        Template.LOGIN_CODE,
        Template.PARTNER_LATE,
        Template.PARTNER_LATE_SUPPORT,
        Template.PARTNER_MISSING,
        Template.PARTNER_MISSING_PARTNER,
        Template.PARTNER_MISSING_SUPPORT,
        Template.CARE_LOG_MISSING,
        Template.CARE_LOG_MISSING_SUPPORT,
    }


def test_only_the_login_code_is_secret() -> None:
    assert [each for each in Template if notification.is_secret(each)] == [Template.LOGIN_CODE]


# --- quiet hours ---

JAKARTA, MAKASSAR, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")
NIGHT = None  # the default, 21.00–07.00
SIESTA = QuietHours(time(12, 30), time(14, 0))
NONE_AT_ALL = QuietHours(time(8, 0), time(8, 0))
FROM_MIDNIGHT = QuietHours(time(0, 0), time(6, 0))
UNTIL_MIDNIGHT = QuietHours(time(22, 0), time(0, 0))


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "now, zone, quiet, ends",
    [
        # 22 Nov, WIB = UTC+7: the night is 14.00–24.00 UTC
        (utc(22, 13, 59), JAKARTA, NIGHT, None),
        (utc(22, 14, 0), JAKARTA, NIGHT, utc(23, 0, 0)),
        (utc(22, 23, 59), JAKARTA, NIGHT, utc(23, 0, 0)),
        (utc(23, 0, 0), JAKARTA, NIGHT, None),
        # WITA = UTC+8: 13.00–23.00 UTC; local midnight is 16.00 UTC
        (utc(22, 12, 59), MAKASSAR, NIGHT, None),
        (utc(22, 13, 0), MAKASSAR, NIGHT, utc(22, 23, 0)),
        (utc(22, 15, 59), MAKASSAR, NIGHT, utc(22, 23, 0)),
        (utc(22, 16, 0), MAKASSAR, NIGHT, utc(22, 23, 0)),
        (utc(22, 23, 0), MAKASSAR, NIGHT, None),
        # WIT = UTC+9: 12.00–22.00 UTC; local midnight is 15.00 UTC
        (utc(22, 11, 59), JAYAPURA, NIGHT, None),
        (utc(22, 12, 0), JAYAPURA, NIGHT, utc(22, 22, 0)),
        (utc(22, 15, 0), JAYAPURA, NIGHT, utc(22, 22, 0)),
        (utc(22, 21, 59), JAYAPURA, NIGHT, utc(22, 22, 0)),
        (utc(22, 22, 0), JAYAPURA, NIGHT, None),
        # within one day, at the edges of a day, none
        (utc(22, 5, 29), JAKARTA, SIESTA, None),
        (utc(22, 5, 30), JAKARTA, SIESTA, utc(22, 7, 0)),
        (utc(22, 7, 0), JAKARTA, SIESTA, None),
        (utc(22, 16, 0), MAKASSAR, FROM_MIDNIGHT, utc(22, 22, 0)),
        (utc(22, 15, 59), MAKASSAR, FROM_MIDNIGHT, None),
        (utc(22, 13, 0), JAYAPURA, UNTIL_MIDNIGHT, utc(22, 15, 0)),
        (utc(22, 15, 0), JAYAPURA, UNTIL_MIDNIGHT, None),
        (utc(22, 1, 0), JAKARTA, NONE_AT_ALL, None),
        (utc(22, 14, 0), JAKARTA, NONE_AT_ALL, None),
    ],
)
def test_quiet_hours_end_by_the_persons_own_clock(
    now: datetime, zone: ZoneInfo, quiet: QuietHours | None, ends: datetime | None
) -> None:
    assert notification.quiet_until(now, zone, quiet, urgent=False) == ends


def test_the_end_of_a_month_is_no_obstacle() -> None:
    now = datetime(2026, 12, 31, 23, 30, tzinfo=JAKARTA)
    assert notification.quiet_until(now, JAKARTA, None, urgent=False) == datetime(2027, 1, 1, 7, 0, tzinfo=JAKARTA)


def test_urgent_ones_do_not_wait_for_the_morning() -> None:
    assert notification.quiet_until(utc(22, 18, 0), JAKARTA, None, urgent=True) is None


@pytest.mark.parametrize("needed_by, waits", [(utc(22, 23, 30), False), (utc(23, 0, 0), False), (utc(23, 0, 1), True)])
def test_what_is_worthless_in_the_morning_does_not_wait_for_it(needed_by: datetime, waits: bool) -> None:
    until = notification.quiet_until(utc(22, 22, 30), JAKARTA, None, urgent=False, needed_by=needed_by)
    assert (until is not None) is waits


def test_quiet_hours_refuse_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        notification.quiet_until(datetime(2026, 11, 22, 23, 0), JAKARTA, None, urgent=False)  # noqa: DTZ001


def test_quiet_hours_are_told_without_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        QuietHours(time(21, 0, tzinfo=UTC), time(7, 0))


# --- retries ---


@pytest.mark.parametrize("attempts, wait_s", [(1, 30), (2, 120), (3, 480), (4, 1920), (5, 7680)])
def test_each_retry_waits_four_times_longer_with_at_most_a_quarter_more(attempts: int, wait_s: int) -> None:
    for key in ("a", "b", "c", "d"):
        at = notification.next_try(attempts, utc(22, 0), key)
        assert at is not None
        assert timedelta(seconds=wait_s) <= at - utc(22, 0) <= timedelta(seconds=wait_s * 1.25)


def test_after_the_last_try_it_is_a_dead_letter() -> None:
    assert notification.next_try(notification.MAX_TRIES, utc(22, 0), "a") is None


def test_jitter_differs_between_notifications_but_not_between_questions() -> None:
    answers = [notification.next_try(3, utc(22, 0), key) for key in ("a", "b", "a")]
    assert answers[0] == answers[2] != answers[1]


def test_a_retry_needs_a_try() -> None:
    with pytest.raises(ValueError):
        notification.next_try(0, utc(22, 0), "a")
