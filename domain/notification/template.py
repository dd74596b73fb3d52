"""What a notification can be about, whom it addresses, and by which channels it may go."""

from dataclasses import dataclass
from enum import StrEnum, auto


class Channel(StrEnum):
    """A road to a person; all but IN_APP leave the house."""

    IN_APP = "IN_APP"
    EMAIL = "EMAIL"
    WHATSAPP = "WHATSAPP"
    SMS = "SMS"


class Audience(StrEnum):
    """Whom a text addresses: customers as `Kak`, partners as `Halo`, staff without a greeting."""

    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"
    STAFF = "STAFF"
    ANYONE = "ANYONE"


class Template(StrEnum):
    """The key of each text; the value is also the template's registered name at WhatsApp (lower case there).

    A key without an ending addresses the customer or the one person concerned; `_partner` and `_support` are the same
    news for the partner and for the support team.
    """

    LOGIN_CODE = auto()
    WELCOME = auto()
    NEW_MESSAGE = auto()

    HOLD_EXPIRED = auto()
    BOOKING_REQUESTED = auto()
    BOOKING_CONFIRMED = auto()
    BOOKING_DECLINED = auto()
    REQUEST_EXPIRED = auto()
    BOOKING_REMINDER = auto()
    BOOKING_REMINDER_PARTNER = auto()
    BOOKING_CANCELLED = auto()
    BOOKING_CANCELLED_PARTNER = auto()
    BOOKING_CANCELLED_BY_STAFF = auto()
    BOOKING_CANCELLED_BY_STAFF_PARTNER = auto()
    PARTNER_CANCELLED = auto()
    PARTNER_CANCELLED_SUPPORT = auto()
    NO_SHOW_CUSTOMER = auto()
    NO_SHOW_CUSTOMER_PARTNER = auto()
    NO_SHOW_CUSTOMER_SUPPORT = auto()
    NO_SHOW_PARTNER = auto()
    NO_SHOW_PARTNER_PARTNER = auto()
    NO_SHOW_PARTNER_SUPPORT = auto()
    START_UNRECORDED = auto()
    START_UNRECORDED_SUPPORT = auto()
    BOOKING_CLOSED = auto()
    REVIEW_REQUEST = auto()

    PARTNER_LATE = auto()
    PARTNER_LATE_SUPPORT = auto()
    PARTNER_MISSING = auto()
    PARTNER_MISSING_PARTNER = auto()
    PARTNER_MISSING_SUPPORT = auto()
    SERVICE_STARTED = auto()
    PHOTO_UPDATE = auto()
    PHOTO_UPDATE_NOTED = auto()
    UPDATE_OVERDUE = auto()
    UPDATE_OVERDUE_SUPPORT = auto()
    NO_UPDATES_FLAG = auto()
    CARE_LOG_MISSING = auto()
    CARE_LOG_MISSING_SUPPORT = auto()
    SERVICE_COMPLETED = auto()
    VIOLATION_REPORTED = auto()
    DEVIATION_REPORTED = auto()


# What the time presses goes to the telephone first; what one wants to keep goes by mail first.
AT_ONCE = (Channel.WHATSAPP, Channel.EMAIL)
TO_KEEP = (Channel.EMAIL, Channel.WHATSAPP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One notification in both languages; `{variables}` have the same names in both.

    `channels` are the outside ones, best first. `urgent` ones wait for no quiet hours and cannot be switched off.
    `secret` ones are never shown in the app nor kept once they are sent (login codes).
    """

    audience: Audience
    subject_id: str
    subject_en: str
    body_id: str
    body_en: str
    urgent: bool = False
    channels: tuple[Channel, ...] = AT_ONCE
    secret: bool = False
