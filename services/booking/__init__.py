"""What people do with bookings, and what the clock does with them."""

from services.booking.answer import accept, decline, request
from services.booking.cancel import cancel, report_no_show
from services.booking.clock import (
    close,
    complete_by_clock,
    expire_hold,
    expire_request,
    notice_lateness,
    notice_missing_care,
    notice_overdue_update,
    remind,
)
from services.booking.hold import NewBooking, hold
from services.booking.job import complete, log_care, start, tick
from services.booking.report import report_deviation, report_late, report_violation

__all__ = [
    "NewBooking",
    "accept",
    "cancel",
    "close",
    "complete",
    "complete_by_clock",
    "decline",
    "expire_hold",
    "expire_request",
    "hold",
    "log_care",
    "notice_lateness",
    "notice_missing_care",
    "notice_overdue_update",
    "remind",
    "report_deviation",
    "report_late",
    "report_no_show",
    "report_violation",
    "request",
    "start",
    "tick",
]
