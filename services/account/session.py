"""A session goes on by one-time refresh tokens, and ends by logging out or when a token is seen twice."""

from datetime import datetime
from uuid import UUID

from domain import events
from domain.account import SESSION_LIVES, AccountIsSuspended, EndReason, SessionOver
from domain.permissions import Can
from domain.refusals import NotSignedIn, Refusal
from models.account import Account, RefreshToken, Session
from services.account.step import (
    SignedIn,
    end_session,
    end_sessions,
    next_token,
    refuses_after_commit,
    roles_of,
    token_hash,
)
from services.work import Work, use_case

MAX_TOKEN_CHARACTERS = 200
MAX_ENDED = 100_000  # sessions that one process remembers as revoked


@refuses_after_commit
@use_case(Can.REFRESH_SESSION)
async def refresh(work: Work, refresh_token: str) -> SignedIn | Refusal:
    """Go on with the session: the token is used up and a new one given, with the roles of this moment.

    A token that was used already ends its session (RFC 9700, 4.14.2): either its owner or a thief holds the newer one.
    So of two parallel calls with one token one wins, and the session ends. Raises SessionOver, AccountIsSuspended.
    """
    if len(refresh_token) > MAX_TOKEN_CHARACTERS:
        return SessionOver()
    known = await RefreshToken.filter(token_hash=token_hash(refresh_token)).first()
    if known is None:
        return SessionOver()
    session = await work.lock(Session.all(), known.session_id)
    token = await RefreshToken.get(id=known.id)  # again, behind the lock
    account = await Account.get(id=session.account_id)
    if token.used_at is not None:
        await end_session(work, account, session, EndReason.TOKEN_REUSED)
        return SessionOver()
    if session.ended_at is not None or session.expires_at <= work.now:
        return SessionOver()
    if account.suspended_at is not None:
        return AccountIsSuspended()
    token.used_at = work.now
    await token.save(update_fields=["used_at"])
    await work.edit(session, expires_at=work.now + SESSION_LIVES)
    return SignedIn(session, account, await roles_of(account.id), await next_token(session))


@use_case(Can.LOG_OUT)
async def log_out(work: Work) -> int:
    """End the session of the actor's token; answers how many ended (0 when it was over already)."""
    if work.actor.session_id is None:
        raise NotSignedIn()
    session = await work.lock(Session.filter(account_id=work.actor.id), work.actor.session_id)
    was_live = session.ended_at is None
    await end_session(work, await Account.get(id=session.account_id), session, EndReason.LOGGED_OUT)
    return int(was_live)


@use_case(Can.LOG_OUT_EVERYWHERE)
async def log_out_everywhere(work: Work) -> int:
    """End every session of the actor's account; answers how many ended."""
    account = await work.lock(Account.all(), work.actor.id)
    ended = await end_sessions(work, account, EndReason.LOGGED_OUT)
    work.note(account, events.SessionsEnded, count=len(ended), session_ids=ended)
    return len(ended)


async def ended_since(moment: datetime, until: datetime | None = None) -> dict[UUID, UUID]:
    """Sessions that ended after `moment`, with their accounts: their access tokens may still look valid. Where given,
    only those that ended up to `until`."""
    ended = Session.filter(ended_at__gt=moment)
    if until is not None:
        ended = ended.filter(ended_at__lte=until)
    return dict(await ended.order_by("-ended_at").limit(MAX_ENDED).values_list("id", "account_id"))
