"""Steps that the use cases of accounts share: locks, a session's beginning and end, a refusal that must be kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from tortoise import connections

from domain import events
from domain.account import (
    ADDRESS_FAILURES,
    ADDRESS_WINDOW,
    MAX_DEVICE_CHARACTERS,
    MAX_EMAIL_CHARACTERS,
    SESSION_LIVES,
    AccountIsSuspended,
    EndReason,
    check_address_pace,
    counted_address,
)
from domain.permissions import Actor, Role
from domain.refusals import InvalidInput, Refusal
from domain.text import line
from integrations.seal import Seal
from models.account import Account, LoginAttempt, RefreshToken, RoleGrant, Session
from services.work import UseCase, Work

P = ParamSpec("P")
R = TypeVar("R")

REFRESH_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with the one refresh token that goes on with it; the token is stored nowhere in this form."""

    session: Session
    account: Account
    roles: frozenset[Role]
    refresh_token: str


def refuses_after_commit(run: "UseCase[P, R | Refusal]") -> "UseCase[P, R]":
    """Raise the refusal that a use case returned instead of raising it, so that what it counted is committed first."""

    @wraps(run)
    async def told(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        result = await run(actor, *args, **kwargs)
        if isinstance(result, Refusal):
            raise result
        return result

    return told


async def take_turn(kind: str, subject: str) -> None:
    """Wait until no other transaction works on this subject: counting something that has no row of its own to lock."""
    await connections.get("default").execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [f"{kind}:{subject}"]
    )


class Tries:
    """Counts tries of one kind in PostgreSQL, for a subject (an account's name at the door) and for an address.

    Subjects are kept as keyed hashes. Each is counted by one transaction at a time, the subject before the address.
    """

    def __init__(self, seal: Seal, kind: str, subject: str, address: str) -> None:
        self._kind = kind
        self._subject = seal.hashed(subject, kind)
        self._address = seal.hashed(counted_address(address), f"{kind} address") if address else ""

    async def take_turns(self) -> None:
        """So that parallel tries count each other."""
        for each in filter(None, (self._subject, self._address)):
            await take_turn(self._kind, each)

    async def of_subject(self, since: datetime) -> list[datetime]:
        """When the subject was tried."""
        return await _tried(self._subject, since)

    async def check_address(self, now: datetime, most: int = ADDRESS_FAILURES) -> None:
        """Raises TooManyAttempts; an address that is not known is not counted."""
        if self._address:
            check_address_pace(await _tried(self._address, now - ADDRESS_WINDOW), now, most)

    async def add(self, now: datetime) -> None:
        """Count one more for both."""
        await LoginAttempt.create(subject=self._subject, created_at=now)
        await self.add_address(now)

    async def add_address(self, now: datetime) -> None:
        """Count one more for the address alone."""
        if self._address:
            await LoginAttempt.create(subject=self._address, created_at=now)


async def _tried(subject: str, since: datetime) -> list[datetime]:
    recent = LoginAttempt.filter(subject=subject, created_at__gt=since)
    return await recent.values_list("created_at", flat=True)  # type: ignore[return-value]


async def roles_of(account_id: UUID) -> frozenset[Role]:
    """The roles as they are committed now."""
    return frozenset(await RoleGrant.filter(account_id=account_id).values_list("role", flat=True))  # type: ignore[arg-type]


async def begin_session(work: Work, account: Account, roles: frozenset[Role], device: str) -> SignedIn:
    """A new session of an account that the caller has locked. Raises AccountIsSuspended."""
    if account.suspended_at is not None:
        raise AccountIsSuspended()
    device = line(device, "device", MAX_DEVICE_CHARACTERS, optional=True)
    session = await Session.create(account_id=account.id, device=device, expires_at=work.now + SESSION_LIVES)
    return SignedIn(session, account, roles, await next_token(session))


async def next_token(session: Session) -> str:
    """The next link of the session's chain. 256 random bits need no keyed or slow hash."""
    token = secrets.token_urlsafe(REFRESH_TOKEN_BYTES)
    await RefreshToken.create(session_id=session.id, token_hash=token_hash(token))
    return token


def token_hash(token: str) -> str:
    """As a refresh token is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def end_session(work: Work, account: Account, session: Session, reason: EndReason) -> None:
    """End a session that the caller has locked, once."""
    if session.ended_at is None:
        await work.edit(session, ended_at=work.now, end_reason=reason.value)
        work.note(account, events.SessionEnded, session_id=session.id, rule=reason)


async def end_sessions(work: Work, account: Account, reason: EndReason) -> list[UUID]:
    """End every session of an account that the caller has locked; answers which: their access tokens still look valid
    for minutes, so the event that tells of it names them."""
    live = Session.filter(account_id=account.id, ended_at=None).order_by("id").select_for_update(no_key=True)
    ended = [session.id for session in await live]
    await Session.filter(id__in=ended).update(ended_at=work.now, end_reason=reason.value)
    return ended


def email_address(text: str, field: str = "email") -> str:
    """The address in its one written form (lower case); asks no name server. Raises InvalidInput."""
    try:
        return validate_email(line(text, field, MAX_EMAIL_CHARACTERS), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidInput(field, indonesian="bukan alamat e-mail", english="is no e-mail address") from error
