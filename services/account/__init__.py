"""What people do with accounts: sign in and out, say who they are and what they agree to, and hold roles."""

from services.account.consent import give_consent, withdraw_consent
from services.account.login import log_in_with_code, record_login_code_sent, request_login_code
from services.account.profile import AccountEdit, edit
from services.account.role import grant_role, restore, revoke_role, suspend
from services.account.session import ended_since, log_out, log_out_everywhere, refresh
from services.account.staff import Enrolment, enrol_totp, log_in_as_staff, open_staff_account
from services.account.step import SignedIn

__all__ = [
    "AccountEdit",
    "Enrolment",
    "SignedIn",
    "edit",
    "ended_since",
    "enrol_totp",
    "give_consent",
    "grant_role",
    "log_in_as_staff",
    "log_in_with_code",
    "log_out",
    "log_out_everywhere",
    "open_staff_account",
    "record_login_code_sent",
    "refresh",
    "request_login_code",
    "restore",
    "revoke_role",
    "suspend",
    "withdraw_consent",
]
