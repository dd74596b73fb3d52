"""What a person wants to hear by which channel, and when they sleep: the row, or what holds without one."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from domain import notification as rule
from domain.notification import Channel, QuietHours
from models.notification import Preference


@dataclass(frozen=True, slots=True)
class Wants:
    """A person's preference as the rules take it."""

    preference: rule.Preference
    quiet: QuietHours


async def wants_of(account_id: UUID) -> Wants:
    """The account's choice; everything is switched on and nights are quiet until it says otherwise."""
    row = await Preference.get_or_none(account_id=account_id) or Preference(account_id=account_id)
    switches = {Channel.EMAIL: row.email, Channel.WHATSAPP: row.whatsapp, Channel.SMS: row.sms}
    off = frozenset(channel for channel, is_on in switches.items() if not is_on)
    return Wants(rule.Preference(off), QuietHours(clock(row.quiet_from_minute), clock(row.quiet_until_minute)))


def clock(minute: int) -> time:
    """The time of day so many minutes after midnight."""
    return time(minute // 60, minute % 60)
