"""Accounts, their roles, sessions, one-time codes and consents."""

from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.indexes import Index

from domain.permissions import Actor, Role
from domain.refusals import Language
from models.row import EVERY, Row


class Account(Row):
    """A person who signs in: by phone (customer, partner) or by e-mail and password (staff)."""

    phone = fields.CharField(max_length=20, null=True, unique=True)
    email = fields.CharField(max_length=254, null=True, unique=True)
    name = fields.CharField(max_length=120)
    language = fields.CharEnumField(Language, default=Language.ID, max_length=2)
    zone = fields.CharField(max_length=4, default="WIB")
    password_hash = fields.CharField(max_length=200, null=True)
    totp_secret = fields.CharField(max_length=200, null=True)  # sealed, see integrations/seal.py
    totp_used_step = fields.BigIntField(null=True)  # a code opens one session, not two
    suspended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account"

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        return EVERY if actor.sees_all("account") else Q(id=actor.id)


class RoleGrant(Row):
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="grants", on_delete=fields.RESTRICT
    )
    account_id: UUID
    role = fields.CharEnumField(Role, max_length=16)

    class Meta:
        table = "role_grant"
        unique_together = (("account", "role"),)


class LoginCode(Row):
    """A one-time code on its way to a phone; the code itself is sealed until it was sent, then gone."""

    phone = fields.CharField(max_length=20)
    code_hash = fields.CharField(max_length=64)
    sealed_code = fields.CharField(max_length=200, null=True)
    language = fields.CharEnumField(Language, default=Language.ID, max_length=2)
    tries = fields.SmallIntField(default=0)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "login_code"
        indexes = (Index(fields=("phone", "created_at")),)


class LoginAttempt(Row):
    """One failed try to sign in, counted per subject (an e-mail address or a phone number, as a keyed hash)."""

    subject = fields.CharField(max_length=64)

    class Meta:
        table = "login_attempt"
        indexes = (Index(fields=("subject", "created_at")),)


class Session(Row):
    """A signed-in device. Ended sessions stay, so that a stolen refresh token is recognised."""

    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="sessions", on_delete=fields.RESTRICT
    )
    account_id: UUID
    device = fields.CharField(max_length=120, default="")
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    end_reason = fields.CharField(max_length=20, null=True)

    class Meta:
        table = "session"
        indexes = (Index(fields=("account_id", "ended_at")), Index(fields=("ended_at",)))


class RefreshToken(Row):
    """One link of a session's chain of refresh tokens; only the newest may be used, and once."""

    session: fields.ForeignKeyRelation[Session] = fields.ForeignKeyField(
        "models.Session", related_name="tokens", on_delete=fields.RESTRICT
    )
    session_id: UUID
    token_hash = fields.CharField(max_length=64, unique=True)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refresh_token"


class Consent(Row):
    """A person's recorded yes to one purpose and text version (UU 27/2022 art. 20-22)."""

    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="consents", on_delete=fields.RESTRICT
    )
    account_id: UUID
    purpose = fields.CharField(max_length=20)
    text_version = fields.CharField(max_length=20)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "consent"
        indexes = (Index(fields=("account_id", "purpose")),)

    @classmethod
    def seen_by(cls, actor: Actor) -> Q:
        return EVERY if actor.sees_all("account") else Q(account_id=actor.id)
