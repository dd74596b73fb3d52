"""Names of the constraints, partial indexes and triggers that migrations make by hand; the check looks for each."""

CONSTRAINTS = (
    "booking_no_overlap",
    "booking_times",
    "booking_split",
    "booking_refund",
    "booking_units",
    "payment_amounts",
    "price_positive",
    "plan_period_times",
    "plan_exception_times",
    "partner_rank",
    "notification_recipient",
    "consent_one_given",
    "event_numbered",
    "event_unpositioned",
    "event_is_final",
    "task_waiting",
    "relay_head_one",
)
