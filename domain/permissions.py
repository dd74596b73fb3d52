"""Who may do what, and who may see what: one row per use case, one row per noun; both tables fit on a screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from functools import cache
from types import MappingProxyType
from uuid import UUID

from domain.refusals import Language, NotAllowed, NotSignedIn


class Role(StrEnum):
    """The columns of the permission table (model.md section 4), and the two that are nobody's job."""

    CUSTOMER = auto()
    PARTNER = auto()
    AGENT = auto()
    SENIOR_AGENT = auto()
    ORDER_TEAM = auto()
    SHIPPING_TEAM = auto()
    PARTNER_OPS = auto()
    PIC = auto()
    TECHNICIAN = auto()
    FINANCE = auto()
    HEAD = auto()
    MANAGEMENT = auto()
    SOP_AUTHOR = auto()
    SYSTEM = auto()


R = Role
STAFF = frozenset(R) - {R.CUSTOMER, R.PARTNER, R.SYSTEM}
SUPPORT = frozenset({R.AGENT, R.SENIOR_AGENT})
CUSTOMER, PARTNER, SYSTEM_ONLY = frozenset({R.CUSTOMER}), frozenset({R.PARTNER}), frozenset({R.SYSTEM})
SIGNED_IN = frozenset(R) - SYSTEM_ONLY
ANYONE: frozenset[Role] = frozenset()  # the one row value that asks for no role at all

STAFF_SEES: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "account": SUPPORT | {R.PARTNER_OPS, R.MANAGEMENT},
        "booking": SUPPORT | {R.PARTNER_OPS, R.FINANCE, R.MANAGEMENT},
        "message": SUPPORT | {R.MANAGEMENT},
        "notification": SUPPORT | {R.MANAGEMENT},
        "partner": STAFF,
        "photo": SUPPORT | {R.PARTNER_OPS, R.MANAGEMENT},
        "task": frozenset({R.SENIOR_AGENT, R.MANAGEMENT}),
    }
)  # Staff roles that see every row of a noun; everybody else sees only own rows (`visible_to` of each model).


class Can(StrEnum):
    """One member per use case."""

    REQUEST_LOGIN_CODE = auto()
    LOG_IN_WITH_CODE = auto()
    LOG_IN_AS_STAFF = auto()
    REFRESH_SESSION = auto()
    LOG_OUT = auto()
    LOG_OUT_EVERYWHERE = auto()
    OPEN_STAFF_ACCOUNT = auto()
    ENROL_TOTP = auto()
    GRANT_ROLE = auto()
    REVOKE_ROLE = auto()
    SUSPEND_ACCOUNT = auto()
    RESTORE_ACCOUNT = auto()
    EDIT_ACCOUNT = auto()
    GIVE_CONSENT = auto()
    WITHDRAW_CONSENT = auto()
    SET_PREFERENCE = auto()
    RECORD_LOGIN_CODE_SENT = auto()

    ADD_PET = auto()
    EDIT_PET = auto()
    REMOVE_PET = auto()
    ADD_ADDRESS = auto()
    REPLACE_ADDRESS = auto()
    REMOVE_ADDRESS = auto()

    OPEN_PARTNER = auto()
    EDIT_PARTNER = auto()
    SUSPEND_PARTNER = auto()
    RESTORE_PARTNER = auto()
    OFFER_SERVICE = auto()
    SUBMIT_SERVICE = auto()
    APPROVE_SERVICE = auto()
    REJECT_SERVICE = auto()
    SET_PRICE = auto()
    REMOVE_PRICE = auto()
    SET_PLAN = auto()
    ADD_EXCEPTION = auto()
    REMOVE_EXCEPTION = auto()
    ADD_RESOURCE = auto()
    REMOVE_RESOURCE = auto()

    HOLD_BOOKING = auto()
    REQUEST_BOOKING = auto()
    ACCEPT_BOOKING = auto()
    DECLINE_BOOKING = auto()
    TICK_CHECKLIST = auto()
    START_BOOKING = auto()
    COMPLETE_BOOKING = auto()
    CANCEL_BOOKING = auto()
    REPORT_LATE = auto()
    REPORT_NO_SHOW = auto()
    REPORT_DEVIATION = auto()
    REPORT_VIOLATION = auto()
    LOG_CARE = auto()
    EXPIRE_HOLD = auto()
    EXPIRE_REQUEST = auto()
    NOTICE_LATENESS = auto()
    NOTICE_OVERDUE_UPDATE = auto()
    NOTICE_MISSING_CARE = auto()
    REMIND_OF_BOOKING = auto()
    COMPLETE_BOOKING_BY_CLOCK = auto()
    CLOSE_BOOKING = auto()

    SEND_MESSAGE = auto()
    REQUEST_UPLOAD = auto()
    RECEIVE_UPLOAD = auto()
    SEND_PHOTO_UPDATE = auto()

    NOTIFY = auto()
    RECORD_DELIVERY = auto()
    RECORD_FAILED_DELIVERY = auto()
    MARK_NOTIFICATIONS_READ = auto()
    RESEND_NOTIFICATION = auto()

    REACT = auto()
    RESEND_TASK = auto()
    FORGET_OLD = auto()
    FORGET_UPLOADS = auto()


