"""Steps that the use cases of accounts share: locks, a session's beginning and end, a refusal that must be kept."""

import hashlib
import secrets
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from tortoise import connections

from domain import events
from domain.account import MAX_DEVICE_CHARACTERS, MAX_EMAIL_CHARACTERS, SESSION_LIVES, AccountIsSuspended, EndReason
from domain.permissions import Actor, Role
from domain.refusals import InvalidInput, Refusal
from domain.text import line
from models.account import Account, RefreshToken, RoleGrant, Session
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
