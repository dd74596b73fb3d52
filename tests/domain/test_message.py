"""When a conversation is open, what may be written, and how a waiting time is counted."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.message import MAX_CHARACTERS, OPEN_AFTER_END, ConversationClosed, check_body, check_open, reply_seconds
from domain.refusals import InvalidInput

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("requested_at", "ended_at"),
    [(NOON, None), (NOON - timedelta(days=90), None), (NOON - timedelta(days=9), NOON - timedelta(days=6, hours=23))],
)
def test_the_conversation_is_open_from_the_request_until_seven_days_after_the_end(
    requested_at: datetime, ended_at: datetime | None
) -> None:
    check_open(requested_at, ended_at, NOON)


@pytest.mark.parametrize(
    ("requested_at", "ended_at"), [(None, None), (None, NOON), (NOON - timedelta(days=9), NOON - OPEN_AFTER_END)]
)
def test_the_conversation_is_closed_before_the_request_and_a_week_after_the_end(
    requested_at: datetime | None, ended_at: datetime | None
) -> None:
    with pytest.raises(ConversationClosed):
        check_open(requested_at, ended_at, NOON)


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Halo!\r\nApa kabar? ", "Halo!\nApa kabar?"), ("satu\tdua", "satu dua"), ("🐶", "🐶")]
)
def test_a_message_is_trimmed_and_keeps_its_lines(typed: str, kept: str) -> None:
    assert check_body(typed) == kept


@pytest.mark.parametrize("typed", ["", " \n ", "x" * (MAX_CHARACTERS + 1), "a\x00b", "\ud800", "\x1b[2J"])
def test_a_message_that_cannot_be_kept_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_body(typed)
    assert refused.value.field == "body"


@pytest.mark.parametrize(
    ("asked_at", "waited_s"),
    [(None, None), (NOON, 0), (NOON - timedelta(seconds=90.9), 90), (NOON + timedelta(seconds=1), 0)],
)
def test_a_wait_is_whole_seconds_since_the_oldest_question(asked_at: datetime | None, waited_s: int | None) -> None:
    assert reply_seconds(asked_at, NOON) == waited_s