ALLOWED: Mapping[Can, frozenset[Role]] = MappingProxyType(
    {
        Can.REQUEST_LOGIN_CODE: ANYONE,
        Can.LOG_IN_WITH_CODE: ANYONE,
        Can.LOG_IN_AS_STAFF: ANYONE,
        Can.REFRESH_SESSION: ANYONE,
        Can.LOG_OUT: SIGNED_IN,
        Can.LOG_OUT_EVERYWHERE: SIGNED_IN,
        Can.OPEN_STAFF_ACCOUNT: frozenset({R.MANAGEMENT, R.SYSTEM}),
        Can.ENROL_TOTP: ANYONE,  # who proves the password: without TOTP nobody gets a session
        Can.GRANT_ROLE: frozenset({R.MANAGEMENT, R.SYSTEM}),
        Can.REVOKE_ROLE: frozenset({R.MANAGEMENT}),
        Can.SUSPEND_ACCOUNT: frozenset({R.MANAGEMENT}),
        Can.RESTORE_ACCOUNT: frozenset({R.MANAGEMENT}),
        Can.EDIT_ACCOUNT: SIGNED_IN,
        Can.GIVE_CONSENT: CUSTOMER | PARTNER,
        Can.WITHDRAW_CONSENT: CUSTOMER | PARTNER,
        Can.SET_PREFERENCE: SIGNED_IN,
        Can.RECORD_LOGIN_CODE_SENT: SYSTEM_ONLY,
        Can.ADD_PET: CUSTOMER,
        Can.EDIT_PET: CUSTOMER,
        Can.REMOVE_PET: CUSTOMER,
        Can.ADD_ADDRESS: CUSTOMER,
        Can.REPLACE_ADDRESS: CUSTOMER,
        Can.REMOVE_ADDRESS: CUSTOMER,
        Can.OPEN_PARTNER: frozenset({R.PARTNER_OPS, R.SYSTEM}),
        Can.EDIT_PARTNER: PARTNER | {R.PARTNER_OPS},
        Can.SUSPEND_PARTNER: frozenset({R.MANAGEMENT}),
        Can.RESTORE_PARTNER: frozenset({R.MANAGEMENT}),
        Can.OFFER_SERVICE: PARTNER,
        Can.SUBMIT_SERVICE: PARTNER,
        Can.APPROVE_SERVICE: frozenset({R.PARTNER_OPS}),
        Can.REJECT_SERVICE: frozenset({R.PARTNER_OPS}),
        Can.SET_PRICE: PARTNER,
        Can.REMOVE_PRICE: PARTNER,
        Can.SET_PLAN: PARTNER,
        Can.ADD_EXCEPTION: PARTNER,
        Can.REMOVE_EXCEPTION: PARTNER,
        Can.ADD_RESOURCE: PARTNER,
        Can.REMOVE_RESOURCE: PARTNER,
        Can.HOLD_BOOKING: CUSTOMER,
        Can.REQUEST_BOOKING: CUSTOMER,
        Can.ACCEPT_BOOKING: PARTNER,
        Can.DECLINE_BOOKING: PARTNER,
        Can.TICK_CHECKLIST: PARTNER,
        Can.START_BOOKING: PARTNER,
        Can.COMPLETE_BOOKING: PARTNER | {R.SENIOR_AGENT},
        Can.CANCEL_BOOKING: CUSTOMER | PARTNER | SUPPORT,
        Can.REPORT_LATE: PARTNER,
        Can.REPORT_NO_SHOW: CUSTOMER | PARTNER | {R.SENIOR_AGENT},
        Can.REPORT_DEVIATION: PARTNER,
        Can.REPORT_VIOLATION: CUSTOMER,
        Can.LOG_CARE: PARTNER,
        Can.EXPIRE_HOLD: SYSTEM_ONLY,
        Can.EXPIRE_REQUEST: SYSTEM_ONLY,
        Can.NOTICE_LATENESS: SYSTEM_ONLY,
        Can.NOTICE_OVERDUE_UPDATE: SYSTEM_ONLY,
        Can.NOTICE_MISSING_CARE: SYSTEM_ONLY,
        Can.REMIND_OF_BOOKING: SYSTEM_ONLY,
        Can.COMPLETE_BOOKING_BY_CLOCK: SYSTEM_ONLY,
        Can.CLOSE_BOOKING: SYSTEM_ONLY,
        Can.SEND_MESSAGE: CUSTOMER | PARTNER,
        Can.REQUEST_UPLOAD: PARTNER,
        Can.RECEIVE_UPLOAD: PARTNER,
        Can.SEND_PHOTO_UPDATE: PARTNER,
        Can.NOTIFY: SYSTEM_ONLY,
        Can.RECORD_DELIVERY: SYSTEM_ONLY,
        Can.RECORD_FAILED_DELIVERY: SYSTEM_ONLY,
        Can.MARK_NOTIFICATIONS_READ: SIGNED_IN,
        Can.RESEND_NOTIFICATION: SUPPORT | {R.MANAGEMENT},
        Can.REACT: SYSTEM_ONLY,
        Can.RESEND_TASK: frozenset({R.SENIOR_AGENT, R.MANAGEMENT}),
        Can.FORGET_OLD: SYSTEM_ONLY,
        Can.FORGET_UPLOADS: SYSTEM_ONLY,
    }
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on one task: only the attempt that claimed it may finish it."""

    task_key: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account with its roles, or nobody, or the system on behalf of a task.

    `key` makes the next use case idempotent; `claim` makes it finish the task it works for, in the same transaction.
    """

    id: UUID | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    language: Language = Language.ID
    session_id: UUID | None = None
    key: str | None = None
    claim: Claim | None = None

    def must(self, can: Can) -> None:
        """Raises NotSignedIn or NotAllowed unless one of the actor's roles is in the row of `can`."""
        allowed = ALLOWED[can]
        if allowed is ANYONE or allowed & self.roles:
            return
        raise NotAllowed() if self.roles else NotSignedIn()

    def sees_all(self, noun: str) -> bool:
        """Whether the actor sees every row of `noun` (staff roles of STAFF_SEES, and the system)."""
        return Role.SYSTEM in self.roles or bool(STAFF_SEES[noun] & self.roles)

    def once(self, key: str) -> "Actor":
        """The same actor, whose next use case has its effect once for this key."""
        return Actor(self.id, self.roles, self.language, self.session_id, key, self.claim)

    def doing(self, claim: Claim) -> "Actor":
        """The same actor, whose next use case also finishes the claimed task."""
        return replace(self, claim=claim)

    @property
    def scopes(self) -> frozenset[str]:
        """What an event's audience is compared with on every delivery."""
        own = {f"account:{self.id}"} if self.id else set()
        return frozenset(own | {f"role:{role}" for role in self.roles})


NOBODY = Actor()
SYSTEM = Actor(roles=SYSTEM_ONLY)


@cache
def staff_audience(noun: str) -> tuple[str, ...]:
    """The role scopes that may hear of every row of `noun`."""
    return tuple(sorted(f"role:{role}" for role in STAFF_SEES[noun]))
