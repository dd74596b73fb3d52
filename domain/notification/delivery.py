"""By which channels a notification goes, when it may go, and when it is tried again."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.notification.rendering import TEXTS
from domain.notification.template import Channel, Template

MAX_TRIES = 6
FIRST_RETRY = timedelta(seconds=30)
RETRY_GROWTH = 4  # 30 s, 2 min, 8 min, 32 min, 128 min: about three hours in all, longer than a mail server's greylist
MAX_JITTER = 0.25  # at most this part of the wait is added: who failed together shall not return together


@dataclass(frozen=True, slots=True)
class Preference:
    """The outside channels a person has switched off; IN_APP and urgent notifications cannot be."""

    switched_off: frozenset[Channel] = frozenset()

    def allows(self, channel: Channel) -> bool:
        """Whether the person wants to hear by this channel."""
        return channel not in self.switched_off


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until just before `end` on the person's own clock, over midnight when end < start; equal = none."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("quiet hours are told on the person's clock, without a zone")


# Who reads yesterday's "your partner is late" is only worried: after a long outage, old news stays untold.
STALE_AFTER = timedelta(days=2)

DEFAULT_QUIET_HOURS = QuietHours(time(21, 0), time(7, 0))


def channels_for(
    template: Template, preference: Preference, *, has_email: bool, has_phone: bool
) -> tuple[Channel, ...]:
    """Where this notification goes: IN_APP (unless secret), and the outside channels, best first (S-05, S-13).

    Ordinary ones take the first channel of the template that is possible and allowed. Urgent ones take all of these,
    since one of them may fail unseen; if the person allows none, the first that is possible. SMS costs most and is
    taken only when nothing else is left. A secret one (the login code) takes one channel, whatever is preferred.
    """
    text = TEXTS[template]
    listed = [each for each in text.channels if _is_possible(each, has_email=has_email, has_phone=has_phone)]
    if text.secret:
        return tuple(listed[:1])
    fallback = [Channel.SMS] if has_phone else []
    allowed = [each for each in listed if preference.allows(each)]
    if not allowed:
        allowed = [each for each in fallback if preference.allows(each)]
    if not allowed and text.urgent:
        allowed = (listed + fallback)[:1]
    return (Channel.IN_APP, *(allowed if text.urgent else allowed[:1]))


def quiet_until(
    now: datetime, zone: ZoneInfo, quiet: QuietHours | None, urgent: bool, *, needed_by: datetime | None = None
) -> datetime | None:
    """When the person's quiet hours end (UTC), or None when the notification may go now.

    No quiet hours of one's own (None) means DEFAULT_QUIET_HOURS. Urgent ones never wait, nor does one that would be
    worthless afterwards: `needed_by` is e.g. the start of the service a reminder is about.
    """
    if now.tzinfo is None:
        raise ValueError("quiet hours need a time with a zone")
    hours = quiet or DEFAULT_QUIET_HOURS
    local = now.astimezone(zone)
    clock = local.time()
    over_midnight = hours.end < hours.start
    if urgent or not _is_within(hours, clock):
        return None
    ends_on = local.date() + timedelta(days=1 if over_midnight and clock >= hours.start else 0)
    ends_at = datetime.combine(ends_on, hours.end, tzinfo=zone).astimezone(UTC)
    return None if needed_by is not None and needed_by <= ends_at else ends_at


def next_try(attempts: int, now: datetime, key: str) -> datetime | None:
    """When to try again after `attempts` failed tries, or None: a dead letter that staff see and re-send.

    The wait grows by RETRY_GROWTH; `key` (the notification's) decides the jitter: asked again, the same answer.
    """
    if attempts < 1:
        raise ValueError("a retry follows at least one try")
    if attempts >= MAX_TRIES:
        return None
    wait: timedelta = FIRST_RETRY * RETRY_GROWTH ** (attempts - 1)
    digest = hashlib.sha256(f"{key}:{attempts}".encode()).digest()
    return now + wait * (1 + MAX_JITTER * digest[0] / 255)


def is_stale(happened_at: datetime, now: datetime) -> bool:
    """Whether it happened too long ago to be told at all; the booking's own page shows it."""
    return now - happened_at > STALE_AFTER


def is_urgent(template: Template) -> bool:
    """Whether it waits for no quiet hours and cannot be switched off."""
    return TEXTS[template].urgent


def is_secret(template: Template) -> bool:
    """Whether its text must be neither shown in the app nor kept once it is sent."""
    return TEXTS[template].secret


def _is_possible(channel: Channel, *, has_email: bool, has_phone: bool) -> bool:
    return has_email if channel is Channel.EMAIL else has_phone


def _is_within(hours: QuietHours, clock: time) -> bool:
    if hours.end < hours.start:
        return clock >= hours.start or clock < hours.end
    return hours.start <= clock < hours.end
